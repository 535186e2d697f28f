//! An event of a job, numbered so that a reader resumes exactly where it stopped.
//!
//! `(run_no, n)` has one writer: enqueuing writes run 0, each run its own, and the rescuer of a lost run the next one.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::ids::{EventId, JobId};

/// The severity of an event; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EventLevel {
    /// Normal progress.
    Info,
    /// A problem that does not end the job.
    Warn,
    /// A failure.
    Error,
}

impl EventLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warn, Self::Error];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// An event before it is stored.
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) level: EventLevel,
    pub(super) message: String,
    pub(super) data: Option<String>,
    pub(super) at: Timestamp,
}

impl Event {
    /// An event with a message for people.
    #[must_use]
    pub fn new(level: EventLevel, message: impl Into<String>, at: Timestamp) -> Self {
        Self { level, message: storable(message.into()), data: None, at }
    }

    /// Adds details as JSON text.
    #[must_use]
    pub fn with_data(mut self, json: impl Into<String>) -> Self {
        self.data = Some(storable(json.into()));
        self
    }
}

/// An event with its number in its run.
#[derive(Clone, Debug)]
pub(super) struct NumberedEvent {
    pub(super) job_id: JobId,
    pub(super) run_no: i32,
    pub(super) n: i32,
    pub(super) event: Event,
}

/// Replaces NUL, the one character that PostgreSQL text cannot hold: tools may send anything.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A position in a job's events. As text, `run_no.n`, it is the event id of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The run's number.
    pub run_no: i32,
    /// The event's number in the run.
    pub n: i32,
}

impl Position {
    /// The position before the first event.
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

/// A stored event.
#[derive(Clone, Debug)]
pub struct JobEvent {
    /// The public id.
    pub id: EventId,
    /// The number of the run that wrote it.
    pub run_no: i32,
    /// The number in that run.
    pub n: i32,
    /// The severity.
    pub level: EventLevel,
    /// The message for people.
    pub message: String,
    /// The details as JSON text.
    pub data: Option<String>,
    /// The time.
    pub ts: Timestamp,
}

impl JobEvent {
    /// The event's position; a reader resumes after it.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position { run_no: self.run_no, n: self.n }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Event, EventLevel, Position};

    #[test]
    fn a_position_survives_its_text() {
        let position = Position { run_no: 2, n: 17 };
        assert_eq!(position.to_string().parse(), Ok(position));
        assert!(["", "2", "2.", "x.1", "1.2.3"].iter().all(|text| text.parse::<Position>().is_err()));
    }

    #[test]
    fn the_one_character_that_cannot_be_stored_is_replaced() {
        let event = Event::new(EventLevel::Info, "a\0b", datetime!(2026-11-24 08:00 UTC)).with_data("\"\0\"");
        assert_eq!((event.message.as_str(), event.data.as_deref()), ("a\u{fffd}b", Some("\"\u{fffd}\"")));
    }
}
