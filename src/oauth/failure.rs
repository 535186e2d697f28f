//! The sentences of failed exchanges with a provider, and their consequences for the grant.

use http::{HeaderMap, StatusCode};

use crate::egress::{self, Failure, FailureKind};

/// Maximum number of characters that a message quotes of a provider's text.
const MAX_QUOTE: usize = 300;

/// Quotes a provider's own text.
pub(super) fn quote(text: &str) -> String {
    egress::quote(text, MAX_QUOTE)
}

/// Builds the failure of a provider description that does not fit.
pub(super) fn invalid_provider(message: String) -> Failure {
    Failure::permanent("setting", message).with_advice("Ask an administrator to check how the service is set up")
}

/// Builds the failure of a provider description that cannot be read, or makes no request.
pub(super) fn unusable_description(error: &(impl std::fmt::Display + ?Sized)) -> Failure {
    invalid_provider("The hub cannot use the sign-in of this service".to_owned()).with_detail(quote(&error.to_string()))
}

/// Builds the failure from the status alone.
pub(super) fn from_status(host: &str, status: StatusCode, headers: &HeaderMap) -> Failure {
    let code = status.as_u16();
    match code {
        429 => Failure::rate_limited(host, headers),
        500..=599 => {
            let message = format!("{host} failed on its side (HTTP {code})");
            Failure::new(FailureKind::Retryable, "unavailable", message)
                .with_advice("Try again later")
                .with_retry_after(headers)
        }
        300..=399 => Failure::permanent(
            "redirect",
            format!("{host} redirects the hub elsewhere (HTTP {code}), which it does not follow with a credential"),
        )
        .with_advice("Ask the people who run it"),
        _ => Failure::permanent("http_status", format!("{host} did not accept the request (HTTP {code})"))
            .with_advice("Try again later"),
    }
}

/// Builds the failure for an error code (RFC 6749, section 5.2, and what some providers use instead). `description` is
/// the provider's own text.
pub(super) fn from_error_code(host: &str, code: &str, description: &str) -> Failure {
    use FailureKind::{InvalidClient, InvalidGrant, Permanent, Retryable};
    let (kind, class, words, advice) = match code {
        "invalid_grant" | "bad_verification_code" | "bad_refresh_token" => {
            (InvalidGrant, "invalid_grant", "no longer accepts this sign-in", "Start again")
        }
        "access_denied" => {
            (InvalidGrant, "access_denied", "says that access was denied", "Start again, and allow the access")
        }
        // the next step depends on who entered the client
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "bad_client_secret" => {
            (InvalidClient, "invalid_client", "does not accept the hub’s client id or secret", "")
        }
        "temporarily_unavailable" | "server_error" | "slow_down" => {
            (Retryable, "unavailable", "cannot answer just now", "Try again later")
        }
        "invalid_scope" => (Permanent, "invalid_scope", "does not know a scope that the hub asks for", "Start again"),
        "redirect_uri_mismatch" => {
            (Permanent, "redirect_uri", "does not know the hub’s callback address", "Enter it at the provider")
        }
        _ => (Permanent, "oauth_error", "refused", "Connect again, or ask the people who run it"),
    };
    let failure = Failure::new(kind, class, format!("{host} {words} ({})", quote(description)));
    if advice.is_empty() { failure } else { failure.with_advice(advice) }
}

/// Builds the failure of a hub that is no longer registered at the provider. The caller adds the next step.
#[must_use]
pub fn unknown_client(host: &str) -> Failure {
    Failure::new(
        FailureKind::InvalidClient,
        "invalid_client",
        format!("The hub is no longer registered at {host} as an OAuth application"),
    )
}

pub(super) fn unusable_key(host: &str) -> Failure {
    Failure::new(FailureKind::InvalidClient, "invalid_client", format!("The hub cannot sign with its key for {host}"))
        .with_advice("Enter one that begins with -----BEGIN PRIVATE KEY-----, of RSA, P-256 or Ed25519")
}

pub(super) fn not_oauth(host: &str, media_type: &str) -> Failure {
    let content = match media_type {
        "text/html" => "a web page",
        "" => "something without a type",
        other => &quote(other),
    };
    Failure::permanent("not_oauth", format!("{host} answered with {content} instead of a token"))
        .with_advice("Try again later")
}

#[cfg(test)]
mod tests {
    use super::{FailureKind, from_error_code};

    #[test]
    fn only_a_rejected_grant_is_an_invalid_grant() {
        assert_eq!(from_error_code("h", "invalid_grant", "").kind, FailureKind::InvalidGrant);
        assert_eq!(from_error_code("h", "invalid_client", "").kind, FailureKind::InvalidClient);
        for other in ["server_error", "invalid_request", "invalid_scope", "nonsense"] {
            assert_ne!(from_error_code("h", other, "").kind, FailureKind::InvalidGrant, "{other}");
        }
    }

    #[test]
    fn only_a_rejected_client_leaves_the_next_step_to_the_caller() {
        for code in ["invalid_grant", "access_denied", "server_error", "invalid_scope", "redirect_uri_mismatch", "odd"]
        {
            assert!(from_error_code("h", code, "").message.advice.is_some(), "{code}");
        }
        assert_eq!(from_error_code("h", "invalid_client", "").message.advice, None);
    }

    #[test]
    fn an_unknown_callback_address_has_advice() {
        let message = from_error_code("h", "redirect_uri_mismatch", "no").message.to_string();
        assert_eq!(message, "h does not know the hub’s callback address (no). Enter it at the provider");
    }
}
