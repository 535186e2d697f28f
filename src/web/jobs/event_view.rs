//! An event of a job, as a line of its log.

use super::sentences::{self, Progress};
use crate::jobs::JobEvent;
use crate::web::when::{Calendar, When};

/// An event of the log.
pub(super) struct EventView {
    pub(super) id: String,
    pub(super) level: &'static str,
    pub(super) message: String,
    pub(super) at: When,
    /// The progress, if the event reports it.
    pub(super) progress: Option<Progress>,
}

impl EventView {
    pub(super) fn new(event: &JobEvent, calendar: &Calendar) -> Self {
        Self {
            id: event.position().to_string(),
            level: event.level.as_str(),
            message: event.message.clone(),
            at: calendar.when(event.ts),
            progress: event.data.as_deref().and_then(sentences::progress),
        }
    }
}
