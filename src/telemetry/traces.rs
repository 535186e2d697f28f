//! Traces: the spans of requests and of runs, exported to a collector of OpenTelemetry.
//!
//! Only spans of the hub's own code are exported, never log lines, so a trace holds no more than the fields of `request`
//! and `job`. The exporter works in a thread of its own and drops spans that it cannot send in time: a collector that is
//! away costs no request.

use std::time::Duration;

use http::HeaderMap;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{HeaderInjector, HttpClient};
use opentelemetry_otlp::{Compression, Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use super::span_exporter::ConventionalExporter;
use crate::error::{Error, Result};

/// Longest wait for the last export of a process that stops.
const LAST_EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of an export.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The collector's address for traces.
    pub collector: Url,
    /// Longest wait for the collector.
    pub timeout: Duration,
    /// True if requests are compressed.
    pub is_compressed: bool,
    /// The name of this service, if it is set.
    pub service_name: Option<String>,
    /// Attributes of this process. One of them may be `service.name`.
    pub attributes: Vec<(String, String)>,
    /// The share of traces that are exported, from 0 to 1.
    pub sampled_share: f64,
    /// True if a trace that has begun elsewhere is exported if its beginning is.
    pub is_parent_based: bool,
    /// True if requests to other servers carry `traceparent`.
    pub is_propagated: bool,
    /// Time between two exports.
    pub interval: Duration,
    /// Most spans that wait for an export.
    pub max_waiting_spans: usize,
    /// Most spans of one export.
    pub max_batch_spans: usize,
}

/// An export that has begun.
#[derive(Debug)]
pub struct TraceExport(SdkTracerProvider);

impl TraceExport {
    /// Begins to export, through `client`.
    ///
    /// # Errors
    /// [`Error::Refused`] with the exporter's own words about a setting.
    pub fn start(settings: TraceSettings, client: impl HttpClient + 'static) -> Result<Self> {
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(settings.collector.as_str())
            .with_timeout(settings.timeout);
        if settings.is_compressed {
            exporter = exporter.with_compression(Compression::Gzip);
        }
        let exporter =
            exporter.build().map_err(|error| Error::refused(format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}")))?;
        let batch = BatchConfigBuilder::default()
            .with_scheduled_delay(settings.interval)
            .with_max_queue_size(settings.max_waiting_spans)
            .with_max_export_batch_size(settings.max_batch_spans.min(settings.max_waiting_spans))
            .build();
        let processor =
            BatchSpanProcessor::builder(ConventionalExporter::new(exporter)).with_batch_config(batch).build();
        let defaults = [("service.name", "tool-connect-craft"), ("service.version", env!("CARGO_PKG_VERSION"))];
        let name = settings.service_name.map(|name| KeyValue::new("service.name", name));
        // later ones win
        let resource = Resource::builder_empty()
            .with_attributes(defaults.map(|(key, value)| KeyValue::new(key, value)))
            .with_attributes(settings.attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)))
            .with_attributes(name)
            .build();
        let sampler = Sampler::TraceIdRatioBased(settings.sampled_share);
        let sampler = if settings.is_parent_based { Sampler::ParentBased(Box::new(sampler)) } else { sampler };
        if settings.is_propagated {
            global::set_text_map_propagator(TraceContextPropagator::new());
        }
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// Returns the layer that makes a trace of the spans of the hub.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("craft"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(
                dynamic_filter_fn(|metadata, _| is_exported(metadata))
                    .with_callsite_filter(interest)
                    .with_max_level_hint(LevelFilter::INFO),
            )
    }

    /// Exports what waits, and stops.
    pub async fn finish(self) {
        let stopped = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_EXPORT_TIMEOUT)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "Failed to export the last spans; they are lost");
        }
    }
}

fn is_exported(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("craft") && *metadata.level() <= Level::INFO
}

/// Returns never or sometimes. If each layer answers always, the registry asks no filter for a new span, and takes the answers
/// to the thread's last question. That may have been whether a statement is logged, so the span would be missing.
fn interest(metadata: &'static Metadata<'static>) -> Interest {
    if is_exported(metadata) { Interest::sometimes() } else { Interest::never() }
}

/// Returns the headers that name the current trace to another server; empty without a trace.
#[must_use]
pub fn trace_headers() -> HeaderMap {
    let (context, mut headers) = (Span::current().context(), HeaderMap::new());
    if context.span().span_context().is_valid() {
        global::get_text_map_propagator(|format| format.inject_context(&context, &mut HeaderInjector(&mut headers)));
    }
    headers
}
