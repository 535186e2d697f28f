//! A broken constraint, in the words of the domain.

use crate::error::{Error, Result};

/// Turns the violation of one constraint into what it means to a person; other failures pass through.
pub trait OnConstraint<T> {
    /// `name` is the constraint's or unique index's name; on a partitioned table each partition has its own.
    fn on_constraint(self, name: &str, meaning: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint(self, name: &str, meaning: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|error| match error.as_database_error().and_then(|fault| fault.constraint()) {
            Some(broken) if broken == name => meaning(),
            _ => error.into(),
        })
    }
}
