//! Badges: a status as a sign and a word, so that colour is never the only mark.
//!
//! The shape of the sign is the message: a ring is settled, an open ring runs, a dashed ring waits, a square failed, and a
//! triangle asks for the viewer. Only what needs the viewer has a ground.

use crate::audit::AuditOutcome;
use crate::connections::{ConnectionHealth, ConnectionStatus};
use crate::jobs::JobStatus;

/// The badge of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Badge {
    /// An adjective.
    pub word: &'static str,
    /// A symbol of the sprite.
    pub icon: &'static str,
    /// Class of the colours: `ok warn bad info idle`.
    pub tone: &'static str,
    /// Class of the weight: empty, `needs` for what waits for a person, or `spin`.
    pub shape: &'static str,
}

const fn badge(word: &'static str, icon: &'static str, tone: &'static str, shape: &'static str) -> Badge {
    Badge { word, icon, tone, shape }
}

impl Badge {
    /// The job is accepted and waits in the queue.
    pub const QUEUED: Self = badge("Queued", "s-wait", "idle", "");
    /// The job is running.
    pub const RUNNING: Self = badge("Running", "s-run", "info", "spin");
    /// The job or act succeeded.
    pub const SUCCEEDED: Self = badge("Succeeded", "s-ok", "ok", "");
    /// The job or act failed.
    pub const FAILED: Self = badge("Failed", "s-bad", "bad", "needs");
    /// The job was cancelled.
    pub const CANCELED: Self = badge("Cancelled", "s-stop", "idle", "");
    /// The call may or may not have happened.
    pub const UNKNOWN: Self = badge("Outcome unknown", "circle-help", "warn", "needs");
    /// The job waits for something that only its owner can give.
    pub const WAITING_INPUT: Self = badge("Waiting for you", "s-ask", "warn", "needs");
    /// The connection can be used.
    pub const CONNECTED: Self = badge("Connected", "s-ok", "ok", "");
    /// The connection was begun and is not finished.
    pub const PENDING: Self = badge("Not finished", "s-wait", "idle", "");
    /// The connection's credential has expired.
    pub const EXPIRED: Self = badge("Expired", "s-ask", "warn", "needs");
    /// The owner disconnected the connection.
    pub const REVOKED: Self = badge("Disconnected", "s-stop", "idle", "");
    /// The connection does not work.
    pub const FAILING: Self = badge("Failing", "s-bad", "bad", "needs");
    /// The service was never connected.
    pub const NOT_CONNECTED: Self = badge("Not connected", "s-wait", "idle", "");
    /// People can use the connector.
    pub const TURNED_ON: Self = badge("Turned on", "s-ok", "ok", "");
    /// An administrator has turned the connector off.
    pub const TURNED_OFF: Self = badge("Turned off", "s-stop", "idle", "");
    /// The check passed.
    pub const PASSED: Self = badge("Passed", "s-ok", "ok", "");
    /// The check passed, with something to know.
    pub const WARNING: Self = badge("Warning", "s-ask", "warn", "needs");
    /// The check was skipped, because an earlier one failed.
    pub const NOT_REACHED: Self = badge("Not reached", "s-wait", "idle", "");
    /// The server declares that the tool changes nothing.
    pub const READ_ONLY: Self = badge("Read-only", "lock", "idle", "");
    /// The tool may change data.
    pub const CHANGES_DATA: Self = badge("Changes data", "pencil", "warn", "");
    /// The tool has changed, and does not run until its owner accepts that.
    pub const CHANGED: Self = badge("Changed", "s-ask", "warn", "needs");
    /// The latest discovery found the tool.
    pub const NEW: Self = badge("New", "s-ok", "info", "");
    /// The tool may overwrite or delete data.
    pub const DESTROYS_DATA: Self = badge("Overwrites or deletes", "trash-2", "bad", "needs");

    /// Returns the badge of a job's status.
    #[must_use]
    pub const fn job(status: JobStatus) -> Self {
        match status {
            JobStatus::Queued => Self::QUEUED,
            JobStatus::Running => Self::RUNNING,
            JobStatus::Succeeded => Self::SUCCEEDED,
            JobStatus::Failed => Self::FAILED,
            JobStatus::Canceled => Self::CANCELED,
            JobStatus::WaitingInput => Self::WAITING_INPUT,
            JobStatus::Unknown => Self::UNKNOWN,
        }
    }

    /// Returns the badge of a connection's status.
    #[must_use]
    pub const fn connection(status: ConnectionStatus) -> Self {
        match status {
            ConnectionStatus::Active => Self::CONNECTED,
            ConnectionStatus::Expired => Self::EXPIRED,
            ConnectionStatus::Disconnected => Self::REVOKED,
            ConnectionStatus::Error => Self::FAILING,
        }
    }

    /// Returns the one badge of a connection: what is wrong with it, in the word that says most.
    #[must_use]
    pub const fn connection_state(status: ConnectionStatus, health: ConnectionHealth) -> Self {
        match (status, health) {
            // these say enough themselves; the cause stands beside them
            (ConnectionStatus::Expired | ConnectionStatus::Disconnected, _) | (_, ConnectionHealth::Ok) => {
                Self::connection(status)
            }
            (_, ConnectionHealth::Limited) => badge("Limited", "s-ask", "warn", "needs"),
            (_, ConnectionHealth::Degraded) => badge("Failing", "s-ask", "warn", "needs"),
            (_, ConnectionHealth::ReauthRequired) => badge("Refused", "s-ask", "warn", "needs"),
            (_, ConnectionHealth::Exhausted) => badge("Stopped retrying", "s-bad", "bad", "needs"),
        }
    }

    /// Returns the badge of an audit entry's outcome.
    #[must_use]
    pub const fn outcome(outcome: AuditOutcome) -> Self {
        match outcome {
            AuditOutcome::Succeeded => Self::SUCCEEDED,
            AuditOutcome::Failed => Self::FAILED,
            AuditOutcome::Canceled => Self::CANCELED,
            AuditOutcome::Unknown => Self::UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Badge, ConnectionHealth, ConnectionStatus, JobStatus};

    #[test]
    fn no_two_statuses_of_a_job_look_alike_without_colour() {
        let all = JobStatus::ALL;
        let mut icons: Vec<_> = all.map(|status| Badge::job(status).icon).into();
        icons.sort_unstable();
        icons.dedup();
        assert_eq!(icons.len(), all.len());
    }

    #[test]
    fn a_connection_needs_its_owner_exactly_while_it_is_broken() {
        for status in [ConnectionStatus::Active, ConnectionStatus::Expired, ConnectionStatus::Error] {
            for health in ConnectionHealth::ALL {
                let is_well = status.is_usable() && health.is_ok();
                let shape = Badge::connection_state(status, health).shape;
                assert_eq!(shape == "needs", !is_well, "{status:?} {health:?}");
            }
        }
    }

    #[test]
    fn a_badge_that_needs_the_viewer_has_a_ground() {
        for badge in [Badge::FAILED, Badge::UNKNOWN, Badge::WAITING_INPUT, Badge::EXPIRED, Badge::FAILING] {
            assert_eq!(badge.shape, "needs", "{}", badge.word);
        }
    }
}
