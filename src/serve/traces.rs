//! Traces: builds the export from the configuration.

use crate::config::{Compression, Config, SamplerChoice};
use crate::egress::OtlpClient;
use crate::error::{Error, Result};
use crate::telemetry::{TraceExport, TraceSettings};

/// Begins to export traces, if the configuration names a collector.
pub(crate) fn traces(config: &Config) -> Result<Option<TraceExport>> {
    let settings = &config.traces;
    let Some(collector) = settings.collector() else { return Ok(None) };
    let compression = settings.otel_exporter_otlp_traces_compression.or(settings.otel_exporter_otlp_compression);
    let certificate = settings.otel_exporter_otlp_traces_certificate.as_ref();
    let authorities = certificate.or(settings.otel_exporter_otlp_certificate.as_ref()).cloned().unwrap_or_default();
    let headers = settings.otel_exporter_otlp_traces_headers.as_ref().or(settings.otel_exporter_otlp_headers.as_ref());
    let headers = headers.map(|headers| headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    let timeout = settings.otel_exporter_otlp_traces_timeout.unwrap_or(settings.otel_exporter_otlp_timeout);
    let sampler = settings.otel_traces_sampler;
    let client = OtlpClient::new(&collector, authorities, headers.unwrap_or_default(), timeout)
        .map_err(|error| Error::refused(format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}")))?;
    let export = TraceSettings {
        collector,
        timeout,
        is_compressed: compression == Some(Compression::Gzip),
        service_name: settings.otel_service_name.clone(),
        attributes: settings.otel_resource_attributes.iter().flat_map(|it| it.iter().cloned()).collect(),
        sampled_share: match sampler.choice {
            SamplerChoice::AlwaysOn => 1.0,
            SamplerChoice::AlwaysOff => 0.0,
            SamplerChoice::TraceIdRatio => settings.otel_traces_sampler_arg,
        },
        is_parent_based: sampler.is_parent_based,
        is_propagated: settings.otel_propagators.has_trace_context,
        interval: settings.otel_bsp_schedule_delay,
        max_waiting_spans: settings.otel_bsp_max_queue_size,
        max_batch_spans: settings.otel_bsp_max_export_batch_size,
    };
    TraceExport::start(export, client).map(Some)
}
