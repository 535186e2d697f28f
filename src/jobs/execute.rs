//! A run of a job: prepares the call, makes it, and turns its outcome into the end of the run.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::checkup;
use super::leased_job::LeasedJob;
use super::outcome::{ended, panicked, unprepared};
use super::prepare::{CallTarget, NotReady, PreparedCall, Runner, Work, prepare, presented, read_job};
use super::tools_changed::ToolsChanged;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::{BearerCredential, CredentialRejection, CredentialedRequest, RequestOutcome};
use crate::connectors;
use crate::error::Error;
use crate::foreign_text::clean_text;
use crate::ids::ConnectorId;
use crate::queue::{Event, EventLevel, FinishedRun, Lease, StopReason};
use crate::upstream::{self, CallContext, KnownEra, Limits, Progress, ProtocolEra};

/// Largest result of a call, in bytes; a larger one fails the job.
const MAX_RESULT_BYTES: usize = 4 * 1024 * 1024;

/// Delay before the next run if another caller replaced the credential that the service has just rejected.
const REPLACED_CREDENTIAL_RETRY_DELAY: Duration = Duration::from_secs(30);

/// The call has to end this long before the queue rescues the run.
const DEADLINE_MARGIN: Duration = Duration::from_secs(2);

/// A run that has ended.
#[derive(Debug)]
pub struct RunResult {
    /// The end of the run, for the queue.
    pub finish: FinishedRun,
    /// The server's announcement that its tools have changed.
    pub tools_changed: Option<ToolsChanged>,
}

impl From<FinishedRun> for RunResult {
    fn from(finish: FinishedRun) -> Self {
        Self { finish, tools_changed: None }
    }
}

/// Runs a claimed job once. It returns no error: a failure is a result like any other.
pub async fn execute(runner: &Runner, lease: &Lease) -> RunResult {
    let actor = acting_for(lease);
    let leased = OnceLock::new();
    let run = AssertUnwindSafe(run(runner, lease, &actor, &leased)).catch_unwind().await;
    run.unwrap_or_else(|_| {
        let id = lease.job_id();
        tracing::error!(job.id = %id, "A run of job {id} panicked; the job ends with an unknown outcome");
        panicked(leased.get_or_init(|| LeasedJob::unread(lease, actor)), runner.clock.now()).into()
    })
}

/// Runs the job, and leaves in `leased` what its entry names, in case the run panics.
async fn run<'a>(runner: &Runner, lease: &'a Lease, actor: &Actor, leased: &OnceLock<LeasedJob<'a>>) -> RunResult {
    // for both calls, if there are two: the lease lasts no longer
    let deadline = Instant::now() + lease.time_limit().saturating_sub(DEADLINE_MARGIN);
    lease.events().append(Event::new(EventLevel::Info, started(lease), runner.clock.now()));
    let job = match read_job(runner, actor.owner_id(), lease.job_id()).await {
        Ok(job) => job,
        Err(cause) => {
            let leased = leased.get_or_init(|| LeasedJob::unread(lease, actor.clone()));
            return unprepared(leased, cause, runner.clock.now()).into();
        }
    };
    if let Some(transport) = job.transport {
        lease.set_connector_kind(transport.stored_text());
    }
    let actor = &actor.clone().on_behalf_of(job.started_by);
    let leased = leased.get_or_init(|| LeasedJob::new(lease, actor, &job));
    // on the heap: its state is large, and many jobs run at once
    let finish = match Box::pin(prepare(runner, actor, job)).await {
        Ok(Work::Call(prepared)) => {
            let tools_changed = Arc::new(AtomicBool::new(false));
            let connector = prepared.connector;
            let finish = run_call(runner, leased, actor, *prepared, deadline, tools_changed.clone()).await;
            let announced = tools_changed.load(Ordering::Acquire) && finish.is_ok();
            return RunResult {
                finish: finish.unwrap_or_else(|cause| unprepared(leased, cause, runner.clock.now())),
                tools_changed: announced.then(|| ToolsChanged { actor: actor.clone(), connector }),
            };
        }
        Ok(Work::Checkup(job)) => Box::pin(checkup::run(runner, lease, actor, &job)).await,
        Err(cause) => Err(cause),
    };
    finish.unwrap_or_else(|cause| unprepared(leased, cause, runner.clock.now())).into()
}

/// Makes the call, and once more with another credential if the service rejects the first.
async fn run_call(
    runner: &Runner,
    leased: &LeasedJob<'_>,
    actor: &Actor,
    mut prepared: PreparedCall,
    deadline: Instant,
    tools_changed: Arc<AtomicBool>,
) -> Result<FinishedRun, NotReady> {
    let (token, first) = (prepared.token.clone(), prepared.credential());
    let mut call = ToolCall {
        runner,
        lease: leased.lease,
        actor,
        prepared: &mut prepared,
        deadline,
        tools_changed,
        was_sent: false,
    };
    match runner.refresher.send_with(actor, &token, first, &mut call).await? {
        RequestOutcome::Answered { answer: CallResult { outcome, stop }, .. } => {
            Ok(ended(leased, &prepared, outcome, stop, runner.clock.now()))
        }
        RequestOutcome::NoCredential(answer) => Err(presented(answer).err().unwrap_or_else(|| NotReady::RetryLater {
            message: format!("The credential of {} was replaced during the call", prepared.service),
            after: REPLACED_CREDENTIAL_RETRY_DELAY,
        })),
    }
}

/// A call of a tool, as a request that presents a credential.
struct ToolCall<'a> {
    runner: &'a Runner,
    lease: &'a Lease,
    actor: &'a Actor,
    prepared: &'a mut PreparedCall,
    deadline: Instant,
    tools_changed: Arc<AtomicBool>,
    was_sent: bool,
}

impl CredentialedRequest for ToolCall<'_> {
    type Answer = CallResult;

    fn purpose(&self) -> &str {
        &self.prepared.tool
    }

    async fn send(&mut self, credential: &BearerCredential) -> (CallResult, Option<CredentialRejection>) {
        let Self { runner, lease, actor, deadline, .. } = *self;
        if std::mem::replace(&mut self.was_sent, true) {
            self.prepared.present(credential.clone());
            let event = Event::new(EventLevel::Info, "The token was renewed; calling once more", runner.clock.now());
            lease.events().append(event);
        }
        // on the heap: the state of a call is large, and many calls run at once
        let result = Box::pin(call(runner, lease, actor, self.prepared, deadline, self.tools_changed.clone())).await;
        let rejection = result.rejection();
        (result, rejection)
    }
}

/// The outcome of a call, and the reason to stop if the run was asked to stop meanwhile.
struct CallResult {
    outcome: upstream::CallOutcome,
    stop: Option<StopReason>,
}

impl CallResult {
    /// Returns the service's rejection of the credential, unless the run is to stop: then no second call follows.
    fn rejection(&self) -> Option<CredentialRejection> {
        match &self.outcome {
            upstream::CallOutcome::Unauthorized { message, challenge } if self.stop.is_none() => {
                Some(CredentialRejection::new(message.to_string(), challenge.as_deref()))
            }
            _ => None,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the lease vouches for the user: the job is theirs")]
fn acting_for(lease: &Lease) -> Actor {
    Actor::system(lease.owner_id())
}

/// Returns the message of the run's first event. The run number means nothing to people: a rescue uses a number too.
fn started(lease: &Lease) -> &'static str {
    if lease.run_no() == 1 { "Started" } else { "Started again" }
}

/// Makes the call, and cancels it when the run is asked to stop.
async fn call(
    runner: &Runner,
    lease: &Lease,
    actor: &Actor,
    prepared: &PreparedCall,
    deadline: Instant,
    tools_changed: Arc<AtomicBool>,
) -> CallResult {
    let (cancel, events) = (CancellationToken::new(), lease.events());
    let (progress, mut steps) = mpsc::channel(64);
    let (limit, has_progressed) = (deadline - Instant::now(), AtomicBool::new(false));
    let era = KnownEra::new(prepared.era);
    let context = CallContext {
        limits: Limits { deadline, max_response_bytes: MAX_RESULT_BYTES },
        progress: Some(progress),
        tools_changed,
        cancel: cancel.clone(),
        has_header_arguments: prepared.has_header_arguments,
        era: era.clone(),
    };
    let calling = call_target(runner, prepared, context);
    let recording = async {
        while let Some(step) = steps.recv().await {
            has_progressed.store(true, Ordering::Relaxed);
            events.append(progress_event(&step, prepared, runner.clock.now()));
        }
    };
    let mut working = std::pin::pin!(async { tokio::join!(calling, recording).0 });
    let mut stopping = std::pin::pin!(lease.stopped());
    let result = tokio::select! {
        outcome = &mut working => CallResult { outcome: outcome.redacted(&prepared.redactor), stop: None },
        stop = &mut stopping => {
            cancel.cancel();
            CallResult { outcome: working.await.redacted(&prepared.redactor), stop: Some(stop) }
        }
    };
    let result = if has_progressed.load(Ordering::Relaxed) {
        CallResult { outcome: result.outcome.after_progress(&prepared.tool, limit), ..result }
    } else {
        result
    };
    if era.get() != prepared.era {
        store_era(runner, actor, prepared.connector, era.get()).await;
    }
    result
}

/// Makes the call by the protocol of its target.
async fn call_target(runner: &Runner, prepared: &PreparedCall, context: CallContext) -> upstream::CallOutcome {
    let arguments = &prepared.arguments;
    match &prepared.target {
        CallTarget::Mcp(target) => {
            upstream::call(&runner.egress, target, &prepared.tool, arguments.clone(), context).await
        }
        CallTarget::Resource(target, uri) => upstream::read_resource(&runner.egress, target, uri, context).await,
        CallTarget::Rest(target) => match target.call() {
            Ok(call) => call.run(&runner.egress, arguments, context.limits, &context.cancel, runner.clock.now()).await,
            Err(error) => upstream::CallOutcome::Permanent { class: "not_ready", message: error.to_message() },
        },
    }
}

/// Stores the era that the call found the server in, so that the next call need not find it out.
async fn store_era(runner: &Runner, actor: &Actor, connector: ConnectorId, era: Option<ProtocolEra>) {
    let storing = async {
        let mut tx = runner.system.begin().await?;
        connectors::record_era(&mut tx, actor, connector, era).await?;
        Ok::<_, Error>(tx.commit().await?)
    };
    if let Err(error) = storing.await {
        tracing::debug!(%connector, %error, "Failed to store the protocol era of connector {connector}; the next call finds it out");
    }
}

/// Returns progress as an event.
fn progress_event(step: &Progress, prepared: &PreparedCall, now: Timestamp) -> Event {
    let message = match (&step.message, step.total) {
        (Some(text), _) if !text.trim().is_empty() => clean_text(&prepared.redactor.redact(text)).into_owned(),
        (_, Some(total)) => format!("Step {} of {total}", step.progress),
        (_, None) => format!("Step {}", step.progress),
    };
    let data = serde_json::json!({ "progress": step.progress, "total": step.total });
    Event::new(EventLevel::Info, message, now).with_data(data.to_string())
}
