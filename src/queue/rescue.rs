//! Ending lost runs: those of a process that fell silent, and those whose time is long over.
//!
//! A repeatable job runs again, later and later; the third loss ends it, because it may be what kills the process. Any
//! other ends as unknown: the call may have happened, and only its owner can find out. The rescuer opens the next run
//! for what it writes, so it shares no run with a process that turns out to be alive.

use std::time::Duration;

use super::backoff::backoff;
use super::events::{Event, Level, Line};
use super::finish::{End, Ending, Outcome, Reason};
use super::store;
use super::store::rescue::Lost;
use crate::actor::{Actor, Origin};
use crate::audit::{Action, CallOutcome, Prepared};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::{JobId, UserId, WorkerId};

/// A process that has not beaten for so long is dead.
const SILENCE: Duration = Duration::from_secs(20);

/// A run that is overdue by so much is dead, though its process lives.
const GRACE: Duration = Duration::from_secs(10);

/// A job that was lost so often is not tried again.
const MOST_CRASHES: i32 = 3;

/// Most runs in one go.
const LARGEST: i64 = 200;

/// Ends what is lost, and says whose jobs those were. `leaving` is a process that is known to be ending: its leases are
/// lost whatever its beat.
pub(super) async fn rescue(
    db: &SystemDb,
    leaving: Option<WorkerId>,
    now: Timestamp,
    random: impl Fn() -> f64,
) -> Result<Vec<(UserId, JobId)>> {
    let mut rescued = Vec::new();
    loop {
        let lost = store::rescue::lost(db.pool(), SILENCE, GRACE, leaving, LARGEST).await?;
        if lost.is_empty() {
            return Ok(rescued);
        }
        let endings: Vec<_> = lost.iter().map(|it| ending(it, now, random())).collect();
        let won = store::finish::write(db.pool(), &endings).await?;
        rescued.extend(lost.iter().map(|it| (it.user_id, it.job_id)).filter(|(_, job)| won.contains(job)));
        if won.is_empty() {
            // somebody else is ending them
            return Ok(rescued);
        }
    }
}

fn ending(lost: &Lost, now: Timestamp, random: f64) -> Ending {
    let (end, event) = if lost.repeatable && !lost.canceled && lost.crashes + 1 < MOST_CRASHES {
        again(lost, now, random)
    } else {
        over(lost, now)
    };
    let as_run = lost.run_no + 1;
    Ending {
        run: (lost.job_id, lost.run_no),
        as_run,
        audit: audit(lost, &end, now),
        end,
        lines: vec![Line { job_id: lost.job_id, run_no: as_run, n: 0, event }],
        is_use: true,
        crashed: true,
        now,
    }
}

fn again(lost: &Lost, now: Timestamp, random: f64) -> (End, Event) {
    let wait = backoff(lost.crashes.unsigned_abs(), random);
    let message = format!("{} It will run again, which does no harm", happened(lost));
    (End::Later { run_at: now + wait, reason: Reason::Retry }, Event::new(Level::Warn, message, now))
}

fn over(lost: &Lost, now: Timestamp) -> (End, Event) {
    let (outcome, class, rest) = if lost.canceled && lost.repeatable {
        (Outcome::Canceled, "canceled", "It was canceled, so it will not run again")
    } else if lost.repeatable {
        (Outcome::Dead, "crash_loop", "This was the third time, so it will not run again")
    } else {
        (
            Outcome::Unknown,
            class(lost),
            "The call may or may not have happened. Check the service before you run it again",
        )
    };
    let message = format!("{} {rest}", happened(lost));
    let event = Event::new(Level::Error, message.clone(), now);
    (End::Over { outcome, error_class: Some(class.to_owned()), error: Some(message), output: None }, event)
}

const fn class(lost: &Lost) -> &'static str {
    if lost.overdue { "deadline" } else { "crash" }
}

const fn happened(lost: &Lost) -> &'static str {
    if lost.overdue { "The call did not end within its time." } else { "The hub stopped while this call was running." }
}

fn audit(lost: &Lost, end: &End, now: Timestamp) -> Option<Prepared> {
    let End::Over { error_class, error, .. } = end else { return None };
    #[expect(clippy::disallowed_methods, reason = "the hub ends the job on its owner's behalf")]
    let actor = Actor::new(lost.user_id, Origin::System);
    let action = Action::JobFinished {
        job: lost.job_id,
        connector: Some(lost.connector_id),
        tool: Some(lost.tool_name.clone()),
        outcome: CallOutcome::Error {
            class: error_class.clone().unwrap_or_default(),
            message: error.clone().unwrap_or_default(),
        },
        latency: (now - lost.started_at).try_into().ok(),
        // what its schema calls secret is not known here; the job itself has its input
        request: None,
        response: None,
    };
    Some(Prepared::new(&actor, &action, now))
}
