//! The exporter of spans. It gives the fields of our spans the names of OpenTelemetry's semantic conventions, outside of
//! the paths that make spans, and says when exports fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::table::TRACE_EXPORTS;

/// Outcomes of a run after which its span is an error.
const FAILED_OUTCOMES: [&str; 3] = ["permanent", "dead", "unknown"];

/// Sends spans in the words of the conventions.
#[derive(Debug)]
pub(super) struct ConventionalExporter {
    inner: OtlpExporter,
    is_failing: AtomicBool,
}

impl ConventionalExporter {
    pub(super) const fn new(inner: OtlpExporter) -> Self {
        Self { inner, is_failing: AtomicBool::new(false) }
    }

    /// Counts an export, and logs the first failure and the recovery.
    fn record(&self, exported: &OTelSdkResult, spans: usize) {
        TRACE_EXPORTS.increment(&[if exported.is_ok() { "ok" } else { "failed" }]);
        let was_failing = self.is_failing.swap(exported.is_err(), Ordering::Relaxed);
        match exported {
            Err(error) if !was_failing => tracing::warn!(
                %error,
                "Failed to export {spans} spans to the collector; they are dropped, and later spans are tried"
            ),
            Ok(()) if was_failing => tracing::info!("Exported {spans} spans: the collector answers again"),
            _ => {}
        }
    }
}

impl SpanExporter for ConventionalExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        batch.iter_mut().for_each(apply_conventions);
        let exported = self.inner.export(batch).await;
        self.record(&exported, spans);
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

fn apply_conventions(span: &mut SpanData) {
    match &*span.name {
        "request" => describe_request(span),
        "job" => describe_run(span),
        _ => {}
    }
}

fn describe_request(span: &mut SpanData) {
    span.span_kind = SpanKind::Server;
    let text = |key: &str| attribute(span, key).map(|value| value.as_str().into_owned()).unwrap_or_default();
    span.name = format!("{} {}", text("method"), text("route")).into();
    if matches!(attribute(span, "status"), Some(Value::I64(500..))) {
        span.status = Status::error("");
    }
    for KeyValue { key, .. } in &mut span.attributes {
        let name = match key.as_str() {
            "method" => "http.request.method",
            "route" => "http.route",
            "status" => "http.response.status_code",
            "id" => "request.id",
            _ => continue,
        };
        *key = Key::from_static_str(name);
    }
}

fn describe_run(span: &mut SpanData) {
    span.span_kind = SpanKind::Consumer;
    if let Some(outcome) = attribute(span, "job.outcome").map(|value| value.as_str().into_owned())
        && FAILED_OUTCOMES.contains(&outcome.as_str())
    {
        span.status = Status::error(outcome);
    }
}

fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    span.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}
