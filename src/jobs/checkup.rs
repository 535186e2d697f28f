//! Check-ups as jobs. A check-up also runs while its connection cannot be used, and does not count as a use of it.

use serde_json::Value;

use super::kind::JobKind;
use super::prepare::{NotReady, Runner};
use super::store::{self, Job};
use crate::actor::Actor;
use crate::audit::{self, Action, ActionOutcome};
use crate::clock::Timestamp;
use crate::connections::{CheckReport, CheckResult, Checkup, CheckupRunner, ConnectionDetail};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{ConnectionId, JobId};
use crate::queue::{
    EnqueueRequest, EnqueueResult, Enqueuer, Event, EventLevel, FinishedRun, JobEnd, JobOutcome, Lease, RunEvents,
    StopReason,
};

/// Name of a check-up in lists.
pub const CHECKUP_NAME: &str = "Check-up";

impl Job {
    /// True if it checks its connection, and runs no tool.
    #[must_use]
    pub fn is_checkup(&self) -> bool {
        self.kind == JobKind::Checkup
    }

    /// Results of a finished check-up.
    #[must_use]
    pub fn checkup_result(&self) -> Option<Checkup> {
        let output = self.output.as_deref().filter(|_| self.is_checkup())?;
        serde_json::from_str(output).ok()
    }
}

/// Starts a check-up of one of the actor's connections. If one is under way, returns its job instead.
pub async fn start_checkup(
    tx: &mut Tx,
    queue: &Enqueuer,
    actor: &Actor,
    connection: &ConnectionDetail,
    now: Timestamp,
) -> Result<JobId> {
    let newest = find_latest_checkup(tx, actor, connection.id).await?;
    if let Some(newest) = newest.as_ref().filter(|job| !job.status.is_final()) {
        return Ok(newest.id);
    }
    // two check-ups that begin at once have the same check-up before them
    let mut after = newest.map(|job| job.id);
    loop {
        let result = queue.enqueue(request(actor, connection, after, now)).await?;
        let EnqueueResult::Duplicate(id) = result else { return Ok(result.job_id()) };
        // a clock that was ahead can make a finished check-up seem newer than this one
        match store::find(tx, actor.owner_id(), id).await? {
            Some(job) if job.status.is_final() && after != Some(id) => after = Some(id),
            _ => return Ok(id),
        }
    }
}

fn request(actor: &Actor, connection: &ConnectionDetail, after: Option<JobId>, now: Timestamp) -> EnqueueRequest {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    EnqueueRequest {
        owner_id: actor.owner_id(),
        started_by: actor.user_id(),
        job_id: JobId::new(now),
        kind: JobKind::Checkup.stored_text(),
        connector_id: connection.connector_id,
        connection_id: connection.id,
        tool_version_id: None,
        tool_name: CHECKUP_NAME.to_owned(),
        origin: actor.origin(),
        via: actor.via(),
        requester_ip: actor.ip(),
        input: Value::Object(serde_json::Map::new()).to_string(),
        sealed_secrets: None,
        // it changes nothing
        repeatable: true,
        idem_key: Some(format!("{} {} after {after}", JobKind::Checkup.stored_text(), connection.id)),
        event: Event::new(EventLevel::Info, "Created", now),
        now,
    }
}

/// The newest check-up of a connection, in the caller's transaction.
pub async fn find_latest_checkup(tx: &mut Tx, actor: &Actor, connection: ConnectionId) -> Result<Option<Job>> {
    match store::find_latest_checkup(tx, actor.owner_id(), connection).await? {
        Some(id) => Ok(store::find(tx, actor.owner_id(), id).await?),
        None => Ok(None),
    }
}

/// Runs a check-up once; each check becomes an event.
pub(super) async fn run(runner: &Runner, lease: &Lease, actor: &Actor, job: &Job) -> Result<FinishedRun, NotReady> {
    let Runner { system, egress, refresher, workbench, clock, .. } = runner;
    let checkup = CheckupRunner { system, egress, refresher, workbench, clock };
    let events = lease.events();
    let mut report = |step: &CheckReport| append_event(&events, step, clock.now());
    tokio::select! {
        result = checkup.check_up(actor, job.connection_id, &mut report) => Ok(finished(lease, actor, job, &result?, clock.now())),
        stop = lease.stopped() => Ok(stopped(lease, actor, job, stop, clock.now())),
    }
}

fn append_event(events: &RunEvents, step: &CheckReport, now: Timestamp) {
    let level = match step.result {
        CheckResult::Failed => EventLevel::Error,
        CheckResult::Warning => EventLevel::Warn,
        CheckResult::Passed | CheckResult::Skipped => EventLevel::Info,
    };
    events.append(Event::new(level, format!("{}: {}", step.check.title(), step.message), now));
}

/// The end of a check-up as a job.
struct CheckupEnd {
    outcome: JobOutcome,
    error_class: Option<&'static str>,
    output: Option<String>,
    level: EventLevel,
    /// The last event and, if the job has failed, its error.
    message: String,
}

/// A check-up fails as a job if a check failed, so that a filter for failed jobs finds it.
fn finished(lease: &Lease, actor: &Actor, job: &Job, checkup: &Checkup, now: Timestamp) -> FinishedRun {
    let has_failed = checkup.count(CheckResult::Failed) > 0;
    let end = CheckupEnd {
        outcome: if has_failed { JobOutcome::Permanent } else { JobOutcome::Ok },
        error_class: has_failed.then_some("checkup"),
        output: serde_json::to_string(checkup).ok(),
        level: if has_failed { EventLevel::Error } else { EventLevel::Info },
        message: checkup.tally(),
    };
    ended(lease, actor, job, end, now)
}

fn stopped(lease: &Lease, actor: &Actor, job: &Job, stop: StopReason, now: Timestamp) -> FinishedRun {
    if stop == StopReason::Shutdown {
        let event = Event::new(EventLevel::Info, "The hub is restarting: this check-up begins again after that", now);
        return FinishedRun { end: JobEnd::Release, event, audit: None, is_use: false, now };
    }
    let end = CheckupEnd {
        outcome: JobOutcome::Canceled,
        error_class: Some("canceled"),
        output: None,
        level: EventLevel::Warn,
        message: "Cancelled on request".to_owned(),
    };
    ended(lease, actor, job, end, now)
}

fn ended(lease: &Lease, actor: &Actor, job: &Job, end: CheckupEnd, now: Timestamp) -> FinishedRun {
    let CheckupEnd { outcome, error_class, output, level, message } = end;
    let action = Action::ConnectionChecked {
        connection: job.connection_id,
        connector: job.connector_id,
        job: job.id,
        outcome: ActionOutcome::new(outcome.into(), error_class.unwrap_or_default(), &message),
        latency: (now - lease.started_at()).unsigned_abs(),
        response: output.clone(),
    };
    let error = error_class.map(|_| message.clone());
    FinishedRun {
        end: JobEnd::Complete { outcome, error_class: error_class.map(str::to_owned), error, output },
        event: Event::new(level, message, now),
        audit: Some(audit::PreparedEntry::new(&job.requester(actor), &action, now)),
        is_use: false,
        now,
    }
}
