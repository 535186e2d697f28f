//! What can go wrong between the hub and a server, each in a sentence of its own that names the server.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use rmcp::ServiceError;
use rmcp::model::ErrorData;
use rmcp::service::ClientInitializeError;

use super::Target;
use crate::egress;
use crate::error::Error;

/// The longest stretch of a server's own words that is passed on.
const MAX_QUOTE: usize = 500;
/// A longer wait than this is not believed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no result.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) class: &'static str,
    pub(super) message: String,
}

/// What a failure means for trying again.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The request had no effect.
    Retryable { after: Option<Duration> },
    /// The request may have had its effect, if it was one that has any.
    Ambiguous,
    /// Other credentials are needed.
    Auth { challenge: Option<String> },
    /// It would end the same way again.
    Permanent,
    /// A rule of the hub forbids it.
    Refused,
}

impl Failure {
    pub(super) fn new(kind: Kind, class: &'static str, message: impl Into<String>) -> Self {
        Self { kind, class, message: message.into() }
    }

    pub(super) fn permanent(class: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Permanent, class, message)
    }

    pub(super) fn timeout(target: &Target, after: Duration) -> Self {
        let seconds = after.as_secs_f32().ceil();
        let message = format!("{} did not answer within {seconds} seconds: check that it is running", target.name());
        Self::new(Kind::Ambiguous, "timeout", message)
    }

    /// An answer that is well-formed HTTP, but not MCP. A web page is the usual case.
    pub(super) fn not_mcp(host: &str, media_type: &str) -> Self {
        let what = match media_type {
            "text/html" => "a web page",
            "" => "something without a type",
            "application/json" => "JSON that is not MCP",
            other => other,
        };
        let message = format!("{host} answered with {what} instead of MCP: check the path of the URL, often /mcp");
        Self::permanent("not_mcp", message)
    }

    /// A redirect that leads elsewhere; the credential stays here.
    pub(super) fn redirect(host: &str, to: Option<&url::Url>) -> Self {
        let message = match to {
            Some(to) => format!(
                "{host} redirects to {}, which the hub does not follow: enter that URL if you trust it",
                to.origin().ascii_serialization() + to.path()
            ),
            None => format!("{host} redirects without saying where to: check the URL"),
        };
        Self::permanent("redirect", message)
    }

    /// An HTTP status that stands for the whole answer.
    pub(super) fn status(host: &str, status: StatusCode, headers: &HeaderMap, has_bearer: bool) -> Self {
        let code = status.as_u16();
        let challenge = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match code {
            401 if has_bearer => Self::new(
                Kind::Auth { challenge },
                "unauthorized",
                format!("{host} did not accept the token (HTTP 401): connect again with one that is valid"),
            ),
            401 => Self::new(
                Kind::Auth { challenge },
                "unauthorized",
                format!("{host} asks who is calling (HTTP 401): connect with a token"),
            ),
            403 => {
                let message = format!("{host} does not permit this (HTTP 403): check what the token may do");
                let scope = challenge.as_deref().is_some_and(|text| text.contains("insufficient_scope"));
                let kind = if scope { Kind::Auth { challenge } } else { Kind::Permanent };
                Self::new(kind, "forbidden", message)
            }
            404 | 410 => Self::permanent(
                "not_found",
                format!("{host} has nothing at this address (HTTP {code}): check the path of the URL, often /mcp"),
            ),
            429 => Self::new(
                Kind::Retryable { after: retry_after(headers) },
                "rate_limited",
                format!("{host} asks the hub to slow down (HTTP 429): try again later"),
            ),
            503 => Self::new(
                Kind::Retryable { after: retry_after(headers) },
                "unavailable",
                format!("{host} is not available now (HTTP 503): try again later"),
            ),
            500..=599 => Self::new(
                Kind::Ambiguous,
                "http_status",
                format!("{host} failed on its side (HTTP {code}): try again later or ask who runs it"),
            ),
            _ => Self::permanent(
                "http_status",
                format!("{host} did not accept the request (HTTP {code}): check that the URL is that of an MCP server"),
            ),
        }
    }

    /// A session that the server no longer knows: it refused the request unseen.
    pub(super) fn session_lost(host: &str) -> Self {
        Self::new(
            Kind::Retryable { after: None },
            "session_lost",
            format!("{host} has forgotten the session: try again"),
        )
    }

    /// A failure that rmcp reports while a session begins, for which the wire had no words.
    pub(super) fn beginning(target: &Target, error: &ClientInitializeError) -> Self {
        let name = target.name();
        match error {
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => Self::beginning(target, fallback),
            ClientInitializeError::JsonRpcError(error) => Self::rejected(target, error),
            ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
                let versions: Vec<_> = server_supported.iter().map(ToString::to_string).collect();
                let versions = versions.join(", ");
                let message = format!("{name} speaks only versions of MCP that the hub does not: {versions:.200}");
                Self::permanent("version", message)
            }
            other => {
                tracing::debug!(error = %target.scrub(&other.to_string()), "no MCP session came about");
                Self::not_mcp(name, "application/json")
            }
        }
    }

    /// A failure that rmcp reports for one request, for which the wire had no words.
    pub(super) fn request(target: &Target, error: &ServiceError) -> Self {
        let name = target.name();
        match error {
            ServiceError::McpError(error) => Self::rejected(target, error),
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => Self::new(
                Kind::Ambiguous,
                "broken",
                format!("{name} ended the exchange before its answer was complete"),
            ),
            _ => Self::not_mcp(name, "application/json"),
        }
    }

    fn rejected(target: &Target, error: &ErrorData) -> Self {
        let words: String = target.scrub(&error.message).chars().take(MAX_QUOTE).collect();
        Self::permanent("rejected", format!("{} rejected the request: {words}", target.name()))
    }
}

/// `Retry-After` in seconds; dates are rare, and a wrong clock makes nonsense of them.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

impl From<egress::Error> for Failure {
    fn from(error: egress::Error) -> Self {
        let kind = match &error {
            egress::Error::Url(_) | egress::Error::Refused(_) => Kind::Refused,
            egress::Error::Timeout { .. } | egress::Error::Broken { .. } => Kind::Ambiguous,
            egress::Error::Handshake { .. }
            | egress::Error::ClientCertificateRejected { .. }
            | egress::Error::InvalidClientCertificate(_)
            | egress::Error::TooLarge { .. }
            | egress::Error::Client(_) => Kind::Permanent,
            egress::Error::Unresolved { .. } | egress::Error::Unreachable { .. } => Kind::Retryable { after: None },
        };
        Self::new(kind, error.class(), error.to_string())
    }
}

impl From<Failure> for Error {
    fn from(Failure { kind, class, message }: Failure) -> Self {
        match kind {
            Kind::Refused => Self::Refused(message),
            Kind::Retryable { after: Some(retry_after) } => Self::Limited { message, retry_after },
            _ => Self::upstream(class, message, None),
        }
    }
}
