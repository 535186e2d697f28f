//! Translation of a violated constraint into an error of the domain.

use crate::error::{Error, Result};

/// Replaces the violation of one constraint by an error for people; other errors pass through.
pub trait OnConstraint<T> {
    /// `name` is the name of the constraint or unique index; on a partitioned table each partition has its own name.
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|cause| match cause.as_database_error().and_then(|fault| fault.constraint()) {
            Some(violated) if violated == name => error(),
            _ => cause.into(),
        })
    }
}
