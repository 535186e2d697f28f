//! Transforms the response to a revocation request into a standard one.

use http::StatusCode;
use oauth2::HttpResponse;
use serde_json::Value;

use super::HttpAdapter;
use crate::egress::{Failure, Response};
use crate::oauth::failure::from_status;
use crate::oauth::host;
use crate::oauth::provider::RevocationConfig;

/// Returns an empty success for a success, and for the response that the token is unknown: then it is revoked already.
pub(super) async fn transform(
    adapter: &HttpAdapter<'_>,
    config: &RevocationConfig,
    response: Response,
) -> Result<HttpResponse, Failure> {
    let (status, headers, host) = (response.status(), response.headers().clone(), host(&adapter.url));
    let revoked = HttpResponse::new(Vec::new());
    if status == StatusCode::NOT_FOUND || (status.is_success() && config.success.is_none()) {
        return Ok(revoked);
    }
    if status.is_server_error() || status.is_redirection() {
        return Err(from_status(host, status, &headers));
    }
    let at = &adapter.provider.response;
    let answer: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
    let holds = status.is_success() && config.success.as_ref().is_some_and(|success| success.holds(&answer));
    let is_revoked = |code: &str| {
        ["invalid_token", "invalid_grant"].contains(&code) || at.invalid_grant_codes.iter().any(|it| it == code)
    };
    if holds || answer.pointer(&at.error).and_then(Value::as_str).is_some_and(is_revoked) {
        return Ok(revoked);
    }
    Err(if status.is_success() {
        Failure::permanent("not_revoked", format!("{host} answered, but did not revoke the access"))
    } else {
        from_status(host, status, &headers)
    })
}
