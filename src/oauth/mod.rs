//! OAuth from the client's side: what a provider says of itself, what it is asked, and what it answers.
//!
//! A [`Provider`] describes how one provider differs from RFC 6749; the defaults are what the standards say. Nothing here
//! is stored: credentials come in as values and go out in a [`Grant`]. Every request leaves through
//! [`Egress`], follows no redirect, and is bounded in time and size; nothing that a provider
//! answers is repeated to people but its own error texts, cut short.

mod answer;
mod assertion;
mod authorize;
mod challenge;
mod discover;
mod failure;
mod pointers;
mod proof;
mod provider;
mod register;
mod revoke;
mod template;
mod token;
mod unsaid;

use std::time::Duration;

use url::Url;

pub use authorize::{AuthorizationParams, CallbackParams, Pkce, State, authorization_url};
pub use challenge::Challenge;
pub use discover::discover;
pub use failure::{Failure, FailureKind};
pub use pointers::{ResponsePointers, SuccessCondition, TimeUnit};
pub use proof::validate_client_secret;
pub use provider::{
    BodyFormat, ClientAuth, PkceMethod, Provider, RefreshConfig, RevocationAuth, RevocationConfig, TokenKind,
};
pub use register::{RegisteredClient, register};
pub use revoke::revoke;
pub use template::{TemplateValues, names as template_names, text as fill_template, url as fill_url_template};
pub use token::{Grant, exchange, refresh};

use crate::egress::{Egress, Request};
use crate::secret::Secret;

/// For one request to a provider.
const DEADLINE: Duration = Duration::from_secs(10);

/// Most bytes of an answer: tokens are small, and metadata documents a few kilobytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What the hub is to a provider.
#[derive(Clone, Debug)]
pub struct Client {
    /// As the provider knows it.
    pub id: String,
    /// None for a public client.
    pub secret: Option<Secret>,
}

/// Where a request goes, and the host that sentences name.
fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the provider")
}

fn bounded(request: Request) -> Request {
    request.timeout(DEADLINE).max_response_bytes(LONGEST_ANSWER)
}

/// A JSON document, if there is one at this place; a page that is not there is none.
async fn document(egress: &Egress, url: &Url) -> Result<Option<serde_json::Value>, Failure> {
    let request = bounded(Request::new(http::Method::GET, url.clone()))
        .header(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
    let response = egress.send(request).await?;
    let status = response.status();
    if status.is_server_error() {
        return Err(Failure::status(host(url), status, response.headers()));
    }
    if !status.is_success() {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&response.bytes().await?).ok())
}
