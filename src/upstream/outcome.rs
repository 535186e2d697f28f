//! How a call ended: a value that says whether it may be tried again.

use std::time::Duration;

use serde_json::Value;

use super::failure::{Failure, Kind};

/// The end of a call. Messages are sentences for people and hold no credential.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    /// The tool did its work. The result as MCP has it: `content` and perhaps `structuredContent`.
    Ok(Value),
    /// The tool says that it failed; the result (`isError` is true) says why.
    ToolError(Value),
    /// The tool was not run, and trying again may help.
    Retryable {
        /// Machine word for the cause.
        class: &'static str,
        /// What a person should read.
        message: String,
        /// When the server asked to be tried again.
        retry_after: Option<Duration>,
    },
    /// The server wants other credentials; the tool was not run.
    Unauthorized {
        /// What a person should read.
        message: String,
        /// The server's challenge (`WWW-Authenticate`), from which authorization can be found.
        challenge: Option<String>,
    },
    /// Trying again would end the same way.
    Permanent {
        /// Machine word for the cause.
        class: &'static str,
        /// What a person should read.
        message: String,
    },
    /// The call was sent and not answered: the tool may have run or not.
    Unknown {
        /// Machine word for the cause.
        class: &'static str,
        /// What a person should read.
        message: String,
    },
    /// The caller cancelled; the server was told.
    Canceled,
}

/// How far a call has come, as its server tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Grows from message to message.
    pub progress: f64,
    /// What `progress` is on its way to, if known.
    pub total: Option<f64>,
    /// What is being done.
    pub message: Option<String>,
}

impl CallOutcome {
    /// The outcome of a failure; `sent` says whether the call had been handed to the network by then.
    pub(super) fn of(failure: Failure, sent: bool) -> Self {
        let Failure { kind, class, message } = failure;
        match kind {
            Kind::Retryable { after } => Self::Retryable { class, message, retry_after: after },
            Kind::Ambiguous if sent => Self::Unknown { class, message },
            Kind::Ambiguous => Self::Retryable { class, message, retry_after: None },
            Kind::Auth { challenge } => Self::Unauthorized { message, challenge },
            Kind::Permanent | Kind::Refused => Self::Permanent { class, message },
        }
    }
}
