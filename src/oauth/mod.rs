//! The client side of OAuth: discovery, registration, authorization, tokens and revocation.
//!
//! A [`Provider`] describes how one authorization server differs from RFC 6749; the defaults are those of the standards.
//! The `oauth2` crate builds standard requests and parses standard responses; `http_adapter` transforms both as the
//! description says.
//! The module stores nothing: credentials come in as values and go out in a [`Grant`]. Every request leaves through
//! [`Egress`], follows no redirect, and is bounded in time and size. Messages quote at most
//! 300 characters of a provider's text. Token responses are redacted first.
//!
//! `connections::authorization` signs owners in and revokes grants, `connections::token_refresh` refreshes tokens, and
//! check-ups repeat the discovery.

mod authorize;
mod challenge;
mod discovery;
mod failure;
mod grant;
mod http_adapter;
mod parameters;
mod pointers;
mod provider;
mod register;
mod resource_metadata;
mod server_metadata;
mod template;
mod token;

use std::time::Duration;

use url::Url;

pub use authorize::{AuthorizationParams, CallbackParams, Pkce, State, authorization_url};
pub use challenge::Challenge;
pub use discovery::discover;
pub use failure::unknown_client;
pub use grant::Grant;
pub use http_adapter::validate_client_secret;
pub use pointers::{SuccessCondition, TimeUnit, TokenResponseFormat};
pub use provider::{
    BodyFormat, ClientAuth, PkceMethod, Provider, RefreshConfig, RevocationAuth, RevocationConfig, TokenKind,
};
pub use register::{RegisteredClient, register};
pub use template::{TemplateValues, names as template_names, text as fill_template, url as fill_url_template};
pub use token::{exchange, refresh, revoke};

use crate::egress::{Egress, Request};
pub use crate::egress::{Failure, FailureKind};
use crate::secret::Secret;

/// Time for one request to a provider.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Limit of a response: tokens are small, and metadata documents have a few kilobytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The hub's registration at a provider.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret, private key or certificate; `None` for a public client.
    pub secret: Option<Secret>,
}

/// Returns the host that messages name.
fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the provider")
}

fn bounded(request: Request) -> Request {
    request.timeout(REQUEST_TIMEOUT).max_response_bytes(MAX_RESPONSE_BYTES)
}

/// Fetches a JSON document. Returns `None` if there is none at `url`.
async fn fetch_document(egress: &Egress, url: &Url) -> Result<Option<serde_json::Value>, Failure> {
    let request = bounded(Request::new(http::Method::GET, url.clone()))
        .header(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
    let response = egress.send(request).await?;
    let status = response.status();
    if status.is_server_error() {
        return Err(failure::from_status(host(url), status, response.headers()));
    }
    if !status.is_success() {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&response.bytes().await?).ok())
}
