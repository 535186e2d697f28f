//! Token requests: obtain a grant for a code (RFC 6749), refresh it, and revoke it (RFC 7009).

use std::borrow::Cow;

use oauth2::{AccessToken, AuthorizationCode, RedirectUrl, RefreshToken, StandardRevocableToken};
use url::Url;

use super::authorize::{CallbackParams, Pkce, State};
use super::failure::unusable_description;
use super::http_adapter::{Endpoint, HttpAdapter};
use super::provider::{PkceMethod, Provider, TokenKind};
use super::template::TemplateValues;
use super::{Client, Grant};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure};
use crate::secret::Secret;

/// Exchanges an authorization code.
pub async fn exchange(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    code: (&CallbackParams, &Pkce, &State, &Url),
    now: Timestamp,
) -> Result<Grant, Failure> {
    let (callback, pkce, state, redirect) = code;
    let adapter = HttpAdapter::new(egress, provider, values, client, Endpoint::CodeExchange(state.expose()), now)?;
    let standard = adapter.standard_client();
    let mut request = standard
        .exchange_code(AuthorizationCode::new(callback.code.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())));
    if provider.pkce == PkceMethod::S256 {
        request = request.set_pkce_verifier(pkce.to_code_verifier());
    }
    let response = request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    let mut grant = Grant::from_response(&response, now);
    grant.captured.extend(callback.captured.clone());
    Ok(grant)
}

/// Refreshes a grant. `token` is the one that [`RefreshConfig::subject`](super::RefreshConfig::subject) names.
pub async fn refresh(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    token: &Secret,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let config = provider.refresh.clone().unwrap_or_default();
    let adapter = HttpAdapter::new(egress, provider, values, client, Endpoint::Refresh(&config), now)?;
    let (standard, token) = (adapter.standard_client(), RefreshToken::new(token.expose().to_owned()));
    let request = standard.exchange_refresh_token(&token);
    let response = request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    Ok(Grant::from_response(&response, now))
}

/// Revokes the grant of these tokens. Returns false if the provider has no revocation endpoint.
pub async fn revoke(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    (access, refresh): (&Secret, Option<&Secret>),
    now: Timestamp,
) -> Result<bool, Failure> {
    let Some(config) = &provider.revoke else { return Ok(false) };
    let adapter = HttpAdapter::new(egress, provider, values, client, Endpoint::Revocation(config, access), now)?;
    let token = match (config.token, refresh) {
        (TokenKind::Refresh, Some(refresh)) => RefreshToken::new(refresh.expose().to_owned()).into(),
        _ => StandardRevocableToken::from(AccessToken::new(access.expose().to_owned())),
    };
    let standard = adapter.standard_client();
    let request = standard.revoke_token(token).map_err(|error| unusable_description(&error))?;
    request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    Ok(true)
}
