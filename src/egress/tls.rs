//! Encryption, set up in one place: so that a look at the way to a server trusts whom a request trusts.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{AlertDescription, CertificateError, ClientConfig, Error};

use super::client_certificate::ClientCertificate;
use crate::config::Authorities;

/// What is said of a server that takes only those whose certificate it knows.
const WANTS_ONE: &str = "takes only those who show a certificate that it knows, and this hub has none for it";
const KNOWS_ANOTHER: &str =
    "does not accept the certificate that this hub shows: check that it is the one made for it, and has not expired";

/// Trusts the authorities of the machine and these. Shows who the hub is only to servers that ask for it.
pub(super) fn client_config(
    authorities: &Authorities,
    client_certificate: Option<&ClientCertificate>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new_with_extra_roots(authorities.iter().cloned(), provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(match client_certificate {
        Some(client_certificate) => builder.with_client_cert_resolver(client_certificate.resolver()),
        None => builder.with_no_client_auth(),
    })
}

/// What a handshake came to, if that is why there is no connection: what is wrong, and what to do about it.
pub(super) fn handshake_fault(error: &anyhow::Error) -> Option<(&'static str, &'static str)> {
    const OWNER: &str = "whoever runs it has to mend that";
    Some(match error.chain().find_map(held)? {
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ("has a certificate for another name", OWNER)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("has a certificate that has expired", OWNER)
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("has a certificate that is not valid yet", "check the clock of this machine")
            }
            CertificateError::UnknownIssuer => (
                "has a certificate from an authority that this machine does not trust",
                "add the authority to those of this machine or to CRAFT_EGRESS_CA_FILE if it is yours, else whoever \
                 runs the server has to mend that",
            ),
            CertificateError::Revoked => ("has a certificate that was revoked", OWNER),
            _ => ("has a certificate that cannot be trusted", OWNER),
        },
        Error::InvalidMessage(_) => ("does not speak TLS at this port", "check the port of the address"),
        _ => ("agrees on no encryption with this hub", OWNER),
    })
}

/// What is wrong with who the hub says it is, if that is why the server broke off. In TLS 1.3 it does so only after the
/// hub's side of the handshake, but before it reads anything.
pub(super) fn identity_fault(error: &anyhow::Error, is_shown: bool) -> Option<&'static str> {
    let Error::AlertReceived(alert) = error.chain().find_map(held)? else { return None };
    let is_about_it = matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    );
    is_about_it.then_some(if is_shown { KNOWS_ANOTHER } else { WANTS_ONE })
}

/// The fault of TLS that an error is, or holds: an I/O error that holds another does not name it as its source.
fn held<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    match error.downcast_ref::<std::io::Error>() {
        Some(outer) => held(outer.get_ref()?),
        None => error.downcast_ref(),
    }
}
