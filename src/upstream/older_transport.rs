//! Recognises an address that speaks only HTTP with SSE, the transport of MCP that Streamable HTTP replaced in 2025.
//!
//! Such an address refuses each POST, and answers a GET with a stream of events. The hub does not speak that transport.

use std::time::Duration;

use http::{HeaderValue, Method, header};

use super::credential::add_credential;
use super::{Limits, Target};
use crate::egress::{Egress, Failure, Request};

/// Time for the answer to a GET.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Returns the failure for an address of the older transport, or `failure` for any other.
pub(super) async fn explain(egress: &Egress, target: &Target, limits: Limits, failure: Failure) -> Failure {
    // the classes of a POST that was refused as such
    if !matches!(failure.class, "http_status" | "not_found") {
        return failure;
    }
    let Target::Mcp { server, credential, .. } = target else { return failure };
    let request = Request::new(Method::GET, server.url.clone())
        .header(header::ACCEPT, HeaderValue::from_static("text/event-stream"))
        .timeout(limits.remaining().min(PROBE_TIMEOUT));
    let request = match (credential, &server.key_header) {
        (Some(key), Some(name)) => request.secret_header(name.clone(), key),
        (Some(credential), None) => add_credential(request, credential),
        (None, _) => request,
    };
    match egress.send(request).await {
        Ok(response) if response.status().is_success() && response.media_type() == "text/event-stream" => {
            let host = target.name();
            let message =
                format!("{host} speaks only the older transport of MCP here (HTTP with SSE), which the hub does not");
            Failure::permanent("older_transport", message)
                .with_advice("Look in its documentation for an address of Streamable HTTP, often one that ends in /mcp")
        }
        _ => failure,
    }
}
