//! The source of a request, for the audit log.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::app::App;
use crate::authorization_server::TokenIssuer;
use crate::clock::Timestamp;
use crate::request_source::RequestSource;

/// The source and the time of a request.
pub(super) struct Source {
    pub(super) request: RequestSource,
    pub(super) now: Timestamp,
}

impl Source {
    /// Returns the issuer of tokens for this request.
    pub(super) fn issuer<'a>(&'a self, app: &'a App) -> TokenIssuer<'a> {
        TokenIssuer {
            system: &app.system,
            vault: &app.vault,
            public_url: &app.public_url,
            source: &self.request,
            now: self.now,
        }
    }
}

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self { request: RequestSource::new(parts, &app.proxies), now: app.clock.now() })
    }
}
