//! What a job says: events, numbered so that a reader resumes exactly where it stopped.
//!
//! `(run_no, n)` has one writer: accept holds run 0, each run its own, and whoever ends a lost run opens the next one.

mod journal;

use std::fmt;
use std::str::FromStr;

use sqlx::PgConnection;

pub use journal::Journal;
pub(super) use journal::{Flusher, Line};

use super::store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{EventId, JobId};

/// How much an event matters; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Level {
    /// Things go on.
    Info,
    /// Things go on, but not as hoped.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Something to say of a job.
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) data: Option<String>,
    pub(super) at: Timestamp,
}

impl Event {
    /// One line in words.
    #[must_use]
    pub fn new(level: Level, message: impl Into<String>, at: Timestamp) -> Self {
        Self { level, message: storable(message.into()), data: None, at }
    }

    /// Adds details as JSON text.
    #[must_use]
    pub fn with_data(mut self, json: impl Into<String>) -> Self {
        self.data = Some(storable(json.into()));
        self
    }
}

/// PostgreSQL text holds every character but NUL, and what a tool says is not ours to trust.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A place in a job's events; as text `run_no.n`, what a stream sends as its event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The run.
    pub run_no: i32,
    /// The event in it.
    pub n: i32,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { run_no: 0, n: -1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.run_no, self.n)
    }
}

impl FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (run_no, n) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { run_no: run_no.parse()?, n: n.parse()? })
    }
}

/// An event, as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its public id.
    pub id: EventId,
    /// The run that wrote it.
    pub run_no: i32,
    /// Its number in that run.
    pub n: i32,
    /// How much it matters.
    pub level: Level,
    /// One line in words.
    pub message: String,
    /// Details as JSON text.
    pub data: Option<String>,
    /// When it happened.
    pub ts: Timestamp,
}

impl Written {
    /// Where it stands; resume after it.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position { run_no: self.run_no, n: self.n }
    }
}

/// The events of the actor's job after `position`, in order, at most `limit`; none if it is somebody else's job.
pub async fn after(
    conn: &mut PgConnection,
    actor: &Actor,
    job: JobId,
    position: Position,
    limit: i64,
) -> Result<Vec<Written>> {
    Ok(store::events::after(conn, actor.user_id(), job, position, limit).await?)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Event, Level, Position};

    #[test]
    fn a_position_survives_its_text() {
        let position = Position { run_no: 2, n: 17 };
        assert_eq!(position.to_string().parse(), Ok(position));
        assert!(["", "2", "2.", "x.1", "1.2.3"].iter().all(|text| text.parse::<Position>().is_err()));
    }

    #[test]
    fn the_one_character_that_cannot_be_stored_is_replaced() {
        let event = Event::new(Level::Info, "a\0b", datetime!(2026-11-24 08:00 UTC)).with_data("\"\0\"");
        assert_eq!((event.message.as_str(), event.data.as_deref()), ("a\u{fffd}b", Some("\"\u{fffd}\"")));
    }
}
