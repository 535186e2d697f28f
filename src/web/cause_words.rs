//! Codes of causes in words: of failed jobs, refused sign-ins and failed refreshes. The dashboard and the audit log show them.

/// Returns the cause in words, to follow a colon. A code without words of its own is shown as it is, without its underscores.
pub(super) fn cause_words(code: &str) -> String {
    match code {
        "access_denied" => "access was denied",
        "auth" | "unauthorized" => "not signed in",
        "broken" | "no_answer" => "broke off",
        "canceled" => "cancelled",
        "checkup" => "the check-up found a problem",
        "crash" | "shutdown" => "the hub stopped during the call",
        "deadline" | "timeout" => "took too long",
        "disabled" => "the account is disabled",
        "forbidden" => "the service does not allow this",
        "handshake" => "no encrypted connection",
        "http_status" | "unavailable" => "the service had a fault",
        "invalid_client" => "the service does not accept the hub",
        "invalid_grant" => "access was withdrawn",
        "invalid_scope" => "the service does not know a permission",
        "not_mcp" | "not_json" => "no answer in MCP",
        "not_ready" => "could not be prepared",
        "oauth_error" => "the service refused",
        "password" => "the password was wrong",
        "rate_limited" => "too many calls",
        "redirect_uri" => "the service does not know the callback address",
        "refused" => "the address is not allowed",
        "session_lost" => "the server ended its session",
        "too_many" => "too many tries",
        "tool_changed" => "the tool has changed",
        "tool_error" => "the tool reported an error",
        "too_large" => "the answer was too large",
        "unconfirmed" => "the email address is not confirmed",
        "unreachable" | "unresolved" => "could not be reached",
        "unknown" => "outcome unknown",
        "other" => "something else",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

/// Returns the words with a capital letter, where they stand alone.
pub(super) fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{cause_words, sentence_case};

    #[test]
    fn a_cause_without_words_of_its_own_is_still_readable() {
        assert_eq!(cause_words("timeout"), "took too long");
        assert_eq!(cause_words("too_many_tools"), "too many tools");
    }

    #[test]
    fn words_that_stand_alone_have_a_capital_letter() {
        assert_eq!(sentence_case(&cause_words("tool_error")), "The tool reported an error");
        assert_eq!(sentence_case(""), "");
    }
}
