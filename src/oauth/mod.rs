//! The client side of OAuth: discovery, registration, authorization, tokens and revocation.
//!
//! A [`Provider`] describes how one authorization server differs from RFC 6749; the defaults are those of the standards.
//! The `oauth2` crate builds standard requests and parses standard responses; `http_adapter` transforms both as the
//! description says.
//! The module stores nothing: credentials come in as values and go out in a [`Grant`]. Every request leaves through
//! [`Egress`](crate::egress::Egress), follows no redirect, and is bounded in time and size. Messages quote at most
//! 300 characters of a provider's text. Token responses are redacted first.
//!
//! `connections::authorization` signs owners in and revokes grants, `connections::token_refresh` refreshes tokens, and
//! check-ups repeat the discovery.

mod authorize;
mod challenge;
mod client;
mod client_credentials;
mod discovery;
mod failure;
mod further_tokens;
mod grant;
mod http_adapter;
mod metadata;
mod named_token;
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
pub use client::{Client, ClientAuth};
pub use client_credentials::request_client_token;
pub use discovery::discover;
pub use failure::unknown_client;
pub use grant::{Grant, GrantedToken};
pub use http_adapter::validate_client_secret;
pub use named_token::NamedToken;
pub use pointers::{SuccessCondition, TimeUnit, TokenResponseFormat};
pub use provider::{BodyFormat, PkceMethod, Provider, RefreshConfig, RevocationAuth, RevocationConfig, TokenKind};
pub use register::{ClientMetadata, REGISTRATION_REFUSED, RegisteredClient, register};
pub use template::{TemplateValues, names as template_names, text as fill_template, url as fill_url_template};
pub use token::{exchange, refresh, revoke};

use crate::egress::Request;
pub use crate::egress::{Failure, FailureKind};

/// Time for a code exchange or a refresh. The provider spends the code or the refresh token with its answer, so a lost answer
/// can cost the grant. The lease of a refresh lasts for two such requests.
pub const GRANT_REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// Time for any other request, such as reading metadata. It can be repeated.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Limit of a response: tokens are small, and metadata documents have a few kilobytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// Returns the host that messages name.
fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the provider")
}

/// Returns the host of a URL that is stored as text.
fn host_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "the provider".to_owned(), |url| host(&url).to_owned())
}

fn bounded(request: Request) -> Request {
    request.timeout(READ_TIMEOUT).max_response_bytes(MAX_RESPONSE_BYTES)
}

#[cfg(test)]
mod tests;
