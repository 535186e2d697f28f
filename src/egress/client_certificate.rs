//! Who the hub is to a server that asks for a certificate (mutual TLS).

use std::sync::Arc;

use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::{PemObject, SectionKind};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};

use super::error::Error;
use crate::secret::Secret;

/// A certificate with those that lead to its authority, and the private key that proves it.
#[derive(Clone)]
pub struct ClientCertificate(Arc<CertifiedKey>);

impl ClientCertificate {
    /// Reads PEM: the certificates and the key (PKCS #8, PKCS #1 or SEC 1) in any order.
    ///
    /// # Errors
    /// [`Error::InvalidClientCertificate`], which repeats nothing of the text.
    pub fn from_pem(pem: &Secret) -> Result<Self, Error> {
        let (mut chain, mut key) = (Vec::new(), None);
        // of one kind of file the whole section has another name, of the other only a line within
        if pem.expose().contains("ENCRYPTED") {
            return Err(Error::InvalidClientCertificate("its private key is locked. Enter it without a passphrase"));
        }
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.expose().as_bytes()) {
            let (kind, der) = section.map_err(|_| {
                Error::InvalidClientCertificate("what was entered is not whole. Enter it as it is in its files")
            })?;
            match kind {
                SectionKind::Certificate => chain.push(CertificateDer::from(der)),
                kind => key = key.or(PrivateKeyDer::from_pem(kind, der)),
            }
        }
        if chain.is_empty() {
            return Err(Error::InvalidClientCertificate(
                "there is none. Enter it from -----BEGIN CERTIFICATE----- on, with its key",
            ));
        }
        let key = key.ok_or(Error::InvalidClientCertificate(
            "its private key is missing. Enter both, each from -----BEGIN on",
        ))?;
        let key = default_provider().key_provider.load_private_key(key);
        let key =
            key.map_err(|_| Error::InvalidClientCertificate("its private key is none of RSA, ECDSA or Ed25519"))?;
        own_first(&mut chain, &key)
            .ok_or(Error::InvalidClientCertificate("its private key is that of another certificate"))?;
        Ok(Self(Arc::new(CertifiedKey::new(chain, key))))
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(SingleCertAndKey::from(self.0.clone()))
    }
}

/// Puts the certificate of this key before those that lead to its authority; none if it is not there.
fn own_first(chain: &mut [CertificateDer<'static>], key: &Arc<dyn SigningKey>) -> Option<()> {
    let is_its = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], key.clone()).keys_match().is_ok()
    };
    let own = chain.iter().position(is_its)?;
    chain[..=own].rotate_right(1);
    Some(())
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[client_certificate]")
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientCertificate, Secret};
    use rcgen::{CertifiedKey, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, generate_simple_self_signed};

    fn made() -> (String, String) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["hub".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    fn refusal(pem: &str) -> String {
        ClientCertificate::from_pem(&Secret::new(pem)).unwrap_err().to_string()
    }

    #[test]
    fn certificates_and_key_are_read_in_any_order_and_the_own_one_comes_first() {
        let ((own, key), (authority, _)) = (made(), made());
        let alone = ClientCertificate::from_pem(&Secret::new(format!("{own}{key}"))).unwrap();
        for pem in [
            format!("{key}{own}{authority}"),
            format!("{authority}{own}{key}"),
            format!("Bag Attributes\n{authority}{key}{own}").replace('\n', "\r\n"),
        ] {
            let read = ClientCertificate::from_pem(&Secret::new(pem)).unwrap();
            assert_eq!((&read.0.cert[0], read.0.cert.len()), (&alone.0.cert[0], 2));
        }
        assert_eq!(format!("{alone:?}"), "[client_certificate]");
    }

    #[test]
    fn what_cannot_be_used_is_told_without_repeating_it() {
        let (own, key) = made();
        let (_, anothers) = made();
        let half = &key[..key.len() / 2];
        for (pem, told) in [
            (String::new(), "there is none. Enter it from"),
            (key.clone(), "there is none. Enter it from"),
            (own.clone(), "its private key is missing"),
            (format!("{own}{anothers}"), "its private key is that of another certificate"),
            (format!("{own}{half}"), "what was entered is not whole"),
            (format!("{own}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE")), "its private key is locked"),
            (format!("{own}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "is none of RSA"),
            (format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{key}"), "of another certificate"),
        ] {
            let refusal = refusal(&pem);
            assert!(refusal.starts_with("The client certificate cannot be used: "), "{refusal}");
            assert!(refusal.contains(told) && !refusal.contains("AAAA"), "{refusal}");
        }
    }

    #[test]
    fn keys_of_every_usual_kind_are_read() {
        for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
            let key = KeyPair::generate_for(kind).unwrap();
            let own = rcgen::CertificateParams::new(["hub".to_owned()]).unwrap().self_signed(&key).unwrap();
            assert!(ClientCertificate::from_pem(&Secret::new(format!("{}{}", own.pem(), key.serialize_pem()))).is_ok());
        }
    }
}
