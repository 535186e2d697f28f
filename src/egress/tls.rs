//! The TLS configuration, shared by requests and check-ups so that both trust the same authorities.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{AlertDescription, CertificateError, ClientConfig, Error};

use super::client_certificate::ClientCertificate;
use crate::config::Authorities;

/// Builds a configuration that trusts the authorities of the machine and these. The certificate is presented only to
/// servers that ask for one.
pub(super) fn client_config(
    authorities: &Authorities,
    certificate: Option<&ClientCertificate>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new_with_extra_roots(authorities.iter().cloned(), provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(match certificate {
        Some(certificate) => builder.with_client_cert_resolver(certificate.resolver()),
        None => builder.with_no_client_auth(),
    })
}

/// Returns the fault of a failed TLS handshake and the next step, if that is the cause of `error`.
pub(super) fn handshake_fault(error: &anyhow::Error) -> Option<(&'static str, &'static str)> {
    const OWNER: &str = "Its operator has to fix that";
    Some(match error.chain().find_map(tls_error)? {
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ("has a certificate for another name", OWNER)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("has a certificate that has expired", OWNER)
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("has a certificate that is not valid yet", "Check the clock of this machine")
            }
            CertificateError::UnknownIssuer => (
                "has a certificate from an authority that this machine does not trust",
                "Add the authority to those of this machine or to CRAFT_EGRESS_CA_FILE if it is yours. Otherwise the \
                 server’s operator has to fix that",
            ),
            CertificateError::Revoked => ("has a certificate that was revoked", OWNER),
            _ => ("has a certificate that cannot be trusted", OWNER),
        },
        Error::InvalidMessage(_) => ("does not speak TLS at this port", "Check the port of the address"),
        _ => ("has no TLS version or cipher in common with this hub", OWNER),
    })
}

/// Says whether the server closed the connection because of the hub's client certificate, or for want of one. In TLS 1.3
/// the server does so only after the hub's side of the handshake, but before it reads anything.
pub(super) fn is_certificate_rejection(error: &anyhow::Error) -> bool {
    let Some(Error::AlertReceived(alert)) = error.chain().find_map(tls_error) else { return false };
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}

/// Returns the TLS error that `error` is or wraps: an I/O error does not name its inner error as its source.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    match error.downcast_ref::<std::io::Error>() {
        Some(outer) => tls_error(outer.get_ref()?),
        None => error.downcast_ref(),
    }
}
