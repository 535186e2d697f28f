//! What can go wrong, in domain terms: no status codes, no HTML, and the cause is kept.
//!
//! `web` turns these into pages. Only [`Error::Internal`] hides its text from people; all others are written for them.

use std::time::Duration;

/// The result of every domain verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that a caller, or the person behind it, can tell apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such thing, or somebody else's: existence is private. Holds the noun ("job").
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// What was typed cannot be accepted; each fault names its field.
    #[error("{0}")]
    Invalid(FieldFaults),
    /// The thing has changed meanwhile, or is in a state that does not allow this. A sentence.
    #[error("{0}")]
    Conflict(String),
    /// A rule forbids it (an administrator's page, a private address). A sentence that names the rule.
    #[error("{0}")]
    Refused(String),
    /// Another service failed us. `message` is a sentence that names it.
    #[error("{message}")]
    Upstream {
        /// Machine word for the cause: `timeout`, `unreachable`, `not_mcp`, `too_large`, `http_status` …
        class: &'static str,
        /// What a person should read.
        message: String,
        /// The underlying failure, for the log.
        #[source]
        source: Option<anyhow::Error>,
    },
    /// Too much, too fast.
    #[error("{message}")]
    Limited {
        /// What a person should read.
        message: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// The hub cannot do this now (its database is away); nothing was changed.
    #[error("The hub cannot reach its database right now.")]
    Unavailable(#[source] anyhow::Error),
    /// The keys of stored credentials cannot be had now (the server that holds them is away, sealed, or refuses the hub);
    /// nothing was changed. The cause is a sentence for whoever runs the hub.
    #[error("The hub cannot open stored credentials right now. Its administrator finds the reason in its log.")]
    Locked(#[source] anyhow::Error),
    /// A fault of ours: logged with its cause, shown only as a request id.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// A single field's fault.
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = FieldFaults::default();
        faults.add(name, message);
        Self::Invalid(faults)
    }

    /// Wraps a fault of ours, for `map_err`.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    /// Another service's failure, with its cause.
    pub fn upstream(class: &'static str, message: impl Into<String>, source: impl Into<Option<anyhow::Error>>) -> Self {
        Self::Upstream { class, message: message.into(), source: source.into() }
    }
}

/// Both; or all their faults, in this order.
///
/// # Errors
/// [`Error::Invalid`] with the faults of combine, or the first other error.
pub fn combine<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Err(Error::Invalid(FieldFaults(mut faults))), Err(Error::Invalid(FieldFaults(more)))) => {
            faults.extend(more);
            Err(Error::Invalid(FieldFaults(faults)))
        }
        (first, second) => Ok((first?, second?)),
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Unavailable(error.into()),
            // 57P0x: the server is shutting down, crashed or starting
            sqlx::Error::Database(ref db) if db.code().is_some_and(|code| code.starts_with("57P")) => {
                Self::Unavailable(error.into())
            }
            other => Self::Internal(other.into()),
        }
    }
}

/// Faults by field, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldFaults(Vec<FieldFault>);

/// One field's fault; `message` is a sentence such as "Enter a name".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The form field's name.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

impl FieldFaults {
    /// Notes a fault.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), message: message.into() });
    }

    /// `Ok(value)` if nothing was noted.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the faults.
    pub fn into_result<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self)) }
    }

    /// True while nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All faults, in order.
    #[must_use]
    pub fn faults(&self) -> &[FieldFault] {
        &self.0
    }

    /// The first fault of `field`, if any: what the form shows beside it.
    #[must_use]
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }
}

impl std::fmt::Display for FieldFaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{}: {}", if i > 0 { "; " } else { "" }, fault.field, fault.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, FieldFaults};

    #[test]
    fn no_fault_is_ok_and_a_fault_names_its_field() {
        assert_eq!(FieldFaults::default().into_result(7).ok(), Some(7));
        let Error::Invalid(faults) = Error::field("url", "Enter a URL") else { panic!("not invalid") };
        assert_eq!(faults.message_for("url"), Some("Enter a URL"));
        assert_eq!(faults.message_for("name"), None);
    }

    #[test]
    fn an_exhausted_pool_is_unavailable_and_keeps_its_cause() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert!(matches!(error, Error::Unavailable(_)));
        assert!(std::error::Error::source(&error).is_some());
    }
}
