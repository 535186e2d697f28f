//! Reminders that a job still runs, for viewers whose screen reader announces them regularly.

use std::time::Duration;

use tokio::time::Instant;

use crate::accounts::Announce;

/// The silence after which a running job is announced again.
const INTERVAL: Duration = Duration::from_secs(30);

/// The next reminder of one job's page.
#[derive(Debug)]
pub(super) struct Reminder {
    is_wanted: bool,
    next: Option<Instant>,
}

impl Reminder {
    pub(super) fn new(setting: Announce) -> Self {
        Self { is_wanted: setting == Announce::Regular, next: None }
    }

    /// Returns the moment of the next reminder.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Returns true if the reminder is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next.is_some_and(|at| at <= now)
    }

    /// Notes a message to the page. An announcement begins a new interval; a job that does not run needs none.
    pub(super) fn record_message(&mut self, is_running: bool, is_announced: bool, now: Instant) {
        let next = if is_announced { None } else { self.next };
        self.next = (self.is_wanted && is_running).then(|| next.unwrap_or(now + INTERVAL));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{INTERVAL, Reminder};
    use crate::accounts::Announce;

    #[test]
    fn a_running_job_is_due_after_each_interval_of_silence() {
        let start = Instant::now();
        let mut reminder = Reminder::new(Announce::Regular);
        reminder.record_message(true, false, start);
        // a line of the log is no announcement
        reminder.record_message(true, false, start + INTERVAL / 2);
        assert_eq!(reminder.next(), Some(start + INTERVAL));
        assert!(reminder.is_due(start + INTERVAL) && !reminder.is_due(start + INTERVAL / 2));
        reminder.record_message(true, true, start + INTERVAL);
        assert_eq!(reminder.next(), Some(start + INTERVAL * 2));
        reminder.record_message(false, true, start + INTERVAL * 2);
        assert_eq!(reminder.next(), None, "a finished job is not announced again");
    }

    #[test]
    fn other_settings_have_no_reminder() {
        for setting in [Announce::All, Announce::Ends, Announce::None] {
            let mut reminder = Reminder::new(setting);
            reminder.record_message(true, false, Instant::now());
            assert_eq!(reminder.next(), None);
        }
    }
}
