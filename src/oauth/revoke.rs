//! Ending a grant at the provider (RFC 7009, or what its description says).

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::failure::{Failure, FailureKind};
use super::proof::{Parameters, as_theirs, prove};
use super::provider::{BodyFormat, ClientAuth, Provider, RevocationAuth, RevocationConfig, TokenKind};
use super::template::{self, TemplateValues};
use super::token::{with_headers, written};
use super::{Client, bounded, host};
use crate::clock::Timestamp;
use crate::egress::{Egress, Request, Response};
use crate::secret::Secret;

/// Ends the grant that these tokens are of; false if the provider has no call for it.
pub async fn revoke(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    tokens: (&Secret, Option<&Secret>),
    now: Timestamp,
) -> Result<bool, Failure> {
    let Some(how) = &provider.revoke else { return Ok(false) };
    let mut values = values.clone();
    values.insert("client_id".to_owned(), client.id.clone());
    let url = template::url(&how.url, &values)?;
    let method = Method::try_from(how.method.as_str()).map_err(|error| Failure::setting(error.to_string()))?;
    let parameters = parameters(how, tokens);
    let request = bounded(Request::new(method.clone(), url.clone()))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (proof, parameters) = match proof(how.auth, provider.client_auth) {
        None => (None, parameters),
        Some(auth) => {
            let own = parameters.len();
            let (proof, mut parameters) = prove(provider, auth, client, &url, parameters, now)?;
            // the token's parameter has the provider's name already
            let added = parameters.split_off(own);
            parameters.extend(as_theirs(provider, added));
            (proof, parameters)
        }
    };
    let request = with_headers(provider, request, proof)?;
    let request = if how.auth == RevocationAuth::Bearer { request.bearer(tokens.0) } else { request };
    let body = if method == Method::GET { BodyFormat::Query } else { how.body };
    let at = host(&url).to_owned();
    let response = egress.send(written(request, url, body, parameters)).await?;
    ended(provider, how, &at, response).await.map(|()| true)
}

fn parameters(how: &RevocationConfig, (access, refresh): (&Secret, Option<&Secret>)) -> Parameters {
    let (token, hint) = match (how.token, refresh) {
        (TokenKind::Refresh, Some(refresh)) => (refresh, "refresh_token"),
        _ => (access, "access_token"),
    };
    let mut parameters = vec![(how.param.clone(), token.expose().to_owned())];
    // the hint is of the standard: whoever writes something else than its form may refuse what it does not know
    if how.auth != RevocationAuth::Bearer && how.body == BodyFormat::Form && how.param == "token" {
        parameters.push(("token_type_hint".to_owned(), hint.to_owned()));
    }
    parameters
}

/// How the hub proves itself; none if the token does.
const fn proof(asked: RevocationAuth, at_token_endpoint: ClientAuth) -> Option<ClientAuth> {
    match (asked, at_token_endpoint) {
        (RevocationAuth::Bearer, _) => None,
        // a key is never sent: no file asks for that, and should one that is stored, it has not its way
        (RevocationAuth::Basic, ClientAuth::Post | ClientAuth::None) => Some(ClientAuth::Basic),
        (RevocationAuth::Basic | RevocationAuth::Client, own) => Some(own),
    }
}

/// A token that is not known any more is one that is ended.
async fn ended(provider: &Provider, how: &RevocationConfig, host: &str, response: Response) -> Result<(), Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    if status == StatusCode::NOT_FOUND || (status.is_success() && how.success.is_none()) {
        return Ok(());
    }
    if status.is_server_error() || status.is_redirection() {
        return Err(Failure::status(host, status, &headers));
    }
    let at = &provider.response;
    let answer: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
    let holds = status.is_success() && how.success.as_ref().is_some_and(|success| success.holds(&answer));
    let is_over =
        |code: &str| ["invalid_token", "invalid_grant"].contains(&code) || at.dead.iter().any(|it| it == code);
    if holds || answer.pointer(&at.error).and_then(Value::as_str).is_some_and(is_over) {
        return Ok(());
    }
    Err(if status.is_success() {
        Failure::new(FailureKind::Permanent, "not_ended", format!("{host} answered, but did not end the access"))
    } else {
        Failure::status(host, status, &headers)
    })
}
