//! The `oauth2` crate's client, with the types that the hub uses. It builds standard requests and parses standard responses.

use oauth2::basic::{BasicErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, ExtraTokenFields, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse,
};
use serde::{Deserialize, Serialize};

use super::Client;
use super::failure::{from_error_code, invalid_provider};
use super::provider::ClientAuth;
use super::template::TemplateValues;
use crate::egress::Failure;

/// The crate's client. The parameters say whether it has an endpoint for revocation and for tokens.
pub(super) type StandardClient<HasRevocationUrl = EndpointNotSet, HasTokenUrl = EndpointNotSet> = oauth2::Client<
    BasicErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasRevocationUrl,
    HasTokenUrl,
>;

/// The crate's token response.
pub(super) type TokenResponse = StandardTokenResponse<CapturedFields, BasicTokenType>;

/// The fields of a token response beyond the standard.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CapturedFields {
    /// Values that the provider description captures, as text.
    pub(super) captured: TemplateValues,
}

impl ExtraTokenFields for CapturedFields {}

/// A failure in the place of a response, for the crate to pass on.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct AdapterError(pub(super) Failure);

/// Builds the client. It has the secret only if the standard sends it: in the body or by HTTP Basic.
pub(super) fn new(auth: ClientAuth, client: &Client) -> StandardClient {
    let auth_type = if auth == ClientAuth::Basic { AuthType::BasicAuth } else { AuthType::RequestBody };
    let standard = StandardClient::new(ClientId::new(client.id.clone())).set_auth_type(auth_type);
    match &client.secret {
        Some(secret) if matches!(auth, ClientAuth::Post | ClientAuth::Basic) => {
            standard.set_client_secret(ClientSecret::new(secret.expose().to_owned()))
        }
        _ => standard,
    }
}

/// Builds the failure of a request to `host`. The crate's error may hold a token, so it is neither logged nor quoted.
pub(super) fn to_failure(host: &str, error: RequestTokenError<AdapterError, BasicErrorResponse>) -> Failure {
    match error {
        RequestTokenError::Request(AdapterError(failure)) => failure,
        RequestTokenError::ServerResponse(answer) => {
            let code = answer.error().as_ref();
            from_error_code(host, code, answer.error_description().map_or(code, String::as_str))
        }
        RequestTokenError::Parse(..) => {
            Failure::permanent("no_token", format!("{host} answered, but gave no token")).with_advice("Try again later")
        }
        RequestTokenError::Other(_) => invalid_provider(format!("The hub cannot build a request to {host}")),
    }
}
