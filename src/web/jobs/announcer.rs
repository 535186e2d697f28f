//! What a screen reader is told of a list: one sentence for all that happened, and silence after it.

use std::time::Duration;

use tokio::time::Instant;

use crate::accounts::Announce;
use crate::jobs::{JobRow, Status};
use crate::web::when::count;

/// Between two sentences; what happens meanwhile is in the second.
const SILENCE: Duration = Duration::from_secs(10);

/// What has gathered since something was said.
#[derive(Default)]
pub(super) struct Announcer {
    /// What its listener chose to be told of.
    told: Announce,
    ended: u64,
    /// The only job that ended, in words.
    one: String,
    not_well: u64,
    unseen: Option<usize>,
    said_at: Option<Instant>,
}

impl Announcer {
    pub(super) fn of(told: Announce) -> Self {
        Self { told, ..Self::default() }
    }

    /// A row changed. That a job has begun is seen by who looks; that it ended is told.
    pub(super) fn note(&mut self, row: &JobRow) {
        let words = match row.status {
            _ if self.told == Announce::None => return,
            Status::Succeeded => "succeeded",
            Status::Failed => "failed",
            Status::Canceled => "was cancelled",
            Status::Unknown => "was cut off, with an unknown outcome",
            _ => return,
        };
        self.ended += 1;
        self.not_well += u64::from(matches!(row.status, Status::Failed | Status::Unknown));
        self.one = format!("{} {words}.", row.tool_name);
    }

    /// There are more new jobs than were told.
    pub(super) fn note_unseen(&mut self, before: usize, now: usize) {
        if now > before && self.told == Announce::All {
            self.unseen = Some(now);
        }
    }

    /// The sentence, if there is one and it is time for it.
    pub(super) fn say(&mut self, now: Instant) -> Option<String> {
        if !self.has_something() || self.due().is_some_and(|due| due > now) {
            return None;
        }
        let ended = match (self.ended, self.not_well) {
            (0, _) => String::new(),
            (1, _) => std::mem::take(&mut self.one),
            (ended, 0) => format!("{} ended.", count(ended, "job")),
            (ended, not_well) => format!("{} ended, {not_well} of them not well.", count(ended, "job")),
        };
        let unseen = self.unseen.map(|unseen| format!("{}.", new_jobs(unseen))).unwrap_or_default();
        *self = Self { said_at: Some(now), ..Self::of(self.told) };
        Some(format!("{ended} {unseen}").trim().to_owned())
    }

    /// When what has gathered may be said.
    pub(super) fn due(&self) -> Option<Instant> {
        self.said_at.filter(|_| self.has_something()).map(|said| said + SILENCE)
    }

    const fn has_something(&self) -> bool {
        self.ended > 0 || self.unseen.is_some()
    }
}

/// "3 new jobs"
pub(super) fn new_jobs(unseen: usize) -> String {
    use crate::page::PAGE_SIZE;
    if unseen > PAGE_SIZE {
        return format!("More than {PAGE_SIZE} new jobs");
    }
    count(u64::try_from(unseen).unwrap_or_default(), "new job")
}

#[cfg(test)]
mod tests {
    use super::{Announce, Announcer, SILENCE};
    use crate::ids::JobId;
    use crate::jobs::{JobRow, Status};
    use time::macros::datetime;
    use tokio::time::Instant;

    fn row(status: Status) -> JobRow {
        let now = datetime!(2026-11-24 08:00 UTC);
        JobRow {
            id: JobId::new(now),
            connector: None,
            tool_name: "echo".to_owned(),
            status,
            created_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn only_what_was_chosen_is_said() {
        let said = |told: Announce| {
            let mut announcer = Announcer::of(told);
            announcer.note(&row(Status::Succeeded));
            announcer.note_unseen(0, 2);
            announcer.say(Instant::now())
        };
        assert_eq!(said(Announce::All).as_deref(), Some("echo succeeded. 2 new jobs."));
        assert_eq!(said(Announce::Ends).as_deref(), Some("echo succeeded."));
        assert_eq!(said(Announce::None), None);
    }

    #[test]
    fn what_happens_in_the_silence_is_one_sentence_after_it() {
        let mut announcer = Announcer::default();
        let now = Instant::now();
        announcer.note(&row(Status::Running));
        assert_eq!((announcer.say(now), announcer.due()), (None, None), "a start was told");
        announcer.note(&row(Status::Succeeded));
        assert_eq!(announcer.say(now).as_deref(), Some("echo succeeded."));
        announcer.note(&row(Status::Succeeded));
        announcer.note(&row(Status::Failed));
        announcer.note_unseen(0, 1);
        announcer.note_unseen(1, 2);
        assert_eq!(announcer.say(now), None, "it spoke twice at once");
        assert_eq!(announcer.due(), Some(now + SILENCE));
        assert_eq!(announcer.say(now + SILENCE).as_deref(), Some("2 jobs ended, 1 of them not well. 2 new jobs."));
        assert_eq!((announcer.say(now + SILENCE * 3), announcer.due()), (None, None), "it had nothing to say");
    }
}
