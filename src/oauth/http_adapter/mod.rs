//! The HTTP client of the `oauth2` crate, over [`Egress`]. What a provider description says beyond the standards happens here.
//!
//! Each request goes through these steps:
//!
//! 1. The crate builds the standard request.
//! 2. [`request`] transforms it as the description says: client authentication, parameters and their names, body, headers
//!    and method.
//! 3. [`Egress`] sends it.
//! 4. [`token_response`] or [`revocation_response()`] transforms the response into a standard one. An outage and a response
//!    that is none of OAuth become failures instead.
//! 5. The crate parses the response into its types.

mod assertion;
mod client_auth;
mod request;
mod token_response;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::OnceLock;

pub use client_auth::validate_client_secret;
use http::{HeaderMap, StatusCode};
use oauth2::basic::{BasicErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, RefreshToken, RequestTokenError, RevocationUrl, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::client::{Client, ClientAuth};
use super::failure::{from_error_code, from_status, invalid_provider};
use super::host;
use super::provider::{Provider, RefreshConfig, RevocationAuth, RevocationConfig};
use super::template::{self, TemplateValues};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure, Response, read_json};
use crate::secret::Secret;

/// The crate's client, with the types that the hub uses. The parameters say whether it has an endpoint for revocation and
/// for tokens.
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
    /// The granted scopes. The crate would split one that contains a space.
    pub(super) granted: Option<Vec<String>>,
    /// Values that the provider description captures, as text.
    pub(super) captured: TemplateValues,
    /// Further tokens, by name.
    #[serde(default)]
    pub(super) tokens: BTreeMap<String, FurtherToken>,
}

/// A further token of a token response. The types of the crate are never printed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FurtherToken {
    pub(in crate::oauth) access_token: AccessToken,
    pub(in crate::oauth) refresh_token: Option<RefreshToken>,
    pub(in crate::oauth) expires_in: Option<u64>,
    pub(in crate::oauth) granted: Option<Vec<String>>,
}

impl ExtraTokenFields for CapturedFields {}

/// A failure in the place of a response, for the crate to pass on.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct AdapterError(Failure);

/// The endpoint and purpose of a request.
pub(super) enum Endpoint<'a> {
    /// Exchanges a code. A few providers also expect this state.
    CodeExchange(&'a str),
    /// Requests a token for the client itself.
    ClientToken,
    /// Refreshes a token.
    Refresh(&'a RefreshConfig),
    /// Revokes a token. The access token may authenticate the request.
    Revocation(&'a RevocationConfig, &'a Secret),
}

/// Sends one request of the crate to a provider.
pub(super) struct HttpAdapter<'a> {
    egress: &'a Egress,
    provider: &'a Provider,
    endpoint: Endpoint<'a>,
    url: Url,
    auth: ClientAuth,
    client: Client,
    now: Timestamp,
    /// The response's headers, which the crate's errors do not keep.
    headers: OnceLock<HeaderMap>,
}

impl<'a> HttpAdapter<'a> {
    /// Prepares one request to an endpoint, whose URL `values` complete.
    pub(super) fn new(
        egress: &'a Egress,
        provider: &'a Provider,
        values: &TemplateValues,
        client: &Client,
        endpoint: Endpoint<'a>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let (mut auth, mut client) = (provider.client_auth, client.clone());
        let url = match &endpoint {
            Endpoint::CodeExchange(_) | Endpoint::ClientToken => template::url(&provider.token_url, values)?,
            Endpoint::Refresh(config) => {
                if config.omits_client_secret {
                    client.secret = None;
                }
                template::url(config.url.as_ref().unwrap_or(&provider.token_url), values)?
            }
            Endpoint::Revocation(config, _) => {
                auth = revocation_auth(config.auth, auth);
                let mut values = values.clone();
                values.insert("client_id".to_owned(), client.id.clone());
                template::url(&config.url, &values)?
            }
        };
        Ok(Self { egress, provider, endpoint, url, auth, client, now, headers: OnceLock::new() })
    }

    /// Returns the crate's client for the endpoint. It has the secret only if the standard sends it: in the body or by HTTP
    /// Basic.
    pub(super) fn standard_client(&self) -> StandardClient<EndpointSet, EndpointSet> {
        // The crate revokes by https only. Whether http is allowed is the decision of `egress`, which receives the real URL.
        let mut secure = self.url.clone();
        let _ = secure.set_scheme("https");
        let auth_type = if self.auth == ClientAuth::Basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        let standard = StandardClient::new(ClientId::new(self.client.id.clone()))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::from_url(self.url.clone()))
            .set_revocation_url(RevocationUrl::from_url(secure));
        match &self.client.secret {
            Some(secret) if matches!(self.auth, ClientAuth::Post | ClientAuth::Basic) => {
                standard.set_client_secret(ClientSecret::new(secret.expose().to_owned()))
            }
            _ => standard,
        }
    }

    /// Builds the failure of the request. The crate's error may hold a token, so it is neither logged nor quoted.
    pub(super) fn to_failure(&self, error: RequestTokenError<AdapterError, BasicErrorResponse>) -> Failure {
        let host = host(&self.url);
        let failure = match error {
            RequestTokenError::Request(AdapterError(failure)) => failure,
            RequestTokenError::ServerResponse(answer) => {
                let code = answer.error().as_ref();
                from_error_code(host, code, answer.error_description().map_or(code, String::as_str))
            }
            RequestTokenError::Parse(..) => {
                let message = format!("{host} answered, but gave no token");
                Failure::permanent("no_token", message).with_advice("Try again later")
            }
            RequestTokenError::Other(_) => invalid_provider(format!("The hub cannot build a request to {host}")),
        };
        match self.headers.get() {
            Some(headers) => failure.with_retry_after(headers),
            None => failure,
        }
    }

    async fn send(&self, standard: &HttpRequest) -> Result<HttpResponse, Failure> {
        let (request, redactor) = request::transform(self, standard)?;
        let response = self.egress.send(request).await?;
        let headers = self.headers.get_or_init(|| response.headers().clone());
        match &self.endpoint {
            Endpoint::Revocation(config, _) => revocation_response(self, config, response, headers).await,
            Endpoint::CodeExchange(_) | Endpoint::ClientToken | Endpoint::Refresh(_) => {
                token_response::transform(self, response, headers, &redactor).await
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for HttpAdapter<'_> {
    type Error = AdapterError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AdapterError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.send(&request).await.map_err(AdapterError) })
    }
}

/// Returns the client authentication of a revocation request.
const fn revocation_auth(revocation: RevocationAuth, token_endpoint: ClientAuth) -> ClientAuth {
    match (revocation, token_endpoint) {
        // the token itself authenticates the request
        (RevocationAuth::Bearer, _) => ClientAuth::None,
        // never send a private key as a Basic password, even if a stored description asks for Basic
        (RevocationAuth::Basic, ClientAuth::Post | ClientAuth::None) => ClientAuth::Basic,
        (RevocationAuth::Basic | RevocationAuth::Client, own) => own,
    }
}

/// Transforms the response to a revocation request: returns an empty success for a success, and for the response that the
/// token is unknown, since it is revoked already then.
async fn revocation_response(
    adapter: &HttpAdapter<'_>,
    config: &RevocationConfig,
    response: Response,
    headers: &HeaderMap,
) -> Result<HttpResponse, Failure> {
    let (status, host) = (response.status(), host(&adapter.url));
    let revoked = HttpResponse::new(Vec::new());
    if status == StatusCode::NOT_FOUND || (status.is_success() && config.success.is_none()) {
        return Ok(revoked);
    }
    if status.is_server_error() || status.is_redirection() {
        return Err(from_status(host, status, headers));
    }
    let at = &adapter.provider.response;
    let answer: Value = read_json(&response.bytes().await?).unwrap_or_default();
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
        from_status(host, status, headers)
    })
}
