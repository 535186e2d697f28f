//! Revokes a grant at the provider (RFC 7009, or as its description says).

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::client_auth::{apply, authenticate};
use super::failure::{from_status, invalid_provider};
use super::parameters::{self, Parameters};
use super::provider::{BodyFormat, ClientAuth, Provider, RevocationAuth, RevocationConfig, TokenKind};
use super::template::{self, TemplateValues};
use super::{Client, bounded, host};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure, Request, Response};
use crate::secret::Secret;

/// Revokes the grant of these tokens. Returns false if the provider has no revocation endpoint.
pub async fn revoke(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    tokens: (&Secret, Option<&Secret>),
    now: Timestamp,
) -> Result<bool, Failure> {
    let Some(config) = &provider.revoke else { return Ok(false) };
    let mut values = values.clone();
    values.insert("client_id".to_owned(), client.id.clone());
    let url = template::url(&config.url, &values)?;
    let method = Method::try_from(config.method.as_str()).map_err(|error| invalid_provider(error.to_string()))?;
    let parameters = parameters(config, tokens);
    let request = bounded(Request::new(method.clone(), url.clone()))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (authentication, parameters) = match client_auth(config.auth, provider.client_auth) {
        None => (None, parameters),
        Some(auth) => {
            let own = parameters.len();
            let (authentication, mut parameters) = authenticate(provider, auth, client, &url, parameters, now)?;
            // the token's parameter already has the provider's name
            let added = parameters.split_off(own);
            parameters.extend(parameters::to_wire(provider, added));
            (authentication, parameters)
        }
    };
    let request = apply(provider, request, authentication)?;
    let request = if config.auth == RevocationAuth::Bearer { request.bearer(tokens.0) } else { request };
    let format = if method == Method::GET { BodyFormat::Query } else { config.body };
    let endpoint_host = host(&url).to_owned();
    let response = egress.send(parameters::write(request, url, format, parameters)).await?;
    check_response(provider, config, &endpoint_host, response).await.map(|()| true)
}

fn parameters(config: &RevocationConfig, (access, refresh): (&Secret, Option<&Secret>)) -> Parameters {
    let (token, hint) = match (config.token, refresh) {
        (TokenKind::Refresh, Some(refresh)) => (refresh, "refresh_token"),
        _ => (access, "access_token"),
    };
    let mut parameters = vec![(config.param.clone(), token.expose().to_owned())];
    // the hint belongs to RFC 7009: an endpoint that deviates from it may reject unknown parameters
    if config.auth != RevocationAuth::Bearer && config.body == BodyFormat::Form && config.param == "token" {
        parameters.push(("token_type_hint".to_owned(), hint.to_owned()));
    }
    parameters
}

/// Returns the client authentication. `None` if the token itself authenticates the request.
const fn client_auth(revocation: RevocationAuth, token_endpoint: ClientAuth) -> Option<ClientAuth> {
    match (revocation, token_endpoint) {
        (RevocationAuth::Bearer, _) => None,
        // never send a private key as a Basic password, even if a stored description asks for Basic
        (RevocationAuth::Basic, ClientAuth::Post | ClientAuth::None) => Some(ClientAuth::Basic),
        (RevocationAuth::Basic | RevocationAuth::Client, own) => Some(own),
    }
}

/// Accepts a success, and the response that the token is unknown: then it is revoked already.
async fn check_response(
    provider: &Provider,
    config: &RevocationConfig,
    host: &str,
    response: Response,
) -> Result<(), Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    if status == StatusCode::NOT_FOUND || (status.is_success() && config.success.is_none()) {
        return Ok(());
    }
    if status.is_server_error() || status.is_redirection() {
        return Err(from_status(host, status, &headers));
    }
    let at = &provider.response;
    let answer: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
    let holds = status.is_success() && config.success.as_ref().is_some_and(|success| success.holds(&answer));
    let is_revoked = |code: &str| {
        ["invalid_token", "invalid_grant"].contains(&code) || at.invalid_grant_codes.iter().any(|it| it == code)
    };
    if holds || answer.pointer(&at.error).and_then(Value::as_str).is_some_and(is_revoked) {
        return Ok(());
    }
    Err(if status.is_success() {
        Failure::permanent("not_revoked", format!("{host} answered, but did not revoke the access"))
    } else {
        from_status(host, status, &headers)
    })
}
