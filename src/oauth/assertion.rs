//! A signed statement in place of a secret (RFC 7523): whoever holds the key is the client.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::proof::Parameters;
use crate::clock::Timestamp;
use crate::secret::Secret;

/// What the parameter `client_assertion_type` says.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a key begins.
pub(super) const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";

/// Seconds for which a statement is good: it is made for one request.
const LIFE: i64 = 60;

/// Whether a key is of a kind that can sign.
pub(super) fn can_sign(key: &Secret) -> bool {
    Key::read(key).is_some()
}

/// The statement that whoever sends these parameters is the client; none if there is no key that can sign it.
pub(super) fn signed(
    key: &Secret,
    client_id: &str,
    audience: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Option<String> {
    let key = Key::read(key)?;
    let issued = now.unix_timestamp();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": number(parameters, now),
        "iat": issued,
        "exp": issued + LIFE,
    });
    let said = format!("{}.{}", part(&json!({ "alg": key.algorithm(), "typ": "JWT" })), part(&claims));
    let signature = key.sign(said.as_bytes())?;
    Some(format!("{said}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// No two requests have the same: each holds a code or a token, and is made at its moment.
fn number(parameters: &Parameters, now: Timestamp) -> String {
    let mut digest = Sha256::new_with_prefix(now.unix_timestamp_nanos().to_be_bytes());
    for (name, value) in parameters {
        digest.update(format!("{name}={value}\n"));
    }
    BASE64_URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// A key of a kind that providers take.
enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// From PEM; a form may have made one line of it.
    fn read(pem: &Secret) -> Option<Self> {
        let (_, behind) = pem.expose().split_once(BEGIN)?;
        let (body, _) = behind.split_once("-----END PRIVATE KEY-----")?;
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
