//! The HTTP client of the `oauth2` crate, over [`Egress`]. What a provider description says beyond the standards happens here.
//!
//! Each request goes through these steps:
//!
//! 1. The crate builds the standard request.
//! 2. [`request`] transforms it as the description says: client authentication, parameters and their names, body, headers
//!    and method.
//! 3. [`Egress`] sends it.
//! 4. [`token_response`] or [`revocation_response`] transforms the response into a standard one. An outage and a response
//!    that is none of OAuth become failures instead.
//! 5. The crate parses the response into its types.

mod lifetime;
mod request;
mod revocation_response;
mod token_response;

use std::pin::Pin;
use std::sync::OnceLock;

use http::HeaderMap;
use oauth2::basic::BasicErrorResponse;
use oauth2::{AsyncHttpClient, EndpointSet, HttpRequest, HttpResponse, RequestTokenError, RevocationUrl, TokenUrl};
use url::Url;

use super::provider::{ClientAuth, Provider, RefreshConfig, RevocationAuth, RevocationConfig};
use super::standard_client::{self, AdapterError, StandardClient};
use super::template::{self, TemplateValues};
use super::{Client, host};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure};
use crate::secret::Secret;

/// The endpoint and purpose of a request.
pub(super) enum Endpoint<'a> {
    /// Exchanges a code.
    CodeExchange,
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
            Endpoint::CodeExchange => template::url(&provider.token_url, values)?,
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

    /// Returns the crate's client for the endpoint.
    pub(super) fn standard_client(&self) -> StandardClient<EndpointSet, EndpointSet> {
        // The crate revokes by https only. Whether http is allowed is the decision of `egress`, which receives the real URL.
        let mut secure = self.url.clone();
        let _ = secure.set_scheme("https");
        standard_client::new(self.auth, &self.client)
            .set_token_uri(TokenUrl::from_url(self.url.clone()))
            .set_revocation_url(RevocationUrl::from_url(secure))
    }

    /// Builds the failure of the request.
    pub(super) fn to_failure(&self, error: RequestTokenError<AdapterError, BasicErrorResponse>) -> Failure {
        let failure = standard_client::to_failure(host(&self.url), error);
        match self.headers.get() {
            Some(headers) => failure.with_retry_after(headers),
            None => failure,
        }
    }

    async fn send(&self, standard: &HttpRequest) -> Result<HttpResponse, Failure> {
        let (request, redactor) = request::transform(self, standard)?;
        let response = self.egress.send(request).await?;
        let _ = self.headers.set(response.headers().clone());
        match &self.endpoint {
            Endpoint::Revocation(config, _) => revocation_response::transform(self, config, response).await,
            Endpoint::CodeExchange | Endpoint::Refresh(_) => token_response::transform(self, response, &redactor).await,
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
