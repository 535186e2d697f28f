//! Settings of traces, with the names and meanings of OpenTelemetry's specification. A value that the hub does not support
//! is an error: a trace that is silently missing is found too late.

use std::time::Duration;

use url::Url;

use super::Authorities;
use super::trace_values::{
    CollectorHeaders, Compression, Exporter, Propagators, Protocol, ResourceAttributes, Sampler, attributes,
    compression, endpoint, exporter, flag, headers, milliseconds, propagators, protocol, ratio, sampler, span_count,
};

/// Settings of traces. Without the address of a collector, the hub makes no traces.
#[derive(Clone, Debug, clap::Args)]
pub struct Traces {
    /// Turns traces off, whatever else is set for them
    #[arg(long, env = "OTEL_SDK_DISABLED", value_parser = flag, action = clap::ArgAction::Set, default_value = "false")]
    pub otel_sdk_disabled: bool,
    /// Exporter of traces: otlp or none
    #[arg(long, env = "OTEL_TRACES_EXPORTER", value_parser = exporter, default_value = "otlp")]
    pub otel_traces_exporter: Exporter,
    /// Base address of the collector; traces go to v1/traces below it
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_parser = endpoint)]
    pub otel_exporter_otlp_endpoint: Option<Url>,
    /// Whole address that traces go to, if the base address of the collector does not lead there
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value_parser = endpoint)]
    pub otel_exporter_otlp_traces_endpoint: Option<Url>,
    /// Protocol of the collector: http/protobuf
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", value_parser = protocol)]
    pub otel_exporter_otlp_protocol: Option<Protocol>,
    /// Protocol of the collector for traces only: http/protobuf
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", value_parser = protocol)]
    pub otel_exporter_otlp_traces_protocol: Option<Protocol>,
    /// Headers of each request to the collector, such as api-key=secret
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", value_parser = headers)]
    pub otel_exporter_otlp_headers: Option<CollectorHeaders>,
    /// Headers of each request to the collector for traces only
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_HEADERS", value_parser = headers)]
    pub otel_exporter_otlp_traces_headers: Option<CollectorHeaders>,
    /// Longest wait for the collector, in milliseconds
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", value_parser = milliseconds, default_value = "10000")]
    pub otel_exporter_otlp_timeout: Duration,
    /// Longest wait for the collector for traces only, in milliseconds
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value_parser = milliseconds)]
    pub otel_exporter_otlp_traces_timeout: Option<Duration>,
    /// Compression of requests to the collector: none or gzip
    #[arg(long, env = "OTEL_EXPORTER_OTLP_COMPRESSION", value_parser = compression)]
    pub otel_exporter_otlp_compression: Option<Compression>,
    /// Compression of requests to the collector for traces only: none or gzip
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", value_parser = compression)]
    pub otel_exporter_otlp_traces_compression: Option<Compression>,
    /// File of certificate authorities (PEM) that are trusted for the collector, besides those of this machine
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CERTIFICATE")]
    pub otel_exporter_otlp_certificate: Option<Authorities>,
    /// File of certificate authorities (PEM) that are trusted for the collector of traces only
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE")]
    pub otel_exporter_otlp_traces_certificate: Option<Authorities>,
    /// Name of this service in traces, tool-connect-craft if neither this nor an attribute sets it
    #[arg(long, env = "OTEL_SERVICE_NAME")]
    pub otel_service_name: Option<String>,
    /// Attributes of this service in traces, such as deployment.environment=production
    #[arg(long, env = "OTEL_RESOURCE_ATTRIBUTES", value_parser = attributes)]
    pub otel_resource_attributes: Option<ResourceAttributes>,
    /// Sampler of traces: `always_on`, `always_off` or `traceidratio`, also after `parentbased_`
    #[arg(long, env = "OTEL_TRACES_SAMPLER", value_parser = sampler, default_value = "parentbased_always_on")]
    pub otel_traces_sampler: Sampler,
    /// Share of traces that the sampler traceidratio takes
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", value_parser = ratio, default_value = "1.0")]
    pub otel_traces_sampler_arg: f64,
    /// Formats in which requests to other servers name the trace: tracecontext or none
    #[arg(long, env = "OTEL_PROPAGATORS", value_parser = propagators, default_value = "tracecontext")]
    pub otel_propagators: Propagators,
    /// Time between two exports of traces, in milliseconds
    #[arg(long, env = "OTEL_BSP_SCHEDULE_DELAY", value_parser = milliseconds, default_value = "5000")]
    pub otel_bsp_schedule_delay: Duration,
    /// Most spans of traces that wait for an export; more are dropped
    #[arg(long, env = "OTEL_BSP_MAX_QUEUE_SIZE", value_parser = span_count, default_value = "2048")]
    pub otel_bsp_max_queue_size: usize,
    /// Most spans of traces in one export
    #[arg(long, env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", value_parser = span_count, default_value = "512")]
    pub otel_bsp_max_export_batch_size: usize,
}

impl Traces {
    /// Returns the address that traces go to, or `None` if there are no traces.
    #[must_use]
    pub fn collector(&self) -> Option<Url> {
        if self.otel_sdk_disabled || self.otel_traces_exporter == Exporter::Disabled {
            return None;
        }
        if let Some(traces) = &self.otel_exporter_otlp_traces_endpoint {
            return Some(traces.clone());
        }
        let mut base = self.otel_exporter_otlp_endpoint.clone()?;
        let path = format!("{}/v1/traces", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Some(base)
    }
}
