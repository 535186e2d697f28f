//! Announcements for screen readers: one sentence for everything that happened, then a pause. The stream of the list uses it.

use std::time::Duration;

use tokio::time::Instant;

use crate::accounts::Announce;
use crate::jobs::{JobRow, JobStatus};
use crate::web::when::count;

/// The pause between two announcements. Whatever happens meanwhile is part of the second.
const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_secs(10);

/// Collects the changes of a list since the last announcement.
#[derive(Default)]
pub(super) struct Announcer {
    /// The viewer's setting.
    setting: Announce,
    finished: u64,
    /// A sentence about the last finished job, used if it is the only one.
    last_finished: String,
    failed: u64,
    unseen: Option<usize>,
    announced_at: Option<Instant>,
}

impl Announcer {
    pub(super) fn new(setting: Announce) -> Self {
        Self { setting, ..Self::default() }
    }

    /// Records a changed row. Only jobs that have finished are announced.
    pub(super) fn record(&mut self, row: &JobRow) {
        let outcome = match row.status {
            _ if self.setting == Announce::None => return,
            JobStatus::Succeeded => "succeeded",
            JobStatus::Failed => "failed",
            JobStatus::Canceled => "was cancelled",
            JobStatus::Unknown => "was cut off, with an unknown outcome",
            JobStatus::Queued | JobStatus::Running | JobStatus::WaitingInput => return,
        };
        self.finished += 1;
        self.failed += u64::from(matches!(row.status, JobStatus::Failed | JobStatus::Unknown));
        self.last_finished = format!("{} {outcome}.", row.label());
    }

    /// Records the number of new jobs that the page does not show.
    pub(super) fn record_unseen(&mut self, before: usize, now: usize) {
        if now > before && matches!(self.setting, Announce::All | Announce::Regular) {
            self.unseen = Some(now);
        }
    }

    /// Returns the announcement, if there is something to announce and the pause is over.
    pub(super) fn announce(&mut self, now: Instant) -> Option<String> {
        if self.is_empty() || self.next_announcement().is_some_and(|at| at > now) {
            return None;
        }
        let finished = match (self.finished, self.failed) {
            (0, _) => String::new(),
            (1, _) => std::mem::take(&mut self.last_finished),
            (finished, 0) => format!("{} finished.", count(finished, "job")),
            (finished, failed) => format!("{} finished; {failed} of them failed.", count(finished, "job")),
        };
        let unseen = self.unseen.map(|unseen| format!("{}.", new_jobs(unseen))).unwrap_or_default();
        *self = Self { announced_at: Some(now), ..Self::new(self.setting) };
        Some(format!("{finished} {unseen}").trim().to_owned())
    }

    /// Returns the moment at which the collected changes may be announced, if there are any and they have to wait.
    pub(super) fn next_announcement(&self) -> Option<Instant> {
        self.announced_at.filter(|_| !self.is_empty()).map(|at| at + ANNOUNCEMENT_INTERVAL)
    }

    const fn is_empty(&self) -> bool {
        self.finished == 0 && self.unseen.is_none()
    }
}

/// Returns "3 new jobs".
pub(super) fn new_jobs(unseen: usize) -> String {
    use crate::page::PAGE_SIZE;
    if unseen > PAGE_SIZE {
        return format!("More than {PAGE_SIZE} new jobs");
    }
    count(u64::try_from(unseen).unwrap_or_default(), "new job")
}

#[cfg(test)]
mod tests {
    use super::{ANNOUNCEMENT_INTERVAL, Announce, Announcer};
    use crate::ids::{ConnectionId, JobId};
    use crate::jobs::{JobKind, JobRow, JobStatus};
    use time::macros::datetime;
    use tokio::time::Instant;

    fn row(status: JobStatus) -> JobRow {
        let now = datetime!(2026-11-24 08:00 UTC);
        JobRow {
            id: JobId::new(now),
            connector: None,
            connector_slug: None,
            connection_id: ConnectionId::new(now),
            tool_name: "echo".to_owned(),
            title: None,
            kind: JobKind::ToolCall,
            status,
            created_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn the_setting_decides_what_is_announced() {
        let announcement = |setting: Announce| {
            let mut announcer = Announcer::new(setting);
            announcer.record(&row(JobStatus::Succeeded));
            announcer.record_unseen(0, 2);
            announcer.announce(Instant::now())
        };
        assert_eq!(announcement(Announce::All).as_deref(), Some("echo succeeded. 2 new jobs."));
        assert_eq!(announcement(Announce::Ends).as_deref(), Some("echo succeeded."));
        assert_eq!(announcement(Announce::None), None);
    }

    #[test]
    fn changes_within_the_pause_are_one_announcement_after_it() {
        let mut announcer = Announcer::default();
        let now = Instant::now();
        announcer.record(&row(JobStatus::Running));
        assert_eq!((announcer.announce(now), announcer.next_announcement()), (None, None), "a start was announced");
        announcer.record(&row(JobStatus::Succeeded));
        assert_eq!(announcer.announce(now).as_deref(), Some("echo succeeded."));
        announcer.record(&row(JobStatus::Succeeded));
        announcer.record(&row(JobStatus::Failed));
        announcer.record_unseen(0, 1);
        announcer.record_unseen(1, 2);
        assert_eq!(announcer.announce(now), None, "two announcements within the pause");
        assert_eq!(announcer.next_announcement(), Some(now + ANNOUNCEMENT_INTERVAL));
        assert_eq!(
            announcer.announce(now + ANNOUNCEMENT_INTERVAL).as_deref(),
            Some("2 jobs finished; 1 of them failed. 2 new jobs.")
        );
        assert_eq!(
            (announcer.announce(now + ANNOUNCEMENT_INTERVAL * 3), announcer.next_announcement()),
            (None, None),
            "there was nothing to announce"
        );
    }
}
