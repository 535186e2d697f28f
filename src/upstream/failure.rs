//! The sentences of failed exchanges with an MCP server, each of which names the server. The transport, the session and the
//! calls build them.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use rmcp::ServiceError;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::ClientInitializeError;

use super::Target;
use crate::egress::{Failure, FailureKind, quote};
use crate::error::in_seconds;

/// Maximum number of characters that a message quotes of a server's text.
const MAX_QUOTE: usize = 500;

/// Builds the failure of a server that did not answer within `after`.
pub(super) fn timeout(target: &Target, after: Duration) -> Failure {
    let message = format!("{} did not answer within {}", target.name(), in_seconds(after));
    Failure::new(FailureKind::Ambiguous, "timeout", message).with_advice("Check that it is running")
}

/// Builds the failure of a response that is well-formed HTTP, but not MCP. A web page is the usual case.
pub(super) fn not_mcp(host: &str, media_type: &str) -> Failure {
    match media_type {
        "text/html" => not_mcp_content(host, "a web page").with_advice("Check the path of the URL, often /mcp"),
        "" => not_mcp_content(host, "something without a type"),
        other => not_mcp_content(host, other),
    }
}

/// Builds the failure of a response that is JSON, but not MCP.
pub(super) fn not_mcp_json(host: &str) -> Failure {
    not_mcp_content(host, "JSON that is not MCP")
}

fn not_mcp_content(host: &str, content: &str) -> Failure {
    Failure::permanent("not_mcp", format!("{host} answered with {content} instead of MCP"))
        .with_advice("Ask the server’s operator whether MCP is offered here")
}

/// Builds the failure of an answer that should be JSON. `excerpt` is the place of the fault.
pub(super) fn not_json(host: &str, excerpt: &str) -> Failure {
    Failure::permanent("not_json", format!("{host} answered with text that is not JSON: “{excerpt}”"))
        .with_advice("Ask the server’s operator")
}

/// Builds the failure of a request that the server has taken, and answers with nothing.
pub(super) fn no_answer(host: &str, status: StatusCode) -> Failure {
    let message = format!("{host} took the request and answered with nothing (HTTP {})", status.as_u16());
    Failure::new(FailureKind::Ambiguous, "no_answer", message).with_advice("Check at the service what has been done")
}

/// Builds the failure of a redirect that the hub does not follow, because the credential must stay at its origin.
pub(super) fn redirect(host: &str, location: Option<&url::Url>) -> Failure {
    match location {
        Some(location) => {
            let url = location.origin().ascii_serialization() + location.path();
            Failure::permanent("redirect", format!("{host} redirects to {url}, which the hub does not follow"))
                .with_advice("Enter that URL if you trust it")
        }
        None => {
            Failure::permanent("redirect", format!("{host} redirects without a location")).with_advice("Check the URL")
        }
    }
}

/// Builds the failure from the status alone.
pub(super) fn from_status(host: &str, status: StatusCode, headers: &HeaderMap, has_bearer: bool) -> Failure {
    let code = status.as_u16();
    match code {
        401 | 403 => unauthorized(host, code, headers, has_bearer),
        404 | 410 => Failure::permanent("not_found", format!("{host} has nothing at this address (HTTP {code})"))
            .with_advice("Check the path of the URL, often /mcp"),
        429 => Failure::rate_limited(host, headers),
        503 => {
            let message = format!("{host} is not available now (HTTP 503)");
            Failure::new(FailureKind::Retryable, "unavailable", message)
                .with_advice("Try again later")
                .with_retry_after(headers)
        }
        500..=599 => {
            let message = format!("{host} failed on its side (HTTP {code})");
            Failure::new(FailureKind::Ambiguous, "http_status", message)
                .with_advice("Try again later, or ask the server’s operator")
        }
        _ => Failure::permanent("http_status", format!("{host} did not accept the request (HTTP {code})"))
            .with_advice("Check that the URL is that of an MCP server"),
    }
}

fn unauthorized(host: &str, code: u16, headers: &HeaderMap, has_bearer: bool) -> Failure {
    // a server may send several headers, and text that is no ASCII
    let challenges = headers.get_all(header::WWW_AUTHENTICATE).into_iter();
    let challenges: Vec<_> = challenges.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let challenge = (!challenges.is_empty()).then(|| challenges.join("\n"));
    if code == 403 {
        let is_scope = challenge.as_deref().is_some_and(|text| text.contains("insufficient_scope"));
        let kind = if is_scope { FailureKind::Unauthorized } else { FailureKind::Permanent };
        return Failure::new(kind, "forbidden", format!("{host} does not permit this (HTTP 403)"))
            .with_advice("Check what the token may do")
            .with_challenge(challenge.filter(|_| is_scope));
    }
    let (message, advice) = if has_bearer {
        ("did not accept the token", "Check that you copied all of it, and that it is still valid")
    } else {
        ("requires sign-in", "Connect with a token")
    };
    Failure::new(FailureKind::Unauthorized, "unauthorized", format!("{host} {message} (HTTP 401)"))
        .with_advice(advice)
        .with_challenge(challenge)
}

/// Builds the failure of an MCP session that the server has forgotten: it refused the request unprocessed.
pub(super) fn session_lost(host: &str) -> Failure {
    Failure::new(FailureKind::Retryable, "session_lost", format!("{host} has forgotten the session"))
        .with_advice("Try again")
}

/// Explains a failed initialization for which the transport recorded nothing.
pub(super) fn from_initialize(target: &Target, error: &ClientInitializeError) -> Failure {
    let name = target.name();
    match error {
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => from_initialize(target, fallback),
        ClientInitializeError::JsonRpcError(error) => rejected(target, error),
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let versions: Vec<_> = server_supported.iter().map(ToString::to_string).collect();
            let versions = versions.join(", ");
            let message = format!("{name} supports only versions of MCP that the hub does not: {versions:.200}");
            Failure::permanent("version", message).with_advice("Ask the server’s operator to update it")
        }
        ClientInitializeError::ConnectionClosed(_) => broken(name),
        other => {
            let error = other.to_string();
            let error = target.redact(&error);
            tracing::debug!(server = name, %error, "Failed to initialize an MCP session with {name}");
            not_mcp_json(name)
        }
    }
}

/// Explains a failed request for which the transport recorded nothing.
pub(super) fn from_request(target: &Target, error: &ServiceError) -> Failure {
    let name = target.name();
    match error {
        ServiceError::McpError(error) => rejected(target, error),
        ServiceError::TransportClosed | ServiceError::TransportSend(_) => broken(name),
        _ => not_mcp_json(name),
    }
}

fn broken(name: &str) -> Failure {
    let message = format!("{name} closed the connection before its answer was complete");
    Failure::new(FailureKind::Ambiguous, "broken", message).with_advice("Check that it is running")
}

/// Explains the error with which a server answered a request for a resource.
pub(super) fn resource_refused(target: &Target, error: &ErrorData) -> Failure {
    let name = target.name();
    if error.code == ErrorCode::METHOD_NOT_FOUND {
        return Failure::permanent(
            "no_resources",
            format!("{name} links to resources, but does not let programs read them"),
        )
        .with_advice("Ask the server’s operator to support resources");
    }
    let reason = quote(&target.redact(&error.message), MAX_QUOTE);
    let reason = reason.trim_end_matches('.');
    Failure::permanent("rejected", format!("{name} did not open the resource: {reason}"))
        .with_advice("Run the tool again for a new link, or ask the server’s operator")
}

fn rejected(target: &Target, error: &ErrorData) -> Failure {
    let reason = quote(&target.redact(&error.message), MAX_QUOTE);
    let reason = reason.trim_end_matches('.');
    Failure::permanent("rejected", format!("{} rejected the request: {reason}", target.name()))
        .with_advice("Correct what it names, or ask the server’s operator")
}
