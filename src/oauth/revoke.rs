//! Revokes a grant at the provider (RFC 7009, or as its description says).

use oauth2::{AccessToken, RefreshToken, StandardRevocableToken};

use super::Client;
use super::failure::invalid_provider;
use super::http_adapter::{Endpoint, HttpAdapter};
use super::provider::{Provider, TokenKind};
use super::template::TemplateValues;
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure};
use crate::secret::Secret;

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
    let request = standard.revoke_token(token).map_err(|error| invalid_provider(error.to_string()))?;
    request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    Ok(true)
}
