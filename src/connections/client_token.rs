//! The access token of a service whose users enter the id and the secret of an application. Called when they are entered, and
//! by the refresh of the token.

use crate::clock::Timestamp;
use crate::connectors::ClientCredentials;
use crate::egress::{Egress, Failure, FailureKind};
use crate::error::{Error, Result};
use crate::oauth::{self, Client, Grant, Provider, TemplateValues};
use crate::secret::Secret;

/// An access token, with what it was requested with.
pub(super) struct IssuedToken {
    pub(super) provider: Provider,
    pub(super) client: Client,
    pub(super) grant: Grant,
}

/// Requests an access token. `secrets` holds the secret fields as JSON. The token of the grant is sealed as a key is: as JSON,
/// under the name that the service's `[key]` presents.
///
/// # Errors
/// [`FailureKind::InvalidGrant`] if the service does not accept the id or the secret: only their owner can replace them.
pub(super) async fn request(
    egress: &Egress,
    service: &ClientCredentials,
    values: &TemplateValues,
    secrets: &Secret,
    now: Timestamp,
) -> Result<Result<IssuedToken, Failure>> {
    let provider = provider_of(service)?;
    let secrets: TemplateValues = serde_json::from_str(secrets.expose()).map_err(Error::internal)?;
    let (Some(id), Some(secret)) = (values.get(&service.id), secrets.get(&service.secret)) else {
        return Err(Error::conflict("The client id or the client secret is missing", "Replace the key"));
    };
    let client = Client { id: id.clone(), secret: Some(Secret::new(secret.clone())) };
    Ok(match oauth::request_client_token(egress, &provider, values, &client, now).await {
        Ok(grant) => {
            let grant = Grant { access: as_key(service, &grant.access)?, refresh: None, ..grant };
            Ok(IssuedToken { provider, client, grant })
        }
        Err(failure) => Err(blame_owner(failure, &host_of(&provider, values))),
    })
}

/// Builds the provider description of the token endpoint.
fn provider_of(service: &ClientCredentials) -> Result<Provider> {
    let description = serde_json::json!({
        // nobody is sent to this address
        "authorize_url": service.token_url,
        "token_url": service.token_url,
        "scopes": service.scopes,
        "client_auth": service.client_auth,
        "body": service.body,
        "token_params": service.params,
        "lifetime": service.lifetime,
    });
    serde_json::from_value(description).map_err(Error::internal)
}

fn as_key(service: &ClientCredentials, token: &Secret) -> Result<Secret> {
    let key = TemplateValues::from([(service.token.clone(), token.expose().to_owned())]);
    Ok(Secret::new(serde_json::to_string(&key).map_err(Error::internal)?))
}

fn host_of(provider: &Provider, values: &TemplateValues) -> String {
    let url = oauth::fill_url_template(&provider.token_url, values).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "the service".to_owned())
}

/// The client is the owner's own, so its rejection is theirs to mend.
fn blame_owner(failure: Failure, host: &str) -> Failure {
    match failure.kind {
        FailureKind::InvalidClient | FailureKind::InvalidGrant => {
            let message = format!("{host} does not accept the client id or the client secret");
            Failure::new(FailureKind::InvalidGrant, "invalid_client", message)
                .with_advice("Check that both are complete and still valid")
        }
        _ => failure,
    }
}
