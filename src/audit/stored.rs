//! Values of an entry that are stored as text, and the text of other versions of the hub.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};

use crate::actor::Origin;

/// An enum that is stored as text.
pub trait StoredText: Copy + 'static {
    /// Every value.
    const VALUES: &'static [Self];

    /// Returns the stored text.
    fn stored_text(self) -> &'static str;
}

impl StoredText for Origin {
    const VALUES: &'static [Self] = &Self::ALL;

    fn stored_text(self) -> &'static str {
        self.as_str()
    }
}

/// A value of a row. Entries never change, so a row can have the value of an older or newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored<T> {
    /// A value of this version.
    Value(T),
    /// The text of another version.
    OtherText(String),
}

impl<T: StoredText> Stored<T> {
    /// Returns the stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Value(value) => value.stored_text(),
            Self::OtherText(text) => text,
        }
    }
}

impl<T: StoredText> From<&str> for Stored<T> {
    fn from(text: &str) -> Self {
        let known = T::VALUES.iter().find(|value| value.stored_text() == text);
        known.map_or_else(|| Self::OtherText(text.to_owned()), |value| Self::Value(*value))
    }
}

impl<T> Type<Postgres> for Stored<T> {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <str as Type<Postgres>>::compatible(ty)
    }
}

impl<'r, T: StoredText> Decode<'r, Postgres> for Stored<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(<&str as Decode<Postgres>>::decode(value)?.into())
    }
}

/// Kind of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    User,
    /// The hub, for a person.
    System,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::User, Self::System];

    /// Returns the stored text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
        }
    }
}

impl From<Origin> for ActorKind {
    fn from(origin: Origin) -> Self {
        if origin == Origin::System { Self::System } else { Self::User }
    }
}

/// Outcome of an action, in the words of a job's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// The action succeeded.
    Succeeded,
    /// The action failed.
    Failed,
    /// A person cancelled the job.
    Canceled,
    /// The call may or may not have happened.
    Unknown,
}

impl AuditOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Canceled, Self::Unknown];

    /// Returns the word in new entries, in URLs and in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.stored_texts()[0]
    }

    /// Returns every stored text of the outcome; the second is that of entries of former versions.
    #[must_use]
    pub const fn stored_texts(self) -> &'static [&'static str] {
        match self {
            Self::Succeeded => &["succeeded", "success"],
            Self::Failed => &["failed", "error"],
            Self::Canceled => &["canceled"],
            Self::Unknown => &["unknown"],
        }
    }

    /// Parses a word in an entry or an address, also one of former versions.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.stored_texts().contains(&text))
    }
}

impl Type<Postgres> for AuditOutcome {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <str as Type<Postgres>>::compatible(ty)
    }
}

impl<'r> Decode<'r, Postgres> for AuditOutcome {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Postgres>>::decode(value)?;
        Self::parse(text).ok_or_else(|| format!("audit_entries.outcome has the unknown text {text:?}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditOutcome, Stored};
    use crate::audit::ActionName;

    #[test]
    fn an_action_of_another_version_keeps_its_text() {
        let known = Stored::from("job.finished");
        assert_eq!((&known, known.title()), (&Stored::Value(ActionName::JobFinished), "Tool run"));
        let unknown = Stored::<ActionName>::from("space.created");
        assert_eq!((unknown.as_str(), unknown.title()), ("space.created", "space.created"));
    }

    #[test]
    fn an_outcome_of_a_former_version_is_read_as_one_of_the_four() {
        assert_eq!(AuditOutcome::parse("success"), Some(AuditOutcome::Succeeded));
        assert_eq!(AuditOutcome::parse("error"), Some(AuditOutcome::Failed));
        assert_eq!(AuditOutcome::parse("cancelled"), None);
        for outcome in AuditOutcome::ALL {
            assert!(outcome.stored_texts().iter().all(|text| AuditOutcome::parse(text) == Some(outcome)));
        }
        assert_eq!(AuditOutcome::ALL.map(AuditOutcome::as_str), ["succeeded", "failed", "canceled", "unknown"]);
    }
}
