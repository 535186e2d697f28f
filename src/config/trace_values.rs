//! Values of the settings of traces, and their parsers; each error says what is expected.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

/// The exporter of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// Sends spans to a collector.
    Otlp,
    /// Sends nothing.
    Disabled,
}

/// The protocol of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Protocol Buffers over HTTP.
    HttpProtobuf,
}

/// The compression of requests to a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Bodies as they are.
    Identity,
    /// Compressed bodies.
    Gzip,
}

/// The choice of the traces that are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// True if a trace that has begun elsewhere keeps the choice made there.
    pub is_parent_based: bool,
    /// The choice for a trace that begins here.
    pub choice: SamplerChoice,
}

/// The choice for a trace that begins in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplerChoice {
    /// Every trace.
    AlwaysOn,
    /// No trace.
    AlwaysOff,
    /// The share of `OTEL_TRACES_SAMPLER_ARG`.
    TraceIdRatio,
}

/// The formats in which a request to another server names the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagators {
    /// The header `traceparent` of W3C Trace Context.
    pub has_trace_context: bool,
}

/// The headers of each request to a collector. They often hold a key, so they cannot be printed.
#[derive(Clone)]
pub struct CollectorHeaders(Vec<(HeaderName, HeaderValue)>);

/// Attributes of the process in each trace.
#[derive(Clone, Debug, Default)]
pub struct ResourceAttributes(Vec<(String, String)>);

impl CollectorHeaders {
    /// Iterates over names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl std::fmt::Debug for CollectorHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl ResourceAttributes {
    /// Iterates over keys and values.
    pub fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

pub(super) fn exporter(text: &str) -> Result<Exporter, String> {
    match text.trim() {
        "otlp" => Ok(Exporter::Otlp),
        "none" => Ok(Exporter::Disabled),
        other => Err(format!("`{other}` is not supported: set otlp or none")),
    }
}

pub(super) fn endpoint(text: &str) -> Result<Url, String> {
    let is_complete = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text.trim()).ok().filter(is_complete);
    url.ok_or_else(|| "expected an http or https address, such as http://collector.example.org:4318".to_owned())
}

pub(super) fn protocol(text: &str) -> Result<Protocol, String> {
    match text.trim() {
        "http/protobuf" => Ok(Protocol::HttpProtobuf),
        "grpc" => Err("the hub does not speak grpc: set http/protobuf, and the collector’s port for HTTP, which is \
                       4318 as a rule"
            .to_owned()),
        other => Err(format!("`{other}` is not supported: set http/protobuf")),
    }
}

pub(super) fn compression(text: &str) -> Result<Compression, String> {
    match text.trim() {
        "none" => Ok(Compression::Identity),
        "gzip" => Ok(Compression::Gzip),
        other => Err(format!("`{other}` is not supported: set gzip or none")),
    }
}

pub(super) fn headers(text: &str) -> Result<CollectorHeaders, String> {
    let header = |(name, value): (String, String)| {
        let (name, mut value) = (HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        value.set_sensitive(true);
        Some((name, value))
    };
    let found = pairs(text).and_then(|pairs| pairs.into_iter().map(header).collect());
    // the text often holds a key
    found.map(CollectorHeaders).ok_or_else(|| "expected pairs such as api-key=secret,x-team=tools".to_owned())
}

pub(super) fn attributes(text: &str) -> Result<ResourceAttributes, String> {
    let expected = "expected pairs such as deployment.environment=production,team=tools";
    pairs(text).map(ResourceAttributes).ok_or_else(|| expected.to_owned())
}

/// Parses `key=value` pairs, separated by commas; the values may be percent-encoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |text: &str| {
        let (key, value) = text.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((key.trim().to_owned(), value.into_owned())).filter(|(key, _)| !key.is_empty())
    };
    text.split(',').filter(|pair| !pair.trim().is_empty()).map(pair).collect()
}

pub(super) fn sampler(text: &str) -> Result<Sampler, String> {
    let text = text.trim();
    let rest = text.strip_prefix("parentbased_");
    let choice = match rest.unwrap_or(text) {
        "always_on" => SamplerChoice::AlwaysOn,
        "always_off" => SamplerChoice::AlwaysOff,
        "traceidratio" => SamplerChoice::TraceIdRatio,
        _ => {
            return Err(format!(
                "`{text}` is not supported: set always_on, always_off or traceidratio, or one of them after parentbased_"
            ));
        }
    };
    Ok(Sampler { is_parent_based: rest.is_some(), choice })
}

pub(super) fn ratio(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a number from 0 to 1"))
}

pub(super) fn propagators(text: &str) -> Result<Propagators, String> {
    let mut has_trace_context = false;
    for word in text.split(',').map(str::trim) {
        match word {
            "tracecontext" => has_trace_context = true,
            // the hub has no baggage to pass on
            "baggage" | "none" => {}
            other => return Err(format!("`{other}` is not supported: set tracecontext or none")),
        }
    }
    Ok(Propagators { has_trace_context })
}

pub(super) fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=600_000).contains(number));
    number
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is not a number of milliseconds from 1 to 600000"))
}

pub(super) fn span_count(text: &str) -> Result<usize, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a number from 1 to 1000000"))
}
