//! The metrics of a hub, read as Prometheus reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::Hub;

/// The text of `/metrics`, and its series.
pub(crate) struct Scrape {
    pub(crate) text: String,
    series: Vec<Series>,
}

/// A series: the name of its metric, its labels and its value.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Scrape {
    /// Reads the metrics of a hub, without a session.
    pub(crate) async fn of_hub(hub: &Hub) -> Self {
        let page = hub.browser().get("/metrics").await;
        assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4");
        Self::parse(page.body)
    }

    fn parse(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let series = lines.map(Series::parse).collect();
        Self { text, series }
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// Returns the names of all metrics; a histogram has one.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.series.iter().map(|series| series.metric().to_owned()).collect()
    }

    /// Returns the sum of the series of this name that have these labels; panics if there is none.
    pub(crate) fn sum<const N: usize>(&self, name: &str, labels: [(&str, &str); N]) -> f64 {
        let has_labels = |series: &&Series| {
            labels.iter().all(|(label, value)| series.labels.get(*label).is_some_and(|found| found == value))
        };
        let values: Vec<_> =
            self.series.iter().filter(|it| it.name == name).filter(has_labels).map(|it| it.value).collect();
        assert!(!values.is_empty(), "no series {name} {labels:?} in\n{}", self.text);
        values.iter().sum()
    }

    /// Returns the sum of counters or of counted things, as [`Self::sum`] does.
    pub(crate) fn count<const N: usize>(&self, name: &str, labels: [(&str, &str); N]) -> u64 {
        format!("{:.0}", self.sum(name, labels)).parse().unwrap()
    }
}

impl Series {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        // a value may contain braces: routes do
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap().trim_end_matches('"');
        let pair = |pair: &str| {
            let (label, value) = pair.split_once("=\"").unwrap();
            (label.to_owned(), value.to_owned())
        };
        let labels = labels.split("\",").filter(|pair| !pair.is_empty()).map(pair).collect();
        Self { name: name.to_owned(), labels, value: value.parse().unwrap() }
    }

    /// Returns the name of the metric, without the ending of a histogram's series.
    pub(crate) fn metric(&self) -> &str {
        metric_of(&self.name)
    }
}

/// Returns the name of the metric that a series belongs to.
pub(crate) fn metric_of(series: &str) -> &str {
    let ending = ["_bucket", "_sum", "_count"].iter().find_map(|ending| series.strip_suffix(ending));
    ending.unwrap_or(series)
}
