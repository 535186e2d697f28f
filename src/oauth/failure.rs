//! What can go wrong with a provider, each in a sentence that names it, and what that means for the grant.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use crate::egress;
use crate::error::Error;

/// The longest stretch of a provider's own words that is passed on.
const LONGEST_QUOTE: usize = 300;

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub kind: FailureKind,
    /// Machine word for the cause.
    pub class: &'static str,
    /// A sentence.
    pub message: String,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The grant is over, or was never given: only its owner can make a new one.
    InvalidGrant,
    /// The provider does not know the hub, or not with this secret: no grant of this provider can be renewed until an
    /// administrator mends it.
    InvalidClient,
    /// It may pass: the provider was away, or asked to slow down.
    Retryable {
        /// When to come back, if it said so.
        after: Option<Duration>,
    },
    /// The request may have had its effect: the answer was lost.
    Ambiguous,
    /// A rule of the hub forbids it.
    Refused,
    /// The provider answered something else than it should have, or is described wrongly.
    Permanent,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, class: &'static str, message: impl Into<String>) -> Self {
        Self { kind, class, message: message.into() }
    }

    /// The description of the provider does not fit.
    pub(super) fn setting(message: String) -> Self {
        Self::new(FailureKind::Permanent, "setting", message)
    }

    pub(super) fn status(host: &str, status: StatusCode, headers: &HeaderMap) -> Self {
        let code = status.as_u16();
        match code {
            429 => Self::new(
                FailureKind::Retryable { after: retry_after(headers) },
                "rate_limited",
                format!("{host} asks the hub to slow down (HTTP 429): try again later"),
            ),
            500..=599 => Self::new(
                FailureKind::Retryable { after: retry_after(headers) },
                "unavailable",
                format!("{host} failed on its side (HTTP {code}): try again later"),
            ),
            300..=399 => Self::new(
                FailureKind::Permanent,
                "redirect",
                format!("{host} redirects the hub elsewhere (HTTP {code}), which it does not follow with a credential"),
            ),
            _ => Self::new(
                FailureKind::Permanent,
                "http_status",
                format!("{host} did not accept the request (HTTP {code})"),
            ),
        }
    }

    /// An error that the provider names by a code, and what it says of it.
    pub(super) fn named(host: &str, code: &str, said: &str) -> Self {
        let (kind, class, words) = match code {
            "invalid_grant" | "bad_verification_code" | "bad_refresh_token" => {
                (FailureKind::InvalidGrant, "invalid_grant", "no longer accepts this sign-in")
            }
            "access_denied" => (FailureKind::InvalidGrant, "access_denied", "says that access was denied"),
            "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "bad_client_secret" => {
                (FailureKind::InvalidClient, "invalid_client", "does not accept the hub’s client id or secret")
            }
            "temporarily_unavailable" | "server_error" | "slow_down" => {
                (FailureKind::Retryable { after: None }, "unavailable", "cannot answer just now")
            }
            "invalid_scope" => (FailureKind::Permanent, "invalid_scope", "does not know a scope that the hub asks for"),
            "redirect_uri_mismatch" => (
                FailureKind::Permanent,
                "redirect_uri",
                "does not know the hub’s callback address: enter it at the provider",
            ),
            _ => (FailureKind::Permanent, "oauth_error", "refused"),
        };
        Self::new(kind, class, format!("{host} {words} ({})", quote(said)))
    }

    /// The same with when to come back, if the answer said so.
    #[must_use]
    pub(super) fn until(mut self, headers: &HeaderMap) -> Self {
        if let FailureKind::Retryable { after } = &mut self.kind {
            *after = after.or_else(|| retry_after(headers));
        }
        self
    }

    /// The hub has no client there any more.
    #[must_use]
    pub fn unknown_client(host: &str) -> Self {
        Self::new(FailureKind::InvalidClient, "invalid_client", format!("The hub has no client at {host} any more"))
    }

    pub(super) fn no_key(host: &str) -> Self {
        let wanted = "enter one that begins with -----BEGIN PRIVATE KEY-----, of RSA, P-256 or Ed25519";
        Self::new(
            FailureKind::InvalidClient,
            "invalid_client",
            format!("The hub’s key for {host} is none that it can sign with: {wanted}"),
        )
    }

    pub(super) fn not_oauth(host: &str, media_type: &str) -> Self {
        let what = match media_type {
            "text/html" => "a web page",
            "" => "something without a type",
            other => &quote(other),
        };
        Self::new(FailureKind::Permanent, "not_oauth", format!("{host} answered with {what} instead of a token"))
    }
}

/// A provider's own words: one line, cut short, without what a terminal would act on.
pub(super) fn quote(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = line.trim();
    let short: String = line.chars().take(LONGEST_QUOTE).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(24 * 60 * 60)))
}

impl From<egress::Error> for Failure {
    fn from(error: egress::Error) -> Self {
        let kind = match &error {
            egress::Error::Url(_) | egress::Error::Refused(_) => FailureKind::Refused,
            egress::Error::ClientCertificateRejected { .. } | egress::Error::InvalidClientCertificate(_) => {
                FailureKind::InvalidClient
            }
            egress::Error::Timeout { .. } | egress::Error::Broken { .. } => FailureKind::Ambiguous,
            egress::Error::Handshake { .. } | egress::Error::TooLarge { .. } | egress::Error::Client(_) => {
                FailureKind::Permanent
            }
            egress::Error::Unresolved { .. } | egress::Error::Unreachable { .. } => {
                FailureKind::Retryable { after: None }
            }
        };
        Self::new(kind, error.class(), error.to_string())
    }
}

impl From<Failure> for Error {
    fn from(Failure { kind, class, message }: Failure) -> Self {
        match kind {
            FailureKind::Refused => Self::Refused(message),
            FailureKind::Retryable { after: Some(retry_after) } => Self::Limited { message, retry_after },
            _ => Self::upstream(class, message, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, FailureKind, quote};

    #[test]
    fn only_a_refused_grant_is_dead() {
        assert_eq!(Failure::named("h", "invalid_grant", "").kind, FailureKind::InvalidGrant);
        assert_eq!(Failure::named("h", "invalid_client", "").kind, FailureKind::InvalidClient);
        for other in ["server_error", "invalid_request", "invalid_scope", "nonsense"] {
            assert_ne!(Failure::named("h", other, "").kind, FailureKind::InvalidGrant, "{other}");
        }
    }

    #[test]
    fn a_providers_words_are_one_short_line() {
        assert_eq!(quote(" a\nb\u{1b}[31m "), "a b [31m");
        assert_eq!(quote(&"x".repeat(400)).chars().count(), 301);
    }
}
