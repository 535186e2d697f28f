//! The outcome of a tool call. `jobs::outcome` decides by it whether to retry.

use std::time::Duration;

use serde_json::Value;

use crate::egress::{Failure, FailureKind};
use crate::error::{Message, in_seconds};
use crate::secret::Redactor;

/// The outcome of a tool call. Messages are sentences for people and hold no credential.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    /// The tool succeeded. Holds the MCP result: `content` and perhaps `structuredContent`.
    Ok(Value),
    /// The tool failed, and says why in its result (`isError` is true).
    ToolError(Value),
    /// The tool did not run, and a retry may succeed.
    Retryable {
        /// Machine word for the cause.
        class: &'static str,
        /// Text for people.
        message: Message,
        /// Time that the server asked for before a retry.
        retry_after: Option<Duration>,
    },
    /// The server wants another credential, or more scopes; the tool did not run.
    Unauthorized {
        /// Text for people.
        message: Message,
        /// The server's challenges (`WWW-Authenticate`), one header a line, from which its authorization server can be discovered.
        challenge: Option<String>,
    },
    /// A retry would end the same way.
    Permanent {
        /// Machine word for the cause.
        class: &'static str,
        /// Text for people.
        message: Message,
    },
    /// The call was sent, and its answer is missing: the tool may have run.
    Unknown {
        /// Machine word for the cause.
        class: &'static str,
        /// Text for people.
        message: Message,
    },
    /// The caller canceled. If the call was sent, the hub tried to notify the server; the tool may have run.
    Canceled,
}

/// A progress notification of a running call.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Progress so far; grows from notification to notification.
    pub progress: f64,
    /// The value of `progress` at the end, if known.
    pub total: Option<f64>,
    /// Description of the current step.
    pub message: Option<String>,
}

impl CallOutcome {
    /// Removes secrets that the server repeated.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        match &mut self {
            Self::Ok(result) | Self::ToolError(result) => redactor.redact_json(result),
            Self::Retryable { message, .. } | Self::Permanent { message, .. } | Self::Unknown { message, .. } => {
                redact(message, redactor);
            }
            Self::Unauthorized { message, challenge } => {
                redact(message, redactor);
                *challenge = challenge.as_deref().map(|text| redactor.redact(text).into_owned());
            }
            Self::Canceled => {}
        }
        self
    }

    /// Rewords a timeout of a tool that had reported progress: the server did answer, and `limit` was too short.
    #[must_use]
    pub fn after_progress(mut self, tool: &str, limit: Duration) -> Self {
        if let Self::Retryable { class: "timeout", message, .. } | Self::Unknown { class: "timeout", message } =
            &mut self
        {
            *message = format!("{tool} did not finish within {}", in_seconds(limit)).into();
        }
        self
    }

    /// Converts a failure. `was_sent` says whether the call had been handed to the network.
    #[must_use]
    pub fn from_failure(failure: Failure, was_sent: bool) -> Self {
        let Failure { kind, class, message, retry_after, challenge } = failure;
        match kind {
            FailureKind::Retryable => Self::Retryable { class, message, retry_after },
            FailureKind::Ambiguous if was_sent => Self::Unknown { class, message },
            FailureKind::Ambiguous => Self::Retryable { class, message, retry_after: None },
            FailureKind::Unauthorized => Self::Unauthorized { message, challenge: challenge.map(Into::into) },
            // an MCP server knows no grants, and rejects the hub as a client only over its certificate
            FailureKind::Permanent | FailureKind::Refused | FailureKind::InvalidClient | FailureKind::InvalidGrant => {
                Self::Permanent { class, message }
            }
        }
    }
}

fn redact(message: &mut Message, redactor: &Redactor) {
    message.text = redactor.redact(&message.text).into_owned();
    message.advice = message.advice.take().map(|advice| redactor.redact(&advice).into_owned().into());
    message.detail = message.detail.take().map(|detail| redactor.redact(&detail).into());
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CallOutcome, Message};

    #[test]
    fn a_timeout_after_progress_blames_the_time_and_not_the_server() {
        let reworded = |class| {
            let message = Message::from("127.0.0.1 did not answer within 298 seconds");
            match (CallOutcome::Unknown { class, message }).after_progress("countdown", Duration::from_millis(297_900))
            {
                CallOutcome::Unknown { message, .. } => message.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(reworded("timeout"), "countdown did not finish within 298 seconds");
        assert!(reworded("no_answer").starts_with("127.0.0.1"), "only the time is reworded");
    }
}
