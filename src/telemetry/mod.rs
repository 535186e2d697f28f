//! Metrics of this process, in Prometheus text, and traces for a collector.
//!
//! [`table`] declares every metric. A module that records on a hot path asks for its handles once, when it is built:
//! [`Metric::counters`], [`Metric::histograms`] and [`RequestMetrics`]. A rare event records itself by name:
//! [`Metric::increment`], [`Metric::add`], [`Metric::set`].
//!
//! [`install`] makes the recorder of the process, and belongs before everything else. A handle that was made before counts
//! nothing. Tests that build a hub in process have no recorder, so their handles count nothing either.
//!
//! No label holds text of a person, a URL, a host, a slug or an id: each label's values are in the table, or are
//! routes of the router.

mod metric;
mod requests;
mod span_exporter;
pub mod table;
mod traces;

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::{MissedTickBehavior, interval};

pub use self::metric::{Label, Metric, MetricKind, Series};
pub use self::requests::RequestMetrics;
pub use self::traces::{TraceExport, TraceSettings, trace_headers};
use crate::error::{Error, Result};

/// Time between two summaries of the recorded durations. Without them, durations would fill the memory of a hub whose
/// metrics nobody reads.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Installs the recorder of this process, and begins every series with a known label at zero.
///
/// # Errors
/// [`Error::Internal`] if the process has a recorder already.
pub fn install() -> Result<PrometheusHandle> {
    let recorder = builder().map_err(Error::internal)?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| Error::internal(anyhow::anyhow!("a second recorder")))?;
    describe_all();
    Ok(handle)
}

/// Summarises the recorded durations until dropped.
pub async fn summarize_regularly(handle: PrometheusHandle) {
    let mut ticks = interval(UPKEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

fn builder() -> std::result::Result<PrometheusBuilder, BuildError> {
    table::ALL.iter().try_fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
        MetricKind::Histogram { buckets } => {
            builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
        }
        MetricKind::Counter | MetricKind::Gauge => Ok(builder),
    })
}

/// Gives every metric its help text, and every series its first value.
fn describe_all() {
    for metric in table::ALL {
        metric.describe();
        metric.begin();
    }
    table::BUILD_INFO.set(&[env!("CARGO_PKG_VERSION")], 1.0);
}

#[cfg(test)]
mod tests {
    use super::{RequestMetrics, builder, describe_all, table};

    /// Renders what `work` records, with a recorder of its own.
    fn render(work: impl FnOnce()) -> String {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe_all();
            work();
        });
        handle.render()
    }

    #[test]
    fn every_metric_is_described_and_begins_at_zero() {
        let text = render(|| {});
        for metric in table::ALL {
            let name = metric.name;
            if metric.has_open_label() {
                continue;
            }
            assert!(text.contains(&format!("# HELP {name} {}\n", metric.help)), "{name}: {text}");
            assert!(text.contains(&format!("# TYPE {name} ")), "{name}");
        }
        assert!(text.contains("craft_jobs_finished_total{outcome=\"dead\",connector_kind=\"rest\"} 0\n"), "{text}");
        assert!(text.contains("craft_job_run_seconds_count{connector_kind=\"mcp\"} 0\n"), "{text}");
    }

    #[test]
    fn a_handle_counts_into_its_series() {
        let text = render(|| {
            let finished = table::JOBS_FINISHED.counters();
            finished.get(&["ok", "mcp"]).increment(2);
            table::MAILS.increment(&["failed"]);
            table::JOB_RUN_SECONDS.histograms().get(&["mcp"]).record(0.2);
        });
        assert!(text.contains("craft_jobs_finished_total{outcome=\"ok\",connector_kind=\"mcp\"} 2\n"), "{text}");
        assert!(text.contains("craft_mails_total{result=\"failed\"} 1\n"), "{text}");
        assert!(text.contains("craft_job_run_seconds_bucket{connector_kind=\"mcp\",le=\"0.25\"} 1\n"), "{text}");
    }

    #[test]
    fn requests_are_counted_by_route_method_and_class_of_their_status() {
        let text = render(|| {
            let requests = RequestMetrics::default();
            requests.record("GET", Some("/jobs/{id}"), 200, 0.004);
            requests.record("GET", Some("/jobs/{id}"), 404, 0.004);
            requests.record("PROPFIND", None, 405, 0.001);
        });
        let series = "craft_http_requests_total{method=\"GET\",route=\"/jobs/{id}\"";
        assert!(text.contains(&format!("{series},status=\"2xx\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("{series},status=\"4xx\"}} 1\n")), "{text}");
        assert!(
            text.contains("craft_http_requests_total{method=\"other\",route=\"none\",status=\"4xx\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("craft_http_request_seconds_count{method=\"GET\",route=\"/jobs/{id}\"} 2\n"), "{text}");
    }

    #[test]
    fn names_follow_prometheus() {
        for metric in table::ALL {
            let is_counter = matches!(metric.kind, super::MetricKind::Counter);
            assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
            assert!(metric.name.starts_with("craft_"), "{}", metric.name);
        }
    }
}
