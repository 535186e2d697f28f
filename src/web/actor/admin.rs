//! The extractor for pages of administrators.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::SignedIn;
use crate::actor::Actor;
use crate::app::App;
use crate::ids::OwnerId;
use crate::web::error::Error;

/// The signed-in administrator of the hub. For everybody else such a page does not exist.
#[derive(Clone, Debug)]
pub struct Admin(pub SignedIn);

impl Admin {
    /// Returns the administrator as they act for the hub: what they change there is in the hub's log.
    #[expect(clippy::disallowed_methods, reason = "only an administrator acts for the hub")]
    pub(in crate::web) fn hub_actor(&self) -> Actor {
        self.0.viewer.actor.clone().within(OwnerId::HUB)
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if signed_in.user.is_admin { Ok(Self(signed_in)) } else { Err(Error::not_found().into_response()) }
    }
}
