//! The client certificate that the hub presents in mutual TLS.

use std::sync::Arc;

use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::{PemObject, SectionKind};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};

use super::error::Error;
use crate::secret::Secret;

/// A certificate with its chain and its private key.
#[derive(Clone)]
pub struct ClientCertificate(Arc<CertifiedKey>);

impl ClientCertificate {
    /// Parses PEM: the certificates and the key (PKCS #8, PKCS #1 or SEC 1) in any order.
    ///
    /// # Errors
    /// [`Error::InvalidClientCertificate`], which quotes nothing of the text.
    pub fn from_pem(pem: &Secret) -> Result<Self, Error> {
        let (mut chain, mut key) = (Vec::new(), None);
        // PKCS #8 marks an encrypted key in the name of its section, PKCS #1 in a header line
        if pem.expose().contains("ENCRYPTED") {
            return Err(fault("its private key is locked", "Enter it without a passphrase"));
        }
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.expose().as_bytes()) {
            let (kind, der) = section.map_err(|_| fault("the text is incomplete", "Enter it as it is in its files"))?;
            match kind {
                SectionKind::Certificate => chain.push(CertificateDer::from(der)),
                kind => key = key.or(PrivateKeyDer::from_pem(kind, der)),
            }
        }
        if chain.is_empty() {
            return Err(fault("there is none", "Enter it from -----BEGIN CERTIFICATE----- on, with its key"));
        }
        let key = key.ok_or_else(|| fault("its private key is missing", "Enter both, each from -----BEGIN on"))?;
        let key = default_provider().key_provider.load_private_key(key);
        let key =
            key.map_err(|_| fault("its private key is of an unknown kind", "Enter one of RSA, ECDSA or Ed25519"))?;
        move_own_to_front(&mut chain, &key).ok_or_else(|| {
            fault("its private key is that of another certificate", "Enter the one of this certificate")
        })?;
        Ok(Self(Arc::new(CertifiedKey::new(chain, key))))
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(SingleCertAndKey::from(self.0.clone()))
    }
}

/// Moves the certificate of `key` to the front of the chain. Returns `None` if the chain lacks it.
fn move_own_to_front(chain: &mut [CertificateDer<'static>], key: &Arc<dyn SigningKey>) -> Option<()> {
    let matches_key = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], key.clone()).keys_match().is_ok()
    };
    let own = chain.iter().position(matches_key)?;
    chain[..=own].rotate_right(1);
    Some(())
}

fn fault(fault: &'static str, advice: &'static str) -> Error {
    Error::InvalidClientCertificate { fault, advice }
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[client certificate]")
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientCertificate, Secret};
    use rcgen::{CertifiedKey, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, generate_simple_self_signed};

    fn certificate_and_key() -> (String, String) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["hub".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    fn fault(pem: &str) -> String {
        ClientCertificate::from_pem(&Secret::new(pem)).unwrap_err().to_string()
    }

    #[test]
    fn sections_come_in_any_order_and_the_own_certificate_goes_first() {
        let ((own, key), (authority, _)) = (certificate_and_key(), certificate_and_key());
        let alone = ClientCertificate::from_pem(&Secret::new(format!("{own}{key}"))).unwrap();
        for pem in [
            format!("{key}{own}{authority}"),
            format!("{authority}{own}{key}"),
            format!("Bag Attributes\n{authority}{key}{own}").replace('\n', "\r\n"),
        ] {
            let read = ClientCertificate::from_pem(&Secret::new(pem)).unwrap();
            assert_eq!((&read.0.cert[0], read.0.cert.len()), (&alone.0.cert[0], 2));
        }
        assert_eq!(format!("{alone:?}"), "[client certificate]");
    }

    #[test]
    fn faults_are_named_without_quoting_the_text() {
        let (own, key) = certificate_and_key();
        let (_, other_key) = certificate_and_key();
        let half = &key[..key.len() / 2];
        for (pem, expected) in [
            (String::new(), "there is none. Enter it from"),
            (key.clone(), "there is none. Enter it from"),
            (own.clone(), "its private key is missing"),
            (format!("{own}{other_key}"), "its private key is that of another certificate"),
            (format!("{own}{half}"), "the text is incomplete"),
            (format!("{own}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE")), "its private key is locked"),
            (format!("{own}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "Enter one of RSA"),
            (format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{key}"), "of another certificate"),
        ] {
            let fault = fault(&pem);
            assert!(fault.starts_with("The client certificate cannot be used: "), "{fault}");
            assert!(fault.contains(expected) && !fault.contains("AAAA"), "{fault}");
        }
    }

    #[test]
    fn ecdsa_and_ed25519_keys_are_accepted() {
        for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
            let key = KeyPair::generate_for(kind).unwrap();
            let own = rcgen::CertificateParams::new(["hub".to_owned()]).unwrap().self_signed(&key).unwrap();
            assert!(ClientCertificate::from_pem(&Secret::new(format!("{}{}", own.pem(), key.serialize_pem()))).is_ok());
        }
    }
}
