//! Rescues lost runs: those of a silent process, and those past their deadline.
//!
//! A repeatable job runs again with increasing delays. The third loss ends it, because it may be the cause of the crashes.
//! Any other job ends as unknown: the call may have happened, and only its owner can find out. The rescuer writes under the
//! next run number, so it shares no run with a process that turns out to be alive.

use std::time::Duration;

use super::backoff::backoff;
use super::event::{Event, EventLevel, NumberedEvent};
use super::run::{FinishRecord, JobEnd, JobOutcome, RunKey, WaitReason};
use super::run_metrics::{NO_CONNECTOR_KIND, RunMetrics};
use super::store;
use super::store::job_lease::LostRun;
use crate::actor::Actor;
use crate::audit::{Action, ActionOutcome, PreparedEntry};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::{JobId, OwnerId, WorkerId};

/// A process counts as dead this long after its last heartbeat.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(20);

/// A run is lost this long after its deadline, although its process lives.
const DEADLINE_GRACE: Duration = Duration::from_secs(10);

/// A job whose runs were lost this often does not run again.
const MAX_CRASHES: i32 = 3;

/// Most runs in one statement.
const MAX_RESCUED_RUNS: i64 = 200;

/// Ends lost runs, and returns their owners and jobs. The leases of `leaving`, a process that is stopping, are lost
/// whatever its heartbeat.
pub(super) async fn rescue(
    db: &SystemDb,
    metrics: &RunMetrics,
    leaving: Option<WorkerId>,
    now: Timestamp,
    random: impl Fn() -> f64,
) -> Result<Vec<(OwnerId, JobId)>> {
    let mut rescued = Vec::new();
    loop {
        let lost = store::job_lease::list_lost(db.pool(), HEARTBEAT_TIMEOUT, DEADLINE_GRACE, leaving, MAX_RESCUED_RUNS)
            .await?;
        if lost.is_empty() {
            return Ok(rescued);
        }
        let records: Vec<_> = lost.iter().map(|it| record(it, now, random())).collect();
        let finished = store::finish::write(db.pool(), &records).await?;
        metrics.count(&records, &finished);
        rescued.extend(lost.iter().map(|it| (it.owner_id, it.job_id)).filter(|(_, job)| finished.contains(job)));
        if finished.is_empty() {
            // another process is rescuing these runs
            return Ok(rescued);
        }
    }
}

fn record(lost: &LostRun, now: Timestamp, random: f64) -> FinishRecord {
    let (end, event) = if lost.repeatable && !lost.canceled && lost.crashes + 1 < MAX_CRASHES {
        run_again(lost, now, random)
    } else {
        complete(lost, now)
    };
    let as_run = lost.run_no + 1;
    FinishRecord {
        run: RunKey { job_id: lost.job_id, run_no: lost.run_no },
        as_run,
        audit: audit(lost, &end, now),
        end,
        events: vec![NumberedEvent { job_id: lost.job_id, run_no: as_run, n: 0, event }],
        is_use: true,
        crashed: true,
        connector_kind: NO_CONNECTOR_KIND,
        started_at: lost.started_at,
        now,
    }
}

fn run_again(lost: &LostRun, now: Timestamp, random: f64) -> (JobEnd, Event) {
    let wait = backoff(lost.crashes.unsigned_abs(), random);
    let message = format!("{} It will run again, which does no harm", happened(lost));
    (JobEnd::RetryLater { run_at: now + wait, reason: WaitReason::Retry }, Event::new(EventLevel::Warn, message, now))
}

fn complete(lost: &LostRun, now: Timestamp) -> (JobEnd, Event) {
    let (outcome, class, rest) = if lost.canceled && lost.repeatable {
        (JobOutcome::Canceled, "canceled", "It was cancelled, so it will not run again")
    } else if lost.repeatable {
        (JobOutcome::Dead, "crash_loop", "This was the third time, so it will not run again")
    } else {
        (
            JobOutcome::Unknown,
            class(lost),
            "The call may or may not have happened. Check the service before you run it again",
        )
    };
    let message = format!("{} {rest}", happened(lost));
    let event = Event::new(EventLevel::Error, message.clone(), now);
    (JobEnd::Complete { outcome, error_class: Some(class.to_owned()), error: Some(message), output: None }, event)
}

const fn class(lost: &LostRun) -> &'static str {
    if lost.overdue { "deadline" } else { "crash" }
}

const fn happened(lost: &LostRun) -> &'static str {
    if lost.overdue { "The call did not end within its time." } else { "The hub stopped while this call was running." }
}

fn audit(lost: &LostRun, end: &JobEnd, now: Timestamp) -> Option<PreparedEntry> {
    let JobEnd::Complete { outcome, error_class, error, .. } = end else { return None };
    #[expect(clippy::disallowed_methods, reason = "the hub ends the job for the person who asked for it")]
    let actor = Actor::system(lost.owner_id);
    let ip = lost.requester_ip.as_deref().and_then(|ip| ip.parse().ok());
    let actor = actor.on_behalf_of(lost.started_by).asking_from(lost.origin, ip).through(lost.via);
    let action = Action::JobFinished {
        job: lost.job_id,
        connector: Some(lost.connector_id),
        tool: Some(lost.tool_name.clone()),
        outcome: ActionOutcome::new(
            (*outcome).into(),
            error_class.as_deref().unwrap_or_default(),
            error.as_deref().unwrap_or_default(),
        ),
        latency: (now - lost.started_at).try_into().ok(),
        // the tool's schema, which marks secrets, is not known here; the job itself has its input
        request: None,
        response: None,
    };
    Some(PreparedEntry::new(&actor, &action, now))
}
