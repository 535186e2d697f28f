//! Client authentication at a provider (RFC 6749, section 2.3; RFC 7523; RFC 8705).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use url::Url;

use super::assertion;
use crate::clock::Timestamp;
use crate::egress::{ClientCertificate, Failure, Request};
use crate::oauth::parameters::Parameters;
use crate::oauth::provider::Provider;
use crate::oauth::{Client, ClientAuth, failure, host};
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
    use super::{ClientAuth, validate_client_secret};
    use crate::secret::Secret;

    #[test]
    fn keys_are_parsed_and_other_secrets_are_accepted() {
        let certificate = rcgen::generate_simple_self_signed(["hub".to_owned()]).unwrap();
        let certificate = format!("{}{}", certificate.cert.pem(), certificate.signing_key.serialize_pem());
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let fault = |auth, text: &str| validate_client_secret(auth, &Secret::new(text)).unwrap_err();
        assert_eq!(validate_client_secret(ClientAuth::PrivateKeyJwt, &Secret::new(&*key)), Ok(()));
        assert!(fault(ClientAuth::PrivateKeyJwt, "hunter2").contains("begins with -----BEGIN PRIVATE KEY-----"));
        assert_eq!(validate_client_secret(ClientAuth::Tls, &Secret::new(certificate)), Ok(()));
        assert!(fault(ClientAuth::Tls, &key).starts_with("The client certificate cannot be used: there is none"));
        assert_eq!(validate_client_secret(ClientAuth::Post, &Secret::new("hunter2")), Ok(()));
    }
}
