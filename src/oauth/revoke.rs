//! Ending a grant at the provider (RFC 7009, or what its description says).

use http::Method;

use super::failure::Failure;
use super::provider::{ClientAuth, Provider, RevokeAuth, Token};
use super::template::{self, Values};
use super::token::{prove, written};
use super::{Client, bounded, host};
use crate::egress::{Egress, Request};
use crate::secret::Secret;

/// Ends the grant that these tokens are of; false if the provider has no call for it.
pub async fn revoke(
    egress: &Egress,
    provider: &Provider,
    values: &Values,
    client: &Client,
    access: &Secret,
    refresh: Option<&Secret>,
) -> Result<bool, Failure> {
    let Some(how) = &provider.revoke else { return Ok(false) };
    let url = template::url(&how.url, values)?;
    let method = Method::try_from(how.method.as_str()).map_err(|error| Failure::setting(error.to_string()))?;
    let (token, hint) = match (how.token, refresh) {
        (Token::Refresh, Some(refresh)) => (refresh, "refresh_token"),
        _ => (access, "access_token"),
    };
    let mut parameters = vec![(how.param.clone(), token.expose().to_owned())];
    let at = host(&url).to_owned();
    let mut request = bounded(Request::new(method, url.clone()));
    match how.auth {
        RevokeAuth::Bearer => request = request.bearer(access),
        RevokeAuth::Client | RevokeAuth::Basic => {
            let auth = if how.auth == RevokeAuth::Basic { ClientAuth::Basic } else { provider.client_auth };
            parameters.push(("token_type_hint".to_owned(), hint.to_owned()));
            let (proof, proved) = prove(auth, client, parameters);
            parameters = proved;
            if let Some(proof) = proof {
                request = request.header(http::header::AUTHORIZATION, proof);
            }
        }
    }
    let response = egress.send(written(request, url, how.body, parameters)).await?;
    match response.status() {
        // a token that is not known any more is one that is ended
        status if status.is_success() || status == http::StatusCode::NOT_FOUND => Ok(true),
        status => Err(Failure::status(&at, status, response.headers())),
    }
}
