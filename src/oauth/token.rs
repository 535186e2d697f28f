//! The token endpoint: exchanges a code or a refresh token for a grant.

use std::collections::BTreeMap;

use http::{HeaderValue, Method, header};
use url::Url;

use super::authorize::{CallbackParams, Pkce, State};
use super::client_auth::{self, Authentication};
use super::parameters::{self, Parameters};
use super::provider::{BodyFormat, PkceMethod, Provider, RefreshConfig, TokenKind};
use super::template::{self, TemplateValues};
use super::{Client, Grant, bounded, host, response};
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure, Request};
use crate::secret::{Redactor, Secret};

/// Parameters whose values are secret.
const SECRET_PARAMETERS: [&str; 7] =
    ["code", "code_verifier", "state", "refresh_token", "access_token", "client_secret", "client_assertion"];

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
    let mut parameters = vec![
        pair("grant_type", "authorization_code"),
        pair("code", callback.code.expose()),
        pair("redirect_uri", redirect.as_str()),
    ];
    if provider.pkce == PkceMethod::S256 {
        parameters.push(pair("code_verifier", pkce.verifier().expose()));
    }
    if provider.echo_state {
        parameters.push(pair("state", state.expose()));
    }
    parameters.extend(resource(provider));
    override_with(&mut parameters, &provider.token_params);
    let url = template::url(&provider.token_url, values)?;
    let mut grant = request_grant(egress, provider, url, &Method::POST, client, parameters, now).await?;
    grant.captured.extend(callback.captured.clone());
    Ok(grant)
}

/// Refreshes a grant. `token` is the one that [`RefreshConfig::subject`] names.
pub async fn refresh(
    egress: &Egress,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    token: &Secret,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let config = provider.refresh.clone().unwrap_or_default();
    let name = match config.subject {
        TokenKind::Refresh => "refresh_token",
        TokenKind::Access => "access_token",
    };
    let mut parameters = vec![pair("grant_type", &config.grant_type), pair(name, token.expose())];
    parameters.extend(resource(provider));
    override_with(&mut parameters, &config.params);
    let url = template::url(config.url.as_ref().unwrap_or(&provider.token_url), values)?;
    let method = method(&config);
    let client = if config.omits_client_secret { Client { secret: None, ..client.clone() } } else { client.clone() };
    request_grant(egress, provider, url, &method, &client, parameters, now).await
}

fn method(config: &RefreshConfig) -> Method {
    if config.method.eq_ignore_ascii_case("GET") { Method::GET } else { Method::POST }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn resource(provider: &Provider) -> Option<(String, String)> {
    provider.resource.as_deref().map(|resource| pair("resource", resource))
}

fn override_with(parameters: &mut Parameters, overrides: &BTreeMap<String, String>) {
    for (name, value) in overrides {
        parameters.retain(|(default, _)| default != name);
        parameters.push(pair(name, value));
    }
}

async fn request_grant(
    egress: &Egress,
    provider: &Provider,
    url: Url,
    method: &Method,
    client: &Client,
    parameters: Parameters,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let endpoint_host = host(&url).to_owned();
    let (authentication, parameters) =
        client_auth::authenticate(provider, provider.client_auth, client, &url, parameters, now)?;
    let redactor = redactor(client, authentication.as_ref(), &parameters);
    let parameters = parameters::to_wire(provider, parameters);
    let format = if method == Method::GET { BodyFormat::Query } else { provider.body };
    let request = bounded(Request::new(method.clone(), url.clone()));
    let request = parameters::write(request, url, format, parameters)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let request = client_auth::apply(provider, request, authentication)?;
    response::read_grant(provider, &endpoint_host, egress.send(request).await?, &redactor, now).await
}

/// Builds a redactor for the secrets of one request: the client's secret, its Basic credentials and secret parameters.
fn redactor(client: &Client, authentication: Option<&Authentication>, parameters: &Parameters) -> Redactor {
    let secret = client.secret.iter().map(Secret::expose);
    let basic = authentication.and_then(Authentication::header);
    let basic = basic.and_then(|header| header.to_str().ok()?.strip_prefix("Basic "));
    let sent = parameters.iter().filter(|(name, _)| SECRET_PARAMETERS.contains(&name.as_str()));
    Redactor::new(secret.chain(basic).chain(sent.map(|(_, value)| value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::{Authentication, Client, HeaderValue, Secret, pair, redactor};

    #[test]
    fn secrets_of_the_request_are_redacted() {
        let client = Client { id: "hub".to_owned(), secret: Some(Secret::new("s/1 \"")) };
        let basic = Authentication::Header(HeaderValue::from_static("Basic aHViOg=="));
        let redactor = redactor(&client, Some(&basic), &vec![pair("code", "4/0Ab"), pair("grant_type", "x")]);
        assert_eq!(redactor.redact("code=4%2F0Ab is over, x s%2F1+%22"), "code=[redacted] is over, x [redacted]");
        assert_eq!(redactor.redact("you sent Basic aHViOg=="), "you sent Basic [redacted]");
    }
}
