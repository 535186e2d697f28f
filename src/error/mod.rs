//! Errors in domain terms: no status codes, no HTML, and the cause is kept.
//!
//! `web` turns these into pages. Only [`Error::Internal`] hides its text from people; all others are written for them.

mod faults;
mod message;

use std::borrow::Cow;
use std::time::Duration;

pub use self::faults::{FieldFault, FieldFaults};
pub use self::message::{Message, in_seconds};

/// The result of every domain verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that a caller, or the person behind it, can tell apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing that the URL names does not exist, or belongs to another owner: existence is private. Holds a noun of
    /// the glossary, such as "job".
    #[error("There is no such {0}. It may have been removed, or belong to another account. Check the address.")]
    NotFound(&'static str),
    /// The input is not acceptable; each fault names its field.
    #[error("{0}")]
    Invalid(FieldFaults),
    /// The thing has changed since the person last saw it. The message has advice.
    #[error("{0}")]
    Stale(Message),
    /// The state of the thing does not allow this, whenever the person looked at it. The message has advice.
    #[error("{0}")]
    Conflict(Message),
    /// The tool has changed at its server, and does not run until its owner has accepted the change. The message has advice.
    #[error("{0}")]
    ToolChanged(Message),
    /// A rule forbids it (an administrator's page, a private address). The message names the rule.
    #[error("{0}")]
    Refused(Message),
    /// Another server failed. The message names it.
    #[error("{message}")]
    Upstream {
        /// Machine word for the cause: `timeout`, `unreachable`, `not_mcp`, `too_large`, `http_status` …
        class: &'static str,
        /// Text for people.
        message: Message,
        /// The underlying failure, for the log.
        #[source]
        source: Option<anyhow::Error>,
    },
    /// A limit was reached.
    #[error("{message}")]
    Limited {
        /// Text for people.
        message: Message,
        /// Time until another try makes sense.
        retry_after: Duration,
    },
    /// The hub cannot reach its database, or the database has a fault that passes; nothing was changed.
    #[error("The hub cannot reach its database right now. Try again in a moment.")]
    Unavailable(#[source] anyhow::Error),
    /// The keys of stored credentials are unavailable: the server that holds them is away, sealed, or refuses the hub.
    /// The call changed nothing. The cause is a sentence for administrators.
    #[error(
        "The hub cannot open stored credentials right now. Try again later. Its administrator finds the reason in its log."
    )]
    Locked(#[source] anyhow::Error),
    /// A fault of the hub: logged with its cause, shown only as a request id.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// Builds [`Error::Invalid`] with one fault.
    pub fn field(name: impl Into<String>, message: impl Into<Message>) -> Self {
        let mut faults = FieldFaults::default();
        faults.add(name, message);
        Self::Invalid(faults)
    }

    /// Builds [`Error::Conflict`]: what is in the way, and the next step, each without its full stop.
    pub fn conflict(text: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(Message::from(text.into()).with_advice(advice))
    }

    /// Builds [`Error::Stale`]: what has changed, and the next step, each without its full stop.
    pub fn stale(text: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Self {
        Self::Stale(Message::from(text.into()).with_advice(advice))
    }

    /// Builds [`Error::Refused`].
    pub fn refused(message: impl Into<Message>) -> Self {
        Self::Refused(message.into())
    }

    /// Builds [`Error::Upstream`] with its cause.
    pub fn upstream(
        class: &'static str,
        message: impl Into<Message>,
        source: impl Into<Option<anyhow::Error>>,
    ) -> Self {
        Self::Upstream { class, message: message.into(), source: source.into() }
    }

    /// Returns the code by which programs recognise the failure, if it has one. Codes never change.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::ToolChanged(_) => Some("tool_changed"),
            _ => None,
        }
    }

    /// Wraps a fault of the hub, for `map_err`.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    /// Returns the text for people, and its detail.
    #[must_use]
    pub fn to_message(&self) -> Message {
        Message { detail: self.detail().map(Into::into), ..self.to_string().into() }
    }

    /// Returns the words of a machine about the cause, which a page folds away.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Stale(message)
            | Self::Conflict(message)
            | Self::ToolChanged(message)
            | Self::Refused(message)
            | Self::Upstream { message, .. }
            | Self::Limited { message, .. } => message.detail.as_deref(),
            Self::NotFound(_) | Self::Invalid(_) | Self::Unavailable(_) | Self::Locked(_) | Self::Internal(_) => None,
        }
    }
}

/// Returns both values, or all their faults in this order.
///
/// # Errors
/// [`Error::Invalid`] with the faults of both, or the first other error.
pub fn combine<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Err(Error::Invalid(mut faults)), Err(Error::Invalid(more))) => {
            faults.append(more);
            Err(Error::Invalid(faults))
        }
        (first, second) => Ok((first?, second?)),
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

/// Says whether a fault of the database passes without a change of the statement. By the classes of SQLSTATE: 53 is too little
/// memory, disk or connections; 57 a server that stops, starts or cancels; 58 a failure of its system, such as of a disk.
fn is_passing_fault(sqlstate: &str) -> bool {
    ["53", "57", "58"].iter().any(|class| sqlstate.starts_with(class))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Unavailable(error.into()),
            sqlx::Error::Database(ref db) if db.code().is_some_and(|code| is_passing_fault(&code)) => {
                Self::Unavailable(error.into())
            }
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, FieldFaults, Message, in_seconds};

    #[test]
    fn no_fault_is_ok_and_a_fault_names_its_field() {
        assert_eq!(FieldFaults::default().into_result(7).ok(), Some(7));
        let Error::Invalid(faults) = Error::field("url", "Enter a URL") else { panic!("not invalid") };
        assert_eq!(faults.message_for("url"), Some("Enter a URL"));
        assert_eq!(faults.message_for("name"), None);
    }

    #[test]
    fn a_message_ends_with_its_advice() {
        let message = Message::from("a.test failed (HTTP 500)");
        assert_eq!(message.to_string(), "a.test failed (HTTP 500)");
        assert_eq!(message.with_advice("Try again later").to_string(), "a.test failed (HTTP 500). Try again later");
    }

    #[test]
    fn a_limit_of_one_second_is_in_the_singular() {
        let limits = [200, 1_000, 1_001, 30_000].map(|ms| in_seconds(std::time::Duration::from_millis(ms)));
        assert_eq!(limits, ["1 second", "1 second", "2 seconds", "30 seconds"]);
    }

    #[test]
    fn the_detail_of_a_message_is_beside_its_sentence() {
        let message =
            Message::from("a.test could not be reached").with_advice("Try again").with_detail("Connection refused");
        assert_eq!(message.to_string(), "a.test could not be reached. Try again");
        assert_eq!(
            message.with_detail_inline().to_string(),
            "a.test could not be reached (Connection refused). Try again"
        );
        let mut faults = FieldFaults::default();
        faults.add("url", message.clone());
        assert_eq!(faults.message_for("url"), Some("a.test could not be reached. Try again"));
        assert_eq!(faults.detail_for("url"), Some("Connection refused"));
        assert_eq!(Error::refused(message).detail(), Some("Connection refused"));
        assert_eq!(Message::from("x").with_detail("").detail, None);
    }

    #[test]
    fn an_exhausted_pool_is_unavailable_and_keeps_its_cause() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert!(matches!(error, Error::Unavailable(_)));
        assert!(std::error::Error::source(&error).is_some());
    }
}
