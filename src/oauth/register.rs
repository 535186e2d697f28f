//! Client metadata, and dynamic client registration (RFC 7591).

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::client::{Client, ClientAuth};
use super::failure::{from_status, quote, unusable_description};
use super::{bounded, host};
use crate::egress::{Egress, Failure, Request, read_json};
use crate::foreign_text::is_clean_name;
use crate::secret::Secret;

/// Class of the failure of a server that registers only programs it has chosen before.
pub const REGISTRATION_REFUSED: &str = "registration_refused";

/// The hub's client metadata: for a registration, or as a document at the URL that is the client id.
#[derive(Clone, Debug, Serialize)]
pub struct ClientMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    client_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<String>,
    redirect_uris: [String; 1],
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl ClientMetadata {
    fn new(redirect: &Url, auth: ClientAuth) -> Self {
        Self {
            client_id: None,
            client_name: "Tool Connect Craft",
            client_uri: None,
            redirect_uris: [redirect.to_string()],
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: auth.method_name(),
            application_type: "web",
            scope: None,
        }
    }

    /// Builds the document at `id` of a hub at `home`.
    #[must_use]
    pub fn document(id: &Url, home: &Url, redirect: &Url) -> Self {
        let metadata = Self::new(redirect, ClientAuth::None);
        Self { client_id: Some(id.to_string()), client_uri: Some(home.to_string()), ..metadata }
    }
}

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
    // some servers refuse an empty scope
    let scope = Some(scopes.join(" ")).filter(|scope| !scope.trim().is_empty());
    let metadata = ClientMetadata { scope, ..ClientMetadata::new(redirect, auth) };
    let body = serde_json::to_string(&metadata).map_err(|error| unusable_description(&error))?;
    let request = bounded(Request::new(http::Method::POST, url.clone())).body("application/json", body);
    let response = egress.send(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let answer: Value = read_json(&response.bytes().await?).unwrap_or_default();
    let text = |field: &str| answer.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(id) = text("client_id").filter(|id| status.is_success() && is_clean_name(id)) {
        return Ok(read_client(id, text("client_secret"), text("token_endpoint_auth_method")));
    }
    let host = host(url);
    let reason = || text("error").map(|code| quote(text("error_description").unwrap_or(code)));
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(refused(host, status, reason()));
    }
    let message = match reason() {
        Some(reason) => format!("{host} did not register the hub ({reason})"),
        None if status.is_success() => format!("{host} registered the hub, but sent no usable client id"),
        None => return Err(from_status(host, status, &headers)),
    };
    Err(Failure::permanent("registration", message).with_advice("Try again later, or ask the people who run it"))
}

/// Builds the failure of a server that registers only programs it has chosen before.
fn refused(host: &str, status: StatusCode, reason: Option<String>) -> Failure {
    let message = format!("{host} registers only programs that it has listed, and this hub is not one of them");
    let code = status.as_u16();
    let detail = reason.map_or_else(|| format!("HTTP {code}"), |reason| format!("HTTP {code}: {reason}"));
    Failure::permanent(REGISTRATION_REFUSED, message).with_detail(detail)
}

/// Reads a registered client. One with a secret and without a method uses HTTP Basic (RFC 7591, section 2).
fn read_client(id: &str, secret: Option<&str>, method: Option<&str>) -> RegisteredClient {
    let default = if secret.is_some() { ClientAuth::Basic } else { ClientAuth::None };
    let named = method.and_then(ClientAuth::from_method_name).filter(|auth| !auth.has_key());
    let client = Client { id: id.to_owned(), secret: secret.map(Secret::new) };
    RegisteredClient { client, auth: named.unwrap_or(default) }
}

#[cfg(test)]
mod tests {
    use super::{ClientAuth, ClientMetadata, read_client};
    use serde_json::json;
    use url::Url;

    #[test]
    fn a_method_that_is_missing_or_unknown_has_the_default() {
        for (secret, method, auth) in [
            (Some("s"), Some("client_secret_post"), ClientAuth::Post),
            (Some("s"), Some("client_secret_basic"), ClientAuth::Basic),
            (Some("s"), Some("none"), ClientAuth::None),
            (Some("s"), None, ClientAuth::Basic),
            (Some("s"), Some("private_key_jwt"), ClientAuth::Basic),
            (None, Some("none"), ClientAuth::None),
            (None, None, ClientAuth::None),
        ] {
            let registered = read_client("c", secret, method);
            assert_eq!(registered.auth, auth, "{secret:?} {method:?}");
            assert_eq!(registered.client.secret.is_some(), secret.is_some());
        }
    }

    #[test]
    fn a_document_has_an_id_and_no_scope() {
        let url = |path: &str| Url::parse("https://hub.example").unwrap().join(path).unwrap();
        let document = ClientMetadata::document(&url("/client.json"), &url("/"), &url("/callback"));
        let document = serde_json::to_value(document).unwrap();
        assert_eq!(document["client_id"], "https://hub.example/client.json");
        assert_eq!(document["token_endpoint_auth_method"], json!("none"));
        assert_eq!(document.get("scope"), None);
    }
}
