//! Failed exchanges of the protocols over HTTP. OAuth, MCP and REST build these with their own sentences. Two kinds,
//! [`FailureKind::InvalidGrant`] and [`FailureKind::InvalidClient`], are terms of OAuth.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, header};

use super::error::Error;
use crate::error::{self, Message};
use crate::foreign_text::clean_text;

/// Longest believed `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// An exchange that gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The consequence for the caller.
    pub kind: FailureKind,
    /// Machine word for the cause, such as `timeout` or `invalid_grant`.
    pub class: &'static str,
    /// Text for people; names the server.
    pub message: Message,
    /// Time that the server asked for before another try, of a retryable failure.
    pub retry_after: Option<Duration>,
    /// `WWW-Authenticate` headers of an unauthorized request, one a line.
    pub challenge: Option<Box<str>>,
}

/// The consequence of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The authorization server rejected the code or refresh token; only a new sign-in helps (RFC 6749, `invalid_grant`).
    InvalidGrant,
    /// The server does not accept the hub as its client: the client id, secret or certificate is wrong. No grant of this
    /// client can be used until a person corrects the client, or signs in with another one (RFC 6749, `invalid_client`).
    InvalidClient,
    /// The resource server wants a credential, another one, or more scopes (RFC 6750).
    Unauthorized,
    /// The request had no effect, and may succeed later.
    Retryable,
    /// The response was lost: the request may have had its effect.
    Ambiguous,
    /// Another try would end the same way.
    Permanent,
    /// A rule of the hub forbids the request.
    Refused,
}

impl Failure {
    /// Builds a failure without advice.
    pub fn new(kind: FailureKind, class: &'static str, message: impl Into<Message>) -> Self {
        Self { kind, class, message: message.into(), retry_after: None, challenge: None }
    }

    /// Builds a permanent failure.
    pub fn permanent(class: &'static str, message: impl Into<Message>) -> Self {
        Self::new(FailureKind::Permanent, class, message)
    }

    /// Builds the failure for status 429, which means the same in every protocol.
    pub fn rate_limited(host: &str, headers: &HeaderMap) -> Self {
        Self::new(FailureKind::Retryable, "rate_limited", format!("{host} asks the hub to slow down (HTTP 429)"))
            .with_advice("Try again later")
            .with_retry_after(headers)
    }

    /// Adds the next step.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.message.advice = Some(advice.into());
        self
    }

    /// Adds the words of a machine about the cause.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.message = self.message.with_detail(detail);
        self
    }

    /// Reads `Retry-After` in seconds, if the failure is retryable. Dates are ignored: they are rare, and depend on clocks.
    #[must_use]
    pub fn with_retry_after(mut self, headers: &HeaderMap) -> Self {
        if self.kind == FailureKind::Retryable {
            let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            self.retry_after = seconds.map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
        }
        self
    }

    /// Sets the `WWW-Authenticate` headers, one a line.
    #[must_use]
    pub fn with_challenge(self, challenge: Option<String>) -> Self {
        Self { challenge: challenge.map(Into::into), ..self }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::InvalidUrl(_) | Error::Refused(_) => FailureKind::Refused,
            Error::ClientCertificateRejected { .. } | Error::InvalidClientCertificate { .. } => {
                FailureKind::InvalidClient
            }
            Error::Timeout { .. } | Error::Broken { .. } => FailureKind::Ambiguous,
            Error::Handshake { .. } | Error::TooLarge { .. } | Error::ClientSetup(_) => FailureKind::Permanent,
            Error::Unresolved { .. } | Error::Unreachable { .. } => FailureKind::Retryable,
        };
        Self::new(kind, error.class(), error.message())
    }
}

impl From<Failure> for error::Error {
    fn from(Failure { kind, class, message, retry_after, .. }: Failure) -> Self {
        match (kind, retry_after) {
            (FailureKind::Refused, _) => Self::Refused(message),
            (FailureKind::Retryable, Some(retry_after)) => Self::Limited { message, retry_after },
            _ => Self::upstream(class, message, None),
        }
    }
}

/// Quotes at most `max` characters of a server's own text, cleaned and in one line.
#[must_use]
pub fn quote(text: &str, max: usize) -> String {
    let line = clean_text(text).replace(['\n', '\t'], " ");
    let line = line.trim();
    let short: String = line.chars().take(max).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::{Failure, FailureKind, quote};
    use crate::error::Error;
    use http::{HeaderMap, HeaderValue, header};
    use std::time::Duration;

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quote(" a\nb\u{1b}[31m\u{202e} ", 300), "a b [31m[U+202E]");
        assert_eq!(quote(&"x".repeat(400), 300).chars().count(), 301);
    }

    #[test]
    fn only_a_retryable_failure_reads_retry_after_and_a_day_is_the_most() {
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("100000"))]);
        let failure = Failure::rate_limited("a.test", &headers);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(86_400)));
        assert!(matches!(Error::from(failure), Error::Limited { .. }));
        let permanent = Failure::new(FailureKind::Permanent, "http_status", "a.test failed");
        assert_eq!(permanent.with_retry_after(&headers).retry_after, None);
    }
}
