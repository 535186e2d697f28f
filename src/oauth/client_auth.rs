//! Client authentication at a provider (RFC 6749, section 2.3; RFC 7523; RFC 8705).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, header};
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
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        match self {
            Self::Header(value) => Some(value),
            Self::Certificate(_) => None,
        }
    }
}

/// Adds the provider's headers and the authentication to a request.
pub(super) fn apply(
    provider: &Provider,
    mut request: Request,
    authentication: Option<Authentication>,
) -> Result<Request, Failure> {
    for (name, value) in &provider.headers {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) =
            parsed.ok_or_else(|| failure::invalid_provider(format!("The header “{name}” cannot be sent")))?;
        request = request.header(name, value);
    }
    Ok(match authentication {
        Some(Authentication::Header(value)) => request.header(header::AUTHORIZATION, value),
        Some(Authentication::Certificate(certificate)) => request.client_certificate(certificate),
        None => request,
    })
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

/// Authenticates a request to `endpoint`: adds parameters, or returns the header or certificate.
pub(super) fn authenticate(
    provider: &Provider,
    auth: ClientAuth,
    client: &Client,
    endpoint: &Url,
    mut parameters: Parameters,
    now: Timestamp,
) -> Result<(Option<Authentication>, Parameters), Failure> {
    let mut authentication = basic(auth, client).map(Authentication::Header);
    if authentication.is_none() {
        parameters.push(("client_id".to_owned(), client.id.clone()));
        match (auth, &client.secret) {
            (ClientAuth::None, _) | (_, None) => {}
            (ClientAuth::PrivateKeyJwt, Some(key)) => {
                let audience = provider.issuer.as_deref().unwrap_or(endpoint.as_str());
                let assertion = assertion::sign(key, &client.id, audience, &parameters, now);
                let assertion = assertion.ok_or_else(|| failure::unusable_key(host(endpoint)))?;
                parameters.push(("client_assertion_type".to_owned(), assertion::ASSERTION_TYPE.to_owned()));
                parameters.push(("client_assertion".to_owned(), assertion));
            }
            (ClientAuth::Tls, Some(pem)) => {
                authentication = Some(Authentication::Certificate(ClientCertificate::from_pem(pem)?));
            }
            (_, Some(secret)) => parameters.push(("client_secret".to_owned(), secret.expose().to_owned())),
        }
    }
    Ok((authentication, parameters))
}

/// Returns the `Authorization` header of HTTP Basic. A client without a secret has none.
fn basic(auth: ClientAuth, client: &Client) -> Option<HeaderValue> {
    let secret = client.secret.as_ref().map(Secret::expose)?;
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = match auth {
        ClientAuth::Basic => format!("{}:{}", encoded(&client.id), encoded(secret)),
        ClientAuth::BasicRaw => format!("{}:{secret}", client.id),
        ClientAuth::BasicSecretAsUser => format!("{secret}:"),
        ClientAuth::Post | ClientAuth::PrivateKeyJwt | ClientAuth::Tls | ClientAuth::None => return None,
    };
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{Authentication, Client, ClientAuth, Provider, authenticate, validate_client_secret};
    use crate::oauth::FailureKind;
    use crate::oauth::parameters::to_wire;
    use crate::secret::Secret;
    use base64::Engine as _;
    use time::macros::datetime;
    use url::Url;

    fn sent(toml: &str, auth: ClientAuth, secret: Option<&str>) -> (Option<String>, Vec<String>) {
        let provider = format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}");
        let provider: Provider = toml::from_str(&provider).unwrap();
        let client = Client { id: "a b".to_owned(), secret: secret.map(Secret::new) };
        let parameters = vec![("code".to_owned(), "c".to_owned()), ("empty".to_owned(), String::new())];
        let now = datetime!(2026-11-26 08:00 UTC);
        let (authentication, parameters) =
            authenticate(&provider, auth, &client, &Url::parse(&provider.token_url).unwrap(), parameters, now).unwrap();
        let parameters = to_wire(&provider, parameters);
        let words = authentication.as_ref().and_then(Authentication::header).map(|value| {
            let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(base64::prelude::BASE64_STANDARD.decode(text).unwrap()).unwrap()
        });
        (words, parameters.into_iter().map(|(name, _)| name).skip(1).collect())
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
            authenticate(&provider, ClientAuth::Tls, &client, &at, vec![], now)
                .map(|(authentication, _)| authentication)
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
        let names = ["empty", "app_id", "secret"].map(str::to_owned).to_vec();
        assert_eq!(sent(toml, ClientAuth::Post, Some("s")), (None, names));
    }
}
