//! What can go wrong on the way out; no text holds a path, a query, a header or a body.

use std::time::Duration;

use super::policy::PolicyViolation;

/// A request that did not get its whole answer. Every sentence names the host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL cannot be requested at all. A sentence.
    #[error("{0}")]
    Url(String),
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] PolicyViolation),
    /// The name has no address.
    #[error("There is no host called {host}: check the spelling")]
    Unresolved {
        /// The host as the URL names it.
        host: String,
        /// What the resolver said.
        #[source]
        source: anyhow::Error,
    },
    /// No connection came about: nothing was sent.
    #[error("{host} could not be reached ({reason}): check that it is running and that the address is right")]
    Unreachable {
        /// The host as the URL names it.
        host: String,
        /// The innermost cause.
        reason: String,
        /// The underlying failure, for the log.
        #[source]
        source: anyhow::Error,
    },
    /// The connection could not be made a safe one: nothing was sent.
    #[error("{host} {fault}: {mend}")]
    Handshake {
        /// The host as the URL names it.
        host: String,
        /// What is wrong.
        fault: &'static str,
        /// What to do about it.
        mend: &'static str,
        /// The underlying failure, for the log.
        #[source]
        source: anyhow::Error,
    },
    /// The server broke off over who the hub is: it has read nothing.
    #[error("{host} {fault}")]
    ClientCertificateRejected {
        /// The host as the URL names it.
        host: String,
        /// What is wrong, and what to do about it.
        fault: &'static str,
        /// The underlying failure, for the log.
        #[source]
        source: anyhow::Error,
    },
    /// What the hub should show to say who it is.
    #[error("The client certificate cannot be used: {0}")]
    InvalidClientCertificate(&'static str),
    /// The request was sent, and time ran out.
    #[error("{host} did not answer within {} seconds", after.as_secs_f32().ceil())]
    Timeout {
        /// The host as the URL names it.
        host: String,
        /// How long the hub waited.
        after: Duration,
    },
    /// The request was sent, and the connection broke before the whole answer was here.
    #[error("The connection to {host} broke off before its answer was complete")]
    Broken {
        /// The host as the URL names it.
        host: String,
        /// The underlying failure, for the log.
        #[source]
        source: anyhow::Error,
    },
    /// The answer is longer than the caller accepts.
    #[error("{host} answered with more than {}, the most that this hub accepts", words(*limit))]
    TooLarge {
        /// The host as the URL names it.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The HTTP client could not be made (no certificate store, for one).
    #[error("The hub could not set up its HTTP client")]
    Client(#[source] anyhow::Error),
}

impl Error {
    /// Machine word for the cause.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Url(_) => "url",
            Self::Refused(_) => "refused",
            Self::Unresolved { .. } => "unresolved",
            Self::Unreachable { .. } => "unreachable",
            Self::Handshake { .. } => "handshake",
            Self::ClientCertificateRejected { .. } => "unwelcome",
            Self::InvalidClientCertificate(_) => "client_certificate",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::Client(_) => "client",
        }
    }

    /// True if the other side may have seen the request.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Broken { .. } | Self::TooLarge { .. })
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Url(_) | Error::Refused(_) | Error::InvalidClientCertificate(_) => Self::Refused(error.to_string()),
            Error::Client(source) => Self::Internal(source),
            other => Self::upstream(other.class(), other.to_string(), anyhow::Error::new(other)),
        }
    }
}

/// A size as people say it.
pub(super) fn words(bytes: usize) -> String {
    const KB: usize = 1000;
    match bytes {
        0..KB => format!("{bytes} bytes"),
        KB..1_000_000 => format!("{} kB", bytes / KB),
        _ => format!("{} MB", bytes / (KB * KB)),
    }
}
