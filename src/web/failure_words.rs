//! What an error page says when the failure brings no sentence of its own, by status.

use http::StatusCode;

/// The words of one kind of failure.
#[derive(Debug)]
pub(super) struct Words {
    /// The heading, and the page's title.
    pub(super) title: &'static str,
    /// Said when the failure has no message of its own.
    pub(super) message: &'static str,
    /// Whether the same request may work later, so that a link to it helps.
    pub(super) again: bool,
}

const fn words(title: &'static str, message: &'static str, again: bool) -> Words {
    Words { title, message, again }
}

static BAD_REQUEST: Words =
    words("We could not read that request", "Go back, reload the page and send it again.", false);
static FORBIDDEN: Words = words("You cannot do that", "Your account is not allowed to do this.", false);
static NOT_FOUND: Words = words(
    "Page not found",
    "Check the address. What it led to may have been removed, or may belong to another account.",
    false,
);
static METHOD: Words = words("That address does not accept this", "Open the page and use its form instead.", true);
static GONE: Words = words("This link no longer works", "It has been used already, or it has expired.", false);
static CONFLICT: Words =
    words("That has changed meanwhile", "Reload the page to see how it is now, then try again.", true);
static TOO_LARGE: Words = words("That is too much at once", "Send less, or shorten what you typed.", false);
static INVALID: Words = words("Something needs to be corrected", "Go back and check what you typed.", false);
static LIMITED: Words = words("Too many requests", "Wait a moment, then try again.", true);
static UPSTREAM: Words =
    words("Another service failed", "The service that this page needs did not answer as expected.", true);
static UNAVAILABLE: Words =
    words("The hub is not available", "It cannot reach its database. Try again in a moment.", true);
static TIMEOUT: Words = words("That took too long", "The hub stopped waiting for an answer.", true);
static INTERNAL: Words = words("Something went wrong here", "This is a fault of the hub, not of what you did.", true);

/// The words for a status.
pub(super) fn of(status: StatusCode) -> &'static Words {
    match status.as_u16() {
        403 => &FORBIDDEN,
        404 => &NOT_FOUND,
        405 => &METHOD,
        409 | 412 => &CONFLICT,
        410 => &GONE,
        413 | 414 | 431 => &TOO_LARGE,
        422 => &INVALID,
        429 => &LIMITED,
        502 => &UPSTREAM,
        503 => &UNAVAILABLE,
        408 | 504 => &TIMEOUT,
        400..=499 => &BAD_REQUEST,
        _ => &INTERNAL,
    }
}

/// Whether anything was changed, as far as can be promised.
pub(super) fn is_work_safe(status: StatusCode, safe_method: bool) -> &'static str {
    match status {
        _ if safe_method => "Nothing was changed.",
        StatusCode::SERVICE_UNAVAILABLE => "Nothing was changed. Send it again later.",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            "What you sent may or may not have been saved. Check before you send it again."
        }
        _ => "What you sent was not saved.",
    }
}

#[cfg(test)]
mod tests {
    use super::is_work_safe;
    use http::StatusCode;

    #[test]
    fn only_what_is_certain_is_promised() {
        assert_eq!(is_work_safe(StatusCode::INTERNAL_SERVER_ERROR, true), "Nothing was changed.");
        assert!(is_work_safe(StatusCode::INTERNAL_SERVER_ERROR, false).contains("may or may not"));
        assert!(is_work_safe(StatusCode::FORBIDDEN, false).contains("not saved"));
    }
}
