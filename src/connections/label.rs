//! What tells several accounts of one service apart, in its owner's words.

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, OnConstraint};
use crate::error::{Error, Result, combine};
use crate::ids::ConnectionId;

use super::store::own;

const LONGEST: usize = 60;

/// The unique index by which a label is told to be taken.
const INDEX: &str = "user_connections_label";

/// A label as it is stored.
pub(super) fn parse(typed: &str) -> Result<&str> {
    match typed.trim() {
        "" => Err(Error::field("label", "Enter a label")),
        label if label.chars().count() > LONGEST => {
            Err(Error::field("label", format!("Label must be {LONGEST} characters or fewer")))
        }
        label => Ok(label),
    }
}

/// A label and what was typed before it; all faults of combine, in that order, if there are any.
pub(super) fn with<T>(label: Result<&str>, other: Result<T>) -> Result<(&str, T)> {
    combine(other, label).map(|(other, label)| (label, other))
}

/// The fault of a label that another connection to the service has.
pub(super) fn taken(label: &str) -> Error {
    Error::field(
        "label",
        format!("You already have a connection to this service called “{label}”. Choose another label"),
    )
}

/// Gives a connection another label.
pub async fn rename(db: &Db, actor: &Actor, id: ConnectionId, typed: &str, now: Timestamp) -> Result<()> {
    let label = parse(typed)?;
    let mut tx = db.as_user(actor).await?;
    let held = own::hold(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if held.label == label {
        return Ok(());
    }
    own::rename(&mut tx, actor.user_id(), id, label, now).await.on_constraint(INDEX, || taken(label))?;
    let action = Action::ConnectionRenamed {
        connection: id,
        connector: held.connector_id,
        from: held.label,
        to: label.to_owned(),
    };
    audit::record(&mut tx, actor, &action, now).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_label_says_something_and_not_much() {
        assert_eq!(parse(" Work ").ok(), Some("Work"));
        assert_eq!(parse(&"é".repeat(60)).unwrap().chars().count(), 60);
        assert!(parse("  ").is_err() && parse(&"x".repeat(61)).is_err());
    }
}
