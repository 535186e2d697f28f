//! Dynamic client registration (RFC 7591).

use serde_json::{Value, json};
use url::Url;

use super::failure::{from_status, quote};
use super::provider::ClientAuth;
use super::{Client, bounded, host};
use crate::egress::{Egress, Failure, Request};
use crate::secret::Secret;

/// The result of a registration.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// The client id and secret.
    pub client: Client,
    /// The authentication method that the server chose.
    pub auth: ClientAuth,
}

/// Registers the hub. `auth` is the preferred authentication method.
pub async fn register(
    egress: &Egress,
    url: &Url,
    auth: ClientAuth,
    redirect: &Url,
    scopes: &[String],
) -> Result<RegisteredClient, Failure> {
    let metadata = json!({
        "client_name": "Tool Connect Craft",
        "application_type": "web",
        "redirect_uris": [redirect.as_str()],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method_name(auth),
        "scope": scopes.join(" "),
    });
    let request = bounded(Request::new(http::Method::POST, url.clone())).body("application/json", metadata.to_string());
    let response = egress.send(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |field: &str| answer.get(field).and_then(Value::as_str);
    match text("client_id") {
        Some(id) if status.is_success() => Ok(RegisteredClient {
            client: Client { id: id.to_owned(), secret: text("client_secret").map(Secret::new) },
            auth: text("token_endpoint_auth_method").and_then(parse_method).unwrap_or(auth),
        }),
        _ => {
            let host = host(url);
            let message = match text("error") {
                Some(code) => {
                    let reason = quote(text("error_description").unwrap_or(code));
                    format!("{host} did not register the hub ({reason})")
                }
                None if status.is_success() => format!("{host} registered the hub, but sent no client id"),
                None => return Err(from_status(host, status, &headers)),
            };
            Err(Failure::permanent("registration", message)
                .with_advice("Try again later, or ask the people who run it"))
        }
    }
}

const fn method_name(auth: ClientAuth) -> &'static str {
    match auth {
        ClientAuth::None => "none",
        ClientAuth::Post => "client_secret_post",
        ClientAuth::PrivateKeyJwt => "private_key_jwt",
        ClientAuth::Tls => "tls_client_auth",
        ClientAuth::Basic | ClientAuth::BasicRaw | ClientAuth::BasicSecretAsUser => "client_secret_basic",
    }
}

fn parse_method(name: &str) -> Option<ClientAuth> {
    match name {
        "none" => Some(ClientAuth::None),
        "client_secret_post" => Some(ClientAuth::Post),
        "client_secret_basic" => Some(ClientAuth::Basic),
        _ => None,
    }
}
