//! The token endpoint: exchanges a code or a refresh token for a grant.

use std::borrow::Cow;

use oauth2::{AuthorizationCode, RedirectUrl, RefreshToken};
use url::Url;

use super::authorize::{CallbackParams, Pkce, State};
use super::http_adapter::{Endpoint, HttpAdapter};
use super::provider::{PkceMethod, Provider};
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
    let adapter = HttpAdapter::new(egress, provider, values, client, Endpoint::CodeExchange, now)?;
    let standard = adapter.standard_client();
    let mut request = standard
        .exchange_code(AuthorizationCode::new(callback.code.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())));
    if provider.pkce == PkceMethod::S256 {
        request = request.set_pkce_verifier(pkce.to_code_verifier());
    }
    if provider.echo_state {
        request = request.add_extra_param("state", state.expose());
    }
    if let Some(resource) = &provider.resource {
        request = request.add_extra_param("resource", resource);
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
    let mut request = standard.exchange_refresh_token(&token);
    if let Some(resource) = &provider.resource {
        request = request.add_extra_param("resource", resource);
    }
    let response = request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    Ok(Grant::from_response(&response, now))
}
