//! Requests a token for the client itself (RFC 6749, section 4.4): there is no consent and no refresh token.

use oauth2::Scope;

use super::http_adapter::{Endpoint, HttpAdapter};
use super::provider::Provider;
use super::template::TemplateValues;
use super::{Client, Grant};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure};

/// Requests an access token for a client, with the scopes of the provider's description.
pub async fn request_client_token(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let adapter = HttpAdapter::new(egress, provider, values, client, Endpoint::ClientToken, now)?;
    let standard = adapter.standard_client();
    let scopes = provider.scopes.iter().map(|scope| Scope::new(scope.clone()));
    let request = standard.exchange_client_credentials().add_scopes(scopes);
    let response = request.request_async(&adapter).await.map_err(|error| adapter.to_failure(error))?;
    Ok(Grant::from_response(&response, now))
}
