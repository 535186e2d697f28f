//! The outcome of an audited call, with its cause.

use super::stored::AuditOutcome;

/// Outcome of a call in the audit log.
#[derive(Clone, Debug)]
pub enum ActionOutcome {
    /// The call succeeded.
    Succeeded,
    /// The call failed.
    Failed(OutcomeCause),
    /// A person cancelled the call.
    Canceled(OutcomeCause),
    /// The call may or may not have happened.
    Unknown(OutcomeCause),
}

/// The cause of an outcome that is no success.
#[derive(Clone, Debug)]
pub struct OutcomeCause {
    /// Code of the cause.
    pub class: String,
    /// Cause in words.
    pub message: String,
}

impl ActionOutcome {
    /// Returns the outcome with its cause, which a success does not have.
    #[must_use]
    pub fn new(outcome: AuditOutcome, class: &str, message: &str) -> Self {
        let cause = OutcomeCause { class: class.to_owned(), message: message.to_owned() };
        match outcome {
            AuditOutcome::Succeeded => Self::Succeeded,
            AuditOutcome::Failed => Self::Failed(cause),
            AuditOutcome::Canceled => Self::Canceled(cause),
            AuditOutcome::Unknown => Self::Unknown(cause),
        }
    }

    pub(super) const fn as_stored(&self) -> AuditOutcome {
        match self {
            Self::Succeeded => AuditOutcome::Succeeded,
            Self::Failed(_) => AuditOutcome::Failed,
            Self::Canceled(_) => AuditOutcome::Canceled,
            Self::Unknown(_) => AuditOutcome::Unknown,
        }
    }

    pub(super) fn error(&self) -> Option<(String, String)> {
        match self {
            Self::Succeeded => None,
            Self::Failed(cause) | Self::Canceled(cause) | Self::Unknown(cause) => {
                Some((cause.class.clone(), cause.message.clone()))
            }
        }
    }
}
