//! Client assertions: a JWT signed with the client's key, in place of a secret (RFC 7523, `private_key_jwt`).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::oauth::parameters::Parameters;
use crate::secret::Secret;

/// Value of the parameter `client_assertion_type`.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// First line of a private key in PEM.
pub(super) const PEM_HEADER: &str = "-----BEGIN PRIVATE KEY-----";

/// Seconds until an assertion expires: each is made for one request.
const ASSERTION_TTL: i64 = 60;

/// Says whether the key can be parsed and is of a supported kind.
pub(super) fn can_sign(key: &Secret) -> bool {
    Key::from_pem(key).is_some()
}

/// Builds and signs an assertion for a request with these parameters. Returns `None` if the key is unusable.
pub(super) fn sign(
    key: &Secret,
    client_id: &str,
    audience: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Option<String> {
    let key = Key::from_pem(key)?;
    let issued = now.unix_timestamp();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": token_id(parameters, now),
        "iat": issued,
        "exp": issued + ASSERTION_TTL,
    });
    let signed = format!("{}.{}", encode(&json!({ "alg": key.algorithm(), "typ": "JWT" })), encode(&claims));
    let signature = key.sign(signed.as_bytes())?;
    Some(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

fn encode(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Derives the `jti`. No two requests share one: each has its own code or token, and its own time.
fn token_id(parameters: &Parameters, now: Timestamp) -> String {
    let mut digest = Sha256::new_with_prefix(now.unix_timestamp_nanos().to_be_bytes());
    for (name, value) in parameters {
        digest.update(format!("{name}={value}\n"));
    }
    BASE64_URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// A private key of a supported kind.
enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// Parses PKCS #8 in PEM. Line breaks may be missing, as after a paste into a form.
    fn from_pem(pem: &Secret) -> Option<Self> {
        let (_, rest) = pem.expose().split_once(PEM_HEADER)?;
        let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
        let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        let der = Zeroizing::new(BASE64_STANDARD.decode(body.as_bytes()).ok()?);
        let ed25519 = || Ed25519KeyPair::from_pkcs8(&der).map(Self::Ed25519);
        let p256 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map(Self::P256);
        let rsa = || RsaKeyPair::from_pkcs8(&der).map(Self::Rsa);
        ed25519().or_else(|_| p256()).or_else(|_| rsa()).ok()
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519(key) => Some(key.sign(message).as_ref().to_vec()),
            Self::P256(key) => key.sign(&SystemRandom::new(), message).ok().map(|it| it.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}
