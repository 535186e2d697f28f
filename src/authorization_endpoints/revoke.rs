//! `/oauth/revoke`: an assistant ends its own grant (RFC 7009).

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::StatusCode;

use super::oauth_error::OAuthError;
use super::source::Source;
use super::token::Params;
use crate::app::App;
use crate::secret::Secret;

/// Ends the grant of a token. A token that is unknown gets the same answer.
pub(super) async fn create(
    State(app): State<App>,
    source: Source,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, OAuthError> {
    let params = Params::read(body)?;
    let token = Secret::new(params.require("token")?);
    source.issuer(&app).revoke(params.get("client_id"), &token).await?;
    Ok(StatusCode::OK)
}
