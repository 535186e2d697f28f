//! `CRAFT_EGRESS_CA_FILE`: certificate authorities that the hub trusts in addition to those of its machine.

use std::str::FromStr;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Certificates of authorities. The default is empty: then only the machine's authorities are trusted.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Parses PEM text with at least one certificate.
    ///
    /// # Errors
    /// Returns a phrase that follows the name of the file.
    pub fn parse(pem: &[u8]) -> Result<Self, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(|_| "is incomplete: a certificate in it cannot be read".to_owned())?;
        if found.is_empty() {
            return Err(
                "has no certificate: expected one or more that begin with -----BEGIN CERTIFICATE-----".to_owned()
            );
        }
        let mut store = RootCertStore::empty();
        for certificate in &found {
            store
                .add(certificate.clone())
                .map_err(|error| format!("has a certificate that cannot be used: {error}"))?;
        }
        Ok(Self(found))
    }

    /// Iterates over the certificates.
    pub fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }
}

/// Reads the file that the setting names.
impl FromStr for Authorities {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let pem = std::fs::read(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        Self::parse(&pem).map_err(|fault| format!("{path} {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Authorities;

    #[test]
    fn the_error_of_a_file_without_a_certificate_says_what_is_expected() {
        let nothing =
            Authorities::parse(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap_err();
        assert!(nothing.starts_with("has no certificate: expected one or more"), "{nothing}");
        let torn = Authorities::parse(b"-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap_err();
        assert!(torn.starts_with("is incomplete"), "{torn}");
        let garbage =
            Authorities::parse(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap_err();
        assert!(garbage.starts_with("has a certificate that cannot be used"), "{garbage}");
    }

    #[test]
    fn all_certificates_of_a_file_count_whatever_text_is_between_them() {
        let pem = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert.pem();
        let text = format!("The house:\n{}\nThe garden:\r\n{}", pem("house"), pem("garden").replace('\n', "\r\n"));
        assert_eq!(Authorities::parse(text.as_bytes()).unwrap().iter().count(), 2);
    }
}
