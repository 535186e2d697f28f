//! A metric: its declaration, and the handles of its series.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, with_recorder};

const METADATA: Metadata<'static> = Metadata::new("craft", Level::INFO, Some("craft::telemetry"));

/// The declaration of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name, as Prometheus shows it.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: MetricKind,
    /// Its labels, in order.
    pub labels: &'static [Label],
    /// Help text, for operators.
    pub help: &'static str,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug)]
pub enum MetricKind {
    /// A count that only rises.
    Counter,
    /// A value that rises and falls.
    Gauge,
    /// A distribution.
    Histogram {
        /// The upper bounds of its buckets.
        buckets: &'static [f64],
    },
}

/// A label and its values.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The name.
    pub name: &'static str,
    /// All values. Empty if they are known at run time only, such as routes.
    pub values: &'static [&'static str],
}

impl Metric {
    /// Declares a counter.
    #[must_use]
    pub const fn counter(name: &'static str, labels: &'static [Label], help: &'static str) -> Self {
        Self { name, kind: MetricKind::Counter, labels, help }
    }

    /// Declares a gauge.
    #[must_use]
    pub const fn gauge(name: &'static str, labels: &'static [Label], help: &'static str) -> Self {
        Self { name, kind: MetricKind::Gauge, labels, help }
    }

    /// Declares a histogram of seconds.
    #[must_use]
    pub const fn seconds(
        name: &'static str,
        labels: &'static [Label],
        buckets: &'static [f64],
        help: &'static str,
    ) -> Self {
        Self { name, kind: MetricKind::Histogram { buckets }, labels, help }
    }

    /// Returns true if a label's values are known at run time only.
    #[must_use]
    pub fn has_open_label(&self) -> bool {
        self.labels.iter().any(|label| label.values.is_empty())
    }

    /// Adds one to a counter. For rare events; a hot path has handles.
    pub fn increment(&self, values: &[&'static str]) {
        self.counter_of(values).increment(1);
    }

    /// Adds to a counter. For rare events; a hot path has handles.
    pub fn add(&self, values: &[&'static str], count: u64) {
        self.counter_of(values).increment(count);
    }

    /// Sets a gauge. For rare events; a hot path has handles.
    pub fn set(&self, values: &[&'static str], value: f64) {
        self.gauge_of(values).set(value);
    }

    /// Returns the handles of all series of a counter.
    #[must_use]
    pub fn counters(&self) -> Series<Counter> {
        self.series(Counter::noop(), |values| self.counter_of(values))
    }

    /// Returns the handles of all series of a gauge.
    #[must_use]
    pub fn gauges(&self) -> Series<Gauge> {
        self.series(Gauge::noop(), |values| self.gauge_of(values))
    }

    /// Returns the handles of all series of a histogram.
    #[must_use]
    pub fn histograms(&self) -> Series<Histogram> {
        self.series(Histogram::noop(), |values| self.histogram_of(values))
    }

    pub(super) fn counter_of(&self, values: &[&str]) -> Counter {
        let key = self.key(values);
        with_recorder(|recorder| recorder.register_counter(&key, &METADATA))
    }

    pub(super) fn gauge_of(&self, values: &[&str]) -> Gauge {
        let key = self.key(values);
        with_recorder(|recorder| recorder.register_gauge(&key, &METADATA))
    }

    pub(super) fn histogram_of(&self, values: &[&str]) -> Histogram {
        let key = self.key(values);
        with_recorder(|recorder| recorder.register_histogram(&key, &METADATA))
    }

    /// Gives the recorder the help text.
    pub(super) fn describe(&self) {
        let (name, help) = (self.name.into(), self.help.into());
        with_recorder(|recorder| match self.kind {
            MetricKind::Counter => recorder.describe_counter(name, None, help),
            MetricKind::Gauge => recorder.describe_gauge(name, None, help),
            MetricKind::Histogram { .. } => recorder.describe_histogram(name, None, help),
        });
    }

    /// Begins all series with known labels, so that the first event of a series is seen as a rise.
    pub(super) fn begin(&self) {
        match self.kind {
            MetricKind::Counter => drop(self.counters()),
            MetricKind::Gauge => drop(self.gauges()),
            MetricKind::Histogram { .. } => drop(self.histograms()),
        }
    }

    fn key(&self, values: &[&str]) -> Key {
        debug_assert!(self.is_declared(values), "{} has no series {values:?}", self.name);
        let pairs = self.labels.iter().zip(values);
        let labels: Vec<_> = pairs.map(|(label, value)| metrics::Label::new(label.name, (*value).to_owned())).collect();
        Key::from_parts(self.name, labels)
    }

    fn is_declared(&self, values: &[&str]) -> bool {
        let mut pairs = self.labels.iter().zip(values);
        self.labels.len() == values.len()
            && pairs.all(|(label, value)| label.values.is_empty() || label.values.contains(value))
    }

    fn series<H>(&self, undeclared: H, register: impl Fn(&[&'static str]) -> H) -> Series<H> {
        let handles = self.combinations().into_iter().map(|values| (register(&values), values));
        let handles = handles.map(|(handle, values)| (values.into_boxed_slice(), handle)).collect();
        Series { handles, undeclared }
    }

    /// Returns all combinations of the labels' values; none if a label is open.
    fn combinations(&self) -> Vec<Vec<&'static str>> {
        self.labels.iter().fold(vec![Vec::new()], |shorter, label| {
            let with_each = |before: &Vec<_>| {
                let before = before.clone();
                label.values.iter().map(move |value| [&before[..], &[*value]].concat())
            };
            shorter.iter().flat_map(with_each).collect()
        })
    }
}

/// The values of a metric's labels, in their order.
type LabelValues = Box<[&'static str]>;

/// The handles of a metric, one for each combination of its labels' values. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Series<H> {
    handles: Arc<[(LabelValues, H)]>,
    /// Counts nothing.
    undeclared: H,
}

impl<H> Series<H> {
    /// Returns the handle of these values, in the order of the labels.
    #[must_use]
    pub fn get(&self, values: &[&str]) -> &H {
        let found = self.handles.iter().find(|(declared, _)| **declared == *values);
        debug_assert!(found.is_some(), "no series {values:?}");
        found.map_or(&self.undeclared, |(_, handle)| handle)
    }
}
