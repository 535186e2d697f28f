//! Making the hub known to an authorization server that has never heard of it (RFC 7591).

use serde_json::{Value, json};
use url::Url;

use super::failure::{Failure, FailureKind, quote};
use super::provider::ClientAuth;
use super::{Client, bounded, host};
use crate::egress::{Egress, Request};
use crate::secret::Secret;

/// A client that the server has made.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Who the hub is there.
    pub client: Client,
    /// How it proves itself.
    pub auth: ClientAuth,
}

/// Registers the hub; `auth` is what it would like to be.
pub async fn register(
    egress: &Egress,
    url: &Url,
    auth: ClientAuth,
    redirect: &Url,
    scopes: &[String],
) -> Result<RegisteredClient, Failure> {
    let asked = json!({
        "client_name": "Tool Connect Craft",
        "application_type": "web",
        "redirect_uris": [redirect.as_str()],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method(auth),
        "scope": scopes.join(" "),
    });
    let request = bounded(Request::new(http::Method::POST, url.clone())).body("application/json", asked.to_string());
    let response = egress.send(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |field: &str| answer.get(field).and_then(Value::as_str);
    match text("client_id") {
        Some(id) if status.is_success() => Ok(RegisteredClient {
            client: Client { id: id.to_owned(), secret: text("client_secret").map(Secret::new) },
            auth: text("token_endpoint_auth_method").and_then(from_method).unwrap_or(auth),
        }),
        _ => Err(match text("error") {
            Some(code) => Failure::new(
                FailureKind::Permanent,
                "registration",
                format!(
                    "{} did not register the hub ({})",
                    host(url),
                    quote(text("error_description").unwrap_or(code))
                ),
            ),
            None if status.is_success() => Failure::new(
                FailureKind::Permanent,
                "registration",
                format!("{} registered the hub without naming it", host(url)),
            ),
            None => Failure::status(host(url), status, &headers),
        }),
    }
}

const fn method(auth: ClientAuth) -> &'static str {
    match auth {
        ClientAuth::None => "none",
        ClientAuth::Post => "client_secret_post",
        ClientAuth::PrivateKeyJwt => "private_key_jwt",
        ClientAuth::Tls => "tls_client_auth",
        ClientAuth::Basic | ClientAuth::BasicRaw | ClientAuth::BasicSecretAsUser => "client_secret_basic",
    }
}

fn from_method(word: &str) -> Option<ClientAuth> {
    match word {
        "none" => Some(ClientAuth::None),
        "client_secret_post" => Some(ClientAuth::Post),
        "client_secret_basic" => Some(ClientAuth::Basic),
        _ => None,
    }
}
