//! The text of an error page, by status, for errors without a message of their own.

use http::StatusCode;

use super::here::Here;

/// The text for one kind of error.
#[derive(Debug)]
pub(super) struct ErrorText {
    /// The heading, which is also the page's title.
    pub(super) title: &'static str,
    /// The message, unless the error has its own.
    pub(super) message: &'static str,
    /// The same request may work later, so the page links to it.
    pub(super) can_retry: bool,
}

const fn text(title: &'static str, message: &'static str, can_retry: bool) -> ErrorText {
    ErrorText { title, message, can_retry }
}

const BAD_REQUEST: ErrorText =
    text("We could not read that request", "Go back, reload the page and send it again.", false);
const FORBIDDEN: ErrorText =
    text("You cannot do that", "Your account is not allowed to do this. Ask an administrator of this hub.", false);
const NOT_FOUND: ErrorText = text(
    "Page not found",
    "Check the address. The page may have been removed, or may belong to another account.",
    false,
);
const METHOD: ErrorText = text("That address does not accept this", "Open the page and use its form instead.", true);
const GONE: ErrorText =
    text("This link no longer works", "It has been used already, or it has expired. Ask for a new one.", false);
/// The text of a change that came between: the only error whose remedy is to look again.
pub(super) const STALE: ErrorText =
    text("This page is out of date", "Reload the page to see how it is now, then try again.", true);
const CONFLICT: ErrorText =
    text("This cannot be done now", "The state of what you want to change does not allow it.", false);
const TOO_LARGE: ErrorText = text("That is too much at once", "Send less, or shorten what you typed.", false);
const INVALID: ErrorText = text("Something needs to be corrected", "Go back and check what you typed.", false);
const LIMITED: ErrorText = text("Too many requests", "Wait a moment, then try again.", true);
const UPSTREAM: ErrorText = text(
    "Another service failed",
    "The service that this page needs did not answer as expected. Try again in a moment.",
    true,
);
const UNAVAILABLE: ErrorText =
    text("The hub is not available", "It cannot reach its database. Try again in a moment.", true);
const TIMEOUT: ErrorText =
    text("That took too long", "The hub stopped waiting for an answer. Try again in a moment.", true);
const INTERNAL: ErrorText =
    text("Something went wrong here", "This is a fault of the hub, not of what you did. Try again in a moment.", true);

/// Returns the text for a status.
pub(super) fn for_status(status: StatusCode) -> &'static ErrorText {
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

/// Returns a sentence about whether the request changed anything, as far as the hub can promise. A request that only reads
/// has none: nobody expects it to change anything.
pub(super) fn saved_notice(status: StatusCode, is_safe: bool) -> Option<&'static str> {
    let words = match status {
        _ if is_safe => return None,
        StatusCode::SERVICE_UNAVAILABLE => "Nothing was changed. Send it again later.",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            "What you sent may or may not have been saved. Check before you send it again."
        }
        _ => "What you sent was not saved.",
    };
    Some(words)
}

/// A link to the list that a failed address belongs to.
#[derive(Debug)]
pub(super) struct WayOut {
    pub(super) href: String,
    pub(super) label: &'static str,
}

/// Returns the list to go to from an address, by its first segment; the connectors if it names no list. `target` is the path and
/// query of the request.
pub(super) fn way_out(target: &str, here: &Here) -> WayOut {
    let path = target.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let below_space = path.strip_prefix("orgs/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    let (href, label) = match below_space.unwrap_or(path).split(['/', '.']).next() {
        Some("jobs") => (here.path("/jobs"), "Go to your jobs"),
        Some("connections") => (here.path("/connections"), "Go to your connections"),
        Some("audit") => (here.path("/audit"), "Go to the audit log"),
        _ => (here.path("/connectors"), "Go to the connectors"),
    };
    WayOut { href, label }
}

#[cfg(test)]
mod tests {
    use super::{Here, saved_notice, way_out};
    use http::StatusCode;

    #[test]
    fn the_notice_promises_only_what_is_certain() {
        assert_eq!(saved_notice(StatusCode::INTERNAL_SERVER_ERROR, true), None);
        assert!(saved_notice(StatusCode::INTERNAL_SERVER_ERROR, false).unwrap().contains("may or may not"));
        assert!(saved_notice(StatusCode::FORBIDDEN, false).unwrap().contains("not saved"));
    }

    #[test]
    fn an_error_leads_to_the_list_of_its_address() {
        let here = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let label = |target| way_out(target, &here).label;
        assert_eq!(label("/jobs/7?live=off"), "Go to your jobs");
        assert_eq!(label("/orgs/acme/jobs/7/cancellation"), "Go to your jobs");
        assert_eq!(label("/connections/7/checkup"), "Go to your connections");
        assert_eq!(label("/audit/export.csv?from=x"), "Go to the audit log");
        assert_eq!(label("/connectors/none/tools/echo"), "Go to the connectors");
        assert_eq!(way_out("/orgs/acme/jobs/7", &here).href, "/orgs/acme/jobs");
        for other in ["/", "/nowhere?jobs", "/orgs/jobs", "/jobsite"] {
            assert_eq!(label(other), "Go to the connectors", "{other}");
        }
    }
}
