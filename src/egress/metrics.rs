//! Metrics of outgoing requests. No label names a host.

use std::time::Duration;

use metrics::{Counter, Histogram};

use super::error::Error;
use super::response::Response;
use crate::telemetry::Series;
use crate::telemetry::table::{EGRESS_REQUEST_SECONDS, EGRESS_REQUESTS};

/// The handles; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct EgressMetrics {
    requests: Series<Counter>,
    seconds: Histogram,
}

impl Default for EgressMetrics {
    fn default() -> Self {
        let seconds = EGRESS_REQUEST_SECONDS.histograms().get(&[]).clone();
        Self { requests: EGRESS_REQUESTS.counters(), seconds }
    }
}

impl EgressMetrics {
    /// Records a request. Its time counts if an answer came.
    pub(super) fn record(&self, sent: &Result<Response, Error>, elapsed: Duration) {
        let outcome = match sent {
            Ok(response) => match response.status().as_u16() / 100 {
                1 => "1xx",
                2 => "2xx",
                3 => "3xx",
                4 => "4xx",
                _ => "5xx",
            },
            Err(error) => error.class(),
        };
        self.requests.get(&[outcome]).increment(1);
        if sent.is_ok() {
            self.seconds.record(elapsed.as_secs_f64());
        }
    }
}
