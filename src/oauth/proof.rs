//! How the hub proves to a provider that it is its client.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use url::Url;

use super::authorize::renamed;
use super::failure::Failure;
use super::provider::{ClientAuth, Provider};
use super::{Client, assertion, host};
use crate::clock::Timestamp;
use crate::egress::{ClientCertificate, Request};
use crate::secret::Secret;

/// Parameters of a request, in order.
pub(super) type Parameters = Vec<(String, String)>;

/// What proves the client besides parameters.
pub(super) enum Proof {
    /// Says who it is.
    Header(HeaderValue),
    /// Is shown by the connection.
    Certificate(ClientCertificate),
}

impl Proof {
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        match self {
            Self::Header(value) => Some(value),
            Self::Certificate(_) => None,
        }
    }

    /// The request with it.
    pub(super) fn on(self, request: Request) -> Request {
        match self {
            Self::Header(value) => request.header(header::AUTHORIZATION, value),
            Self::Certificate(certificate) => request.client_certificate(certificate),
        }
    }
}

/// Whether this can be the secret of a client that proves itself so: a key is looked at.
///
/// # Errors
/// A sentence that says what to enter.
pub fn validate_client_secret(auth: ClientAuth, secret: &Secret) -> Result<(), String> {
    match auth {
        ClientAuth::PrivateKeyJwt if !assertion::can_sign(secret) => Err(format!(
            "This is no private key that the hub can sign with. Enter one of RSA, P-256 or Ed25519 that begins with {}",
            assertion::BEGIN
        )),
        ClientAuth::Tls => ClientCertificate::from_pem(secret).map(drop).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Adds what proves the client: parameters, or something besides.
pub(super) fn prove(
    provider: &Provider,
    auth: ClientAuth,
    client: &Client,
    at: &Url,
    mut parameters: Parameters,
    now: Timestamp,
) -> Result<(Option<Proof>, Parameters), Failure> {
    let mut proof = basic(auth, client).map(Proof::Header);
    if proof.is_none() {
        parameters.push(("client_id".to_owned(), client.id.clone()));
        match (auth, &client.secret) {
            (ClientAuth::None, _) | (_, None) => {}
            (ClientAuth::PrivateKeyJwt, Some(key)) => {
                let audience = provider.issuer.as_deref().unwrap_or(at.as_str());
                let signed = assertion::signed(key, &client.id, audience, &parameters, now);
                let signed = signed.ok_or_else(|| Failure::no_key(host(at)))?;
                parameters.push(("client_assertion_type".to_owned(), assertion::TYPE.to_owned()));
                parameters.push(("client_assertion".to_owned(), signed));
            }
            (ClientAuth::Tls, Some(pem)) => proof = Some(Proof::Certificate(ClientCertificate::from_pem(pem)?)),
            (_, Some(secret)) => parameters.push(("client_secret".to_owned(), secret.expose().to_owned())),
        }
    }
    Ok((proof, parameters))
}

/// The parameters under the provider's names; those without a value only if it wants them.
pub(super) fn as_theirs(provider: &Provider, parameters: Parameters) -> Parameters {
    let sent = parameters.into_iter().filter(|(_, value)| provider.keep_empty || !value.is_empty());
    sent.map(|(name, value)| (renamed(provider, &name).to_owned(), value)).collect()
}

/// The header of a client that proves itself by HTTP Basic; one without a secret has nothing to prove.
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
    use super::{Client, ClientAuth, Proof, Provider, as_theirs, prove, validate_client_secret};
    use crate::oauth::FailureKind;
    use crate::secret::Secret;
    use base64::Engine as _;
    use time::macros::datetime;
    use url::Url;

    fn proof(toml: &str, auth: ClientAuth, secret: Option<&str>) -> (Option<String>, Vec<String>) {
        let provider = format!("authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'\n{toml}");
        let provider: Provider = toml::from_str(&provider).unwrap();
        let client = Client { id: "a b".to_owned(), secret: secret.map(Secret::new) };
        let sent = vec![("code".to_owned(), "c".to_owned()), ("empty".to_owned(), String::new())];
        let now = datetime!(2026-11-26 08:00 UTC);
        let (proof, parameters) =
            prove(&provider, auth, &client, &Url::parse(&provider.token_url).unwrap(), sent, now).unwrap();
        let parameters = as_theirs(&provider, parameters);
        let words = proof.as_ref().and_then(Proof::header).map(|value| {
            let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(base64::prelude::BASE64_STANDARD.decode(text).unwrap()).unwrap()
        });
        (words, parameters.into_iter().map(|(name, _)| name).skip(1).collect())
    }

    #[test]
    fn each_way_to_prove_a_client_is_its_own() {
        let both = vec!["client_id".to_owned(), "client_secret".to_owned()];
        let id = vec!["client_id".to_owned()];
        assert_eq!(proof("", ClientAuth::Post, Some("s/1")), (None, both));
        assert_eq!(proof("", ClientAuth::None, Some("s/1")), (None, id.clone()));
        assert_eq!(proof("", ClientAuth::Basic, Some("s/1")), (Some("a+b:s%2F1".to_owned()), vec![]));
        assert_eq!(proof("", ClientAuth::BasicRaw, Some("s/1")), (Some("a b:s/1".to_owned()), vec![]));
        assert_eq!(proof("", ClientAuth::BasicSecretAsUser, Some("s/1")), (Some("s/1:".to_owned()), vec![]));
        assert_eq!(proof("", ClientAuth::Basic, None), (None, id), "a public client names itself");
    }

    fn certified() -> Secret {
        let made = rcgen::generate_simple_self_signed(["hub".to_owned()]).unwrap();
        Secret::new(format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem()))
    }

    #[test]
    fn a_certificate_is_shown_and_nothing_of_it_is_sent() {
        let pem = certified();
        let id = vec!["client_id".to_owned()];
        assert_eq!(proof("", ClientAuth::Tls, Some(pem.expose())), (None, id));
        let provider = "authorize_url = 'https://a.example'\ntoken_url = 'https://a.example'";
        let provider: Provider = toml::from_str(provider).unwrap();
        let (now, at) = (datetime!(2026-11-26 08:00 UTC), Url::parse("https://a.example").unwrap());
        let shown = |secret: Secret| {
            let client = Client { id: "hub".to_owned(), secret: Some(secret) };
            prove(&provider, ClientAuth::Tls, &client, &at, vec![], now).map(|(proof, _)| proof)
        };
        assert!(matches!(shown(pem), Ok(Some(Proof::Certificate(_)))));
        let failure = shown(Secret::new("hunter2")).err().unwrap();
        assert_eq!(failure.kind, FailureKind::InvalidClient);
        assert!(!failure.message.contains("hunter2"), "{}", failure.message);
    }

    #[test]
    fn a_key_is_judged_and_any_other_secret_is_one() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let told = |auth, text: &str| validate_client_secret(auth, &Secret::new(text)).unwrap_err();
        assert_eq!(validate_client_secret(ClientAuth::PrivateKeyJwt, &Secret::new(&*key)), Ok(()));
        assert!(told(ClientAuth::PrivateKeyJwt, "hunter2").contains("begins with -----BEGIN PRIVATE KEY-----"));
        assert_eq!(validate_client_secret(ClientAuth::Tls, &certified()), Ok(()));
        assert!(told(ClientAuth::Tls, &key).starts_with("The client certificate cannot be used: there is none"));
        assert_eq!(validate_client_secret(ClientAuth::Post, &Secret::new("hunter2")), Ok(()));
    }

    #[test]
    fn names_are_theirs_and_what_is_empty_is_sent_to_those_who_want_it() {
        let toml = "keep_empty = true\nrename = { client_id = 'app_id', client_secret = 'secret' }";
        let names = ["empty", "app_id", "secret"].map(str::to_owned).to_vec();
        assert_eq!(proof(toml, ClientAuth::Post, Some("s")), (None, names));
    }
}
