//! The sealed form of a value: one byte of algorithm, eight bytes of key id, a nonce, the ciphertext.
//!
//! The associated data identifies the row and the field. A ciphertext that was moved to another row, or an old one that
//! was put back, does not open.

use anyhow::Context;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// XChaCha20-Poly1305; its nonce of 24 bytes is long enough to be random.
const XCHACHA20_POLY1305: u8 = 1;
const ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// A symmetric key that seals values; wiped from memory when dropped.
#[derive(Clone)]
pub struct SealingKey {
    bytes: Zeroizing<[u8; 32]>,
    id: [u8; ID_BYTES],
}

impl SealingKey {
    /// Takes 32 bytes as the key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        let mut id = [0; ID_BYTES];
        let print = Sha256::new().chain_update(b"craft key id").chain_update(bytes).finalize();
        id.copy_from_slice(&print[..ID_BYTES]);
        Self { bytes: Zeroizing::new(bytes), id }
    }

    /// Creates a random key.
    #[must_use]
    pub fn random() -> Self {
        Self::new(rand::random())
    }

    /// Returns the id of the key, 16 hexadecimal digits, which reveal nothing of the key.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(self.id)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Derives 32 bytes for `purpose` (HMAC-SHA256). They do not reveal the key.
    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        // HMAC pads a short key with zeros itself; a whole block cannot have a wrong length
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.bytes());
        let mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.chain_update(b"craft ").chain_update(purpose).finalize().into_bytes().into()
    }

    /// Seals `plain` for the row and field that `aad` identifies.
    pub(super) fn seal(&self, plain: &[u8], aad: &str) -> Result<Vec<u8>, OpenError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let sealed = self
            .cipher()
            .encrypt(&nonce.into(), Payload { msg: plain, aad: aad.as_bytes() })
            .map_err(|_| OpenError::Damaged)?;
        Ok([&[XCHACHA20_POLY1305][..], &self.id, &nonce, &sealed].concat())
    }

    /// Returns the id of the key that sealed the envelope.
    pub(super) fn id_in(envelope: &[u8]) -> Result<String, OpenError> {
        envelope.get(1..=ID_BYTES).map(hex::encode).ok_or(OpenError::Damaged)
    }

    /// Opens an envelope that [`Self::seal`] made with the same `aad`.
    pub(super) fn open(&self, envelope: &[u8], aad: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (header, sealed) = envelope.split_at_checked(HEADER_BYTES).ok_or(OpenError::Damaged)?;
        if header[0] != XCHACHA20_POLY1305 {
            return Err(OpenError::UnknownAlgorithm(header[0]));
        }
        if header[1..=ID_BYTES] != self.id {
            return Err(OpenError::OtherKey(hex::encode(&header[1..=ID_BYTES])));
        }
        let nonce: [u8; NONCE_BYTES] = header[1 + ID_BYTES..].try_into().map_err(|_| OpenError::Damaged)?;
        self.cipher()
            .decrypt(&nonce.into(), Payload { msg: sealed, aad: aad.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Damaged)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes().into())
    }
}

/// Accepts the 32 bytes of an unwrapped key.
impl TryFrom<&[u8]> for SealingKey {
    type Error = anyhow::Error;

    fn try_from(bytes: &[u8]) -> anyhow::Result<Self> {
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).context("a data key has a wrong length")?);
        Ok(Self::new(*bytes))
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingKey({})", self.id())
    }
}

/// The reason why an envelope cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another key sealed the envelope.
    #[error("it was sealed with key {0}, which is not the one configured")]
    OtherKey(String),
    /// A later version of the hub sealed the envelope.
    #[error("its algorithm {0} is not known to this version")]
    UnknownAlgorithm(u8),
    /// The envelope was shortened, altered, or moved from another row.
    #[error("it was altered, or belongs to another place")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use super::{OpenError, SealingKey};
    use proptest::prelude::*;

    #[test]
    fn the_error_for_another_key_names_that_key() {
        let (one, two) = (SealingKey::random(), SealingKey::random());
        let envelope = one.seal(b"token", "place").unwrap();
        assert!(matches!(two.open(&envelope, "place"), Err(OpenError::OtherKey(id)) if id == one.id()));
    }

    #[test]
    fn a_moved_envelope_does_not_open() {
        let key = SealingKey::random();
        let envelope = key.seal(b"token", "alice|1").unwrap();
        assert!(matches!(key.open(&envelope, "bob|1"), Err(OpenError::Damaged)));
    }

    proptest! {
        #[test]
        fn a_sealed_value_opens_and_any_flipped_bit_is_noticed(plain: Vec<u8>, aad: String, at: prop::sample::Index, bit in 0..8u8) {
            let key = SealingKey::random();
            let mut envelope = key.seal(&plain, &aad).unwrap();
            let opened = key.open(&envelope, &aad).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
            let at = at.index(envelope.len());
            envelope[at] ^= 1 << bit;
            prop_assert!(key.open(&envelope, &aad).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(SealingKey::new([7; 32]).open(&bytes, "").is_err());
        }
    }
}
