//! Client authentication at a provider (RFC 6749, section 2.3; RFC 7523; RFC 8705).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use url::Url;

use super::failure;
use super::parameters::Parameters;
use super::provider::{ClientAuth, Provider};
use super::{Client, assertion, host};
use crate::clock::Timestamp;
use crate::egress::{ClientCertificate, Failure, Request};
use crate::secret::Secret;

/// Client authentication outside the parameters.
pub(super) enum Authentication {
    /// The `Authorization` header.
    Header(HeaderValue),
    /// The certificate of the TLS connection.
    Certificate(ClientCertificate),
}

impl Authentication {
    /// Wraps a value of the `Authorization` header, and marks it as sensitive.
    pub(super) fn header(mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self::Header(value)
    }

    /// Returns the credentials of HTTP Basic.
    pub(super) fn basic(&self) -> Option<&str> {
        match self {
            Self::Header(value) => value.to_str().ok()?.strip_prefix("Basic "),
            Self::Certificate(_) => None,
        }
    }

    /// Adds the authentication to a request.
    pub(super) fn apply(self, request: Request) -> Request {
        match self {
            Self::Header(value) => request.header(header::AUTHORIZATION, value),
            Self::Certificate(certificate) => request.client_certificate(certificate),
        }
    }
}

/// Checks that `secret` is usable with this method: keys and certificates are parsed.
///
/// # Errors
/// A sentence that says what to enter.
pub fn validate_client_secret(auth: ClientAuth, secret: &Secret) -> Result<(), String> {
    match auth {
        ClientAuth::PrivateKeyJwt if !assertion::can_sign(secret) => Err(format!(
            "The hub cannot sign with this key. Enter a private key of RSA, P-256 or Ed25519 that begins with {}",
            assertion::PEM_HEADER
        )),
        ClientAuth::Tls => ClientCertificate::from_pem(secret).map(drop).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Authenticates a request to `endpoint` by the methods that the `oauth2` crate lacks: changes the parameters, which hold the
/// client id, or returns the header or certificate.
pub(super) fn authenticate(
    provider: &Provider,
    auth: ClientAuth,
    client: &Client,
    endpoint: &Url,
    parameters: &mut Parameters,
    now: Timestamp,
) -> Result<Option<Authentication>, Failure> {
    let Some(secret) = &client.secret else { return Ok(None) };
    Ok(match auth {
        ClientAuth::Post | ClientAuth::Basic | ClientAuth::None => None,
        ClientAuth::BasicRaw => basic(parameters, &format!("{}:{}", client.id, secret.expose())),
        ClientAuth::BasicSecretAsUser => basic(parameters, &format!("{}:", secret.expose())),
        ClientAuth::PrivateKeyJwt => {
            let audience = provider.issuer.as_deref().unwrap_or(endpoint.as_str());
            let assertion = assertion::sign(secret, &client.id, audience, parameters, now);
            let assertion = assertion.ok_or_else(|| failure::unusable_key(host(endpoint)))?;
            parameters.push(("client_assertion_type".to_owned(), assertion::ASSERTION_TYPE.to_owned()));
            parameters.push(("client_assertion".to_owned(), assertion));
            None
        }
        ClientAuth::Tls => Some(Authentication::Certificate(ClientCertificate::from_pem(secret)?)),
    })
}

/// Moves the client's identity into the `Authorization` header of HTTP Basic.
fn basic(parameters: &mut Parameters, pair: &str) -> Option<Authentication> {
    parameters.retain(|(name, _)| name != "client_id");
    HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).ok().map(Authentication::header)
}

#[cfg(test)]
mod tests {
    use super::{Authentication, Client, ClientAuth, Provider, authenticate, validate_client_secret};
    use crate::oauth::parameters::to_wire;
    use crate::oauth::standard_client::{self, AdapterError};
    use crate::oauth::{FailureKind, unknown_client};
    use crate::secret::Secret;
    use base64::Engine as _;
    use futures_util::FutureExt;
    use http::header::AUTHORIZATION;
    use oauth2::{AuthorizationCode, HttpRequest, TokenUrl};
    use std::sync::OnceLock;
    use time::macros::datetime;
    use url::Url;

    fn sent(toml: &str, auth: ClientAuth, secret: Option<&str>) -> (Option<String>, Vec<String>) {
        let provider = format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}");
        let provider: Provider = toml::from_str(&provider).unwrap();
        let client = Client { id: "a b".to_owned(), secret: secret.map(Secret::new) };
        let endpoint = Url::parse(&provider.token_url).unwrap();
        let standard = standard_client::new(auth, &client).set_token_uri(TokenUrl::from_url(endpoint.clone()));
        let request = OnceLock::<HttpRequest>::new();
        let http_client = |sent| {
            request.set(sent).unwrap();
            std::future::ready(Err(AdapterError(unknown_client("a.example"))))
        };
        let code = standard.exchange_code(AuthorizationCode::new("c".to_owned())).add_extra_param("empty", "");
        assert!(code.request_async(&http_client).now_or_never().unwrap().is_err());
        let request = request.into_inner().unwrap();
        let mut parameters = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let now = datetime!(2026-11-26 08:00 UTC);
        let authentication = match request.headers().get(AUTHORIZATION) {
            Some(basic) => Some(Authentication::header(basic.clone())),
            None => authenticate(&provider, auth, &client, &endpoint, &mut parameters, now).unwrap(),
        };
        let parameters = to_wire(&provider, parameters);
        let words = authentication
            .as_ref()
            .and_then(Authentication::basic)
            .map(|text| String::from_utf8(base64::prelude::BASE64_STANDARD.decode(text).unwrap()).unwrap());
        // after grant_type and code
        (words, parameters.into_iter().map(|(name, _)| name).skip(2).collect())
    }

    #[test]
    fn each_method_sends_its_own_credentials() {
        let both = vec!["client_id".to_owned(), "client_secret".to_owned()];
        let id = vec!["client_id".to_owned()];
        assert_eq!(sent("", ClientAuth::Post, Some("s/1")), (None, both));
        assert_eq!(sent("", ClientAuth::None, Some("s/1")), (None, id.clone()));
        assert_eq!(sent("", ClientAuth::Basic, Some("s/1")), (Some("a+b:s%2F1".to_owned()), vec![]));
        assert_eq!(sent("", ClientAuth::BasicRaw, Some("s/1")), (Some("a b:s/1".to_owned()), vec![]));
        assert_eq!(sent("", ClientAuth::BasicSecretAsUser, Some("s/1")), (Some("s/1:".to_owned()), vec![]));
        assert_eq!(sent("", ClientAuth::Basic, None), (None, id), "a public client sends its id");
    }

    fn certificate() -> Secret {
        let generated = rcgen::generate_simple_self_signed(["hub".to_owned()]).unwrap();
        Secret::new(format!("{}{}", generated.cert.pem(), generated.signing_key.serialize_pem()))
    }

    #[test]
    fn a_certificate_is_presented_but_not_sent() {
        let pem = certificate();
        let id = vec!["client_id".to_owned()];
        assert_eq!(sent("", ClientAuth::Tls, Some(pem.expose())), (None, id));
        let provider = "authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'";
        let provider: Provider = toml::from_str(provider).unwrap();
        let (now, at) = (datetime!(2026-11-26 08:00 UTC), Url::parse("https://a.example").unwrap());
        let presented = |secret: Secret| {
            let client = Client { id: "hub".to_owned(), secret: Some(secret) };
            authenticate(&provider, ClientAuth::Tls, &client, &at, &mut vec![], now)
        };
        assert!(matches!(presented(pem), Ok(Some(Authentication::Certificate(_)))));
        let failure = presented(Secret::new("hunter2")).err().unwrap();
        assert_eq!(failure.kind, FailureKind::InvalidClient);
        assert!(!failure.message.text.contains("hunter2"), "{}", failure.message);
    }

    #[test]
    fn keys_are_parsed_and_other_secrets_are_accepted() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let fault = |auth, text: &str| validate_client_secret(auth, &Secret::new(text)).unwrap_err();
        assert_eq!(validate_client_secret(ClientAuth::PrivateKeyJwt, &Secret::new(&*key)), Ok(()));
        assert!(fault(ClientAuth::PrivateKeyJwt, "hunter2").contains("begins with -----BEGIN PRIVATE KEY-----"));
        assert_eq!(validate_client_secret(ClientAuth::Tls, &certificate()), Ok(()));
        assert!(fault(ClientAuth::Tls, &key).starts_with("The client certificate cannot be used: there is none"));
        assert_eq!(validate_client_secret(ClientAuth::Post, &Secret::new("hunter2")), Ok(()));
    }

    #[test]
    fn parameters_are_renamed_and_empty_ones_sent_on_request() {
        let toml = "keep_empty = true\nrename = { client_id = 'app_id', client_secret = 'secret' }";
        let names = ["app_id", "secret", "empty"].map(str::to_owned).to_vec();
        assert_eq!(sent(toml, ClientAuth::Post, Some("s")), (None, names));
    }
}
