//! Errors of a request on the wire. No text holds a path, a query, a header or a body.

use std::time::Duration;

use super::policy::PolicyViolation;
use crate::error::{Message, in_seconds};

/// A request without a complete response. Every message names the host.
#[derive(Debug)]
pub enum Error {
    /// The URL cannot be requested at all. A sentence.
    InvalidUrl(String),
    /// The egress policy forbids it.
    Refused(PolicyViolation),
    /// The host name has no address.
    Unresolved {
        /// The host as the URL names it.
        host: String,
        /// The resolver's error.
        source: anyhow::Error,
    },
    /// No connection was made: nothing was sent.
    Unreachable {
        /// The host as the URL names it.
        host: String,
        /// The underlying failure, for the log.
        source: anyhow::Error,
    },
    /// The TLS handshake failed: nothing was sent.
    Handshake {
        /// The host as the URL names it.
        host: String,
        /// The fault, as a clause after the host.
        fault: &'static str,
        /// The next step.
        advice: &'static str,
        /// The underlying failure, for the log.
        source: anyhow::Error,
    },
    /// The server ended the handshake because of the hub's client certificate, or for want of one: it has read nothing.
    ClientCertificateRejected {
        /// The host as the URL names it.
        host: String,
        /// The hub presented a certificate.
        was_presented: bool,
        /// The underlying failure, for the log.
        source: anyhow::Error,
    },
    /// The hub's own client certificate is unusable.
    InvalidClientCertificate {
        /// The fault, as a clause.
        fault: &'static str,
        /// The next step.
        advice: &'static str,
    },
    /// The request was sent, and the time for its response has passed.
    Timeout {
        /// The host as the URL names it.
        host: String,
        /// The time that the hub waited.
        after: Duration,
    },
    /// The request was sent, and the connection broke before the response was complete.
    Broken {
        /// The host as the URL names it.
        host: String,
        /// The underlying failure, for the log.
        source: anyhow::Error,
    },
    /// The response is longer than the caller accepts.
    TooLarge {
        /// The host as the URL names it.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The HTTP client could not be built, for example without a certificate store.
    ClientSetup(anyhow::Error),
}

impl Error {
    /// Returns the machine word for the cause.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::InvalidUrl(_) => "url",
            Self::Refused(_) => "refused",
            Self::Unresolved { .. } => "unresolved",
            Self::Unreachable { .. } => "unreachable",
            Self::Handshake { .. } => "handshake",
            Self::ClientCertificateRejected { .. } => "client_certificate_rejected",
            Self::InvalidClientCertificate { .. } => "invalid_client_certificate",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::ClientSetup(_) => "http_client_setup",
        }
    }

    /// Says whether the server may have seen the request.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Broken { .. } | Self::TooLarge { .. })
    }

    /// Returns the text for people, with the next step. The detail is the innermost cause in the words of the system or of the
    /// TLS library.
    #[must_use]
    pub fn message(&self) -> Message {
        let message = self.sentence();
        match self {
            Self::Unresolved { source, .. }
            | Self::Unreachable { source, .. }
            | Self::Handshake { source, .. }
            | Self::ClientCertificateRejected { source, .. }
            | Self::Broken { source, .. } => message.with_detail(root_cause(source)),
            _ => message,
        }
    }

    fn sentence(&self) -> Message {
        match self {
            Self::InvalidUrl(text) => Message::from(text.as_str()),
            Self::Refused(violation) => violation.message(),
            Self::Unresolved { host, .. } => {
                Message::from(format!("There is no host called {host}")).with_advice("Check the spelling")
            }
            Self::Unreachable { host, .. } => Message::from(format!("{host} could not be reached"))
                .with_advice("Check that it is running and that the address is right"),
            Self::Handshake { host, fault, advice, .. } => {
                Message::from(format!("{host} {fault}")).with_advice(*advice)
            }
            Self::ClientCertificateRejected { host, was_presented: true, .. } => {
                Message::from(format!("{host} does not accept the hub’s client certificate"))
                    .with_advice("Check that it is the one made for this server, and has not expired")
            }
            Self::ClientCertificateRejected { host, was_presented: false, .. } => {
                Message::from(format!("{host} requires a client certificate, and this hub has none for it"))
                    .with_advice("Enter one with the OAuth application, or ask the server’s operator")
            }
            Self::InvalidClientCertificate { fault, advice } => {
                Message::from(format!("The client certificate cannot be used: {fault}")).with_advice(*advice)
            }
            Self::Timeout { host, after } => {
                Message::from(format!("{host} did not answer within {}", in_seconds(*after)))
                    .with_advice("Check that it is running, or try again later")
            }
            Self::Broken { host, .. } => {
                Message::from(format!("The connection to {host} broke off before its answer was complete"))
                    .with_advice("Check that it is running, or try again later")
            }
            Self::TooLarge { host, limit } => {
                let limit = format_size(*limit);
                Message::from(format!("{host} answered with more than {limit}, the most that this hub accepts"))
                    .with_advice("Ask for less at once, or ask the people who run it")
            }
            Self::ClientSetup(_) => Message::from("The hub could not set up its HTTP client")
                .with_advice("Ask its administrator, who finds the reason in its log"),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unresolved { source, .. }
            | Self::Unreachable { source, .. }
            | Self::Handshake { source, .. }
            | Self::ClientCertificateRejected { source, .. }
            | Self::Broken { source, .. }
            | Self::ClientSetup(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl From<PolicyViolation> for Error {
    fn from(violation: PolicyViolation) -> Self {
        Self::Refused(violation)
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidUrl(_) | Error::Refused(_) | Error::InvalidClientCertificate { .. } => {
                Self::Refused(error.message())
            }
            Error::ClientSetup(source) => Self::Internal(source),
            other => Self::upstream(other.class(), other.message(), anyhow::Error::new(other)),
        }
    }
}

/// Returns the innermost cause, without the number of the system's error.
fn root_cause(source: &anyhow::Error) -> String {
    let cause = source.root_cause().to_string();
    cause.split(" (os error ").next().unwrap_or_default().to_owned()
}

/// Formats a number of bytes for people.
fn format_size(bytes: usize) -> String {
    const KB: usize = 1000;
    match bytes {
        0..KB => format!("{bytes} bytes"),
        KB..1_000_000 => format!("{} kB", bytes / KB),
        _ => format!("{} MB", bytes / (KB * KB)),
    }
}
