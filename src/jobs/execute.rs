//! One run of a job: make ready, call, and hand the outcome on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::checkup;
use super::outcome::{ended, panicked, unprepared};
use super::run::{Prepared, Runner, Unready, Work, prepare, presented};
use super::tool_news::ToolNews;
use crate::actor::{Actor, Origin};
use crate::clock::Timestamp;
use crate::oauth::Challenge;
use crate::queue::events::{Event, Level};
use crate::queue::{Finish, Lease, Stop};
use crate::secret::Redactor;
use crate::upstream::{self, CallContext, Limits, Progress};

/// A result longer than this fails the job.
const LONGEST_RESULT: usize = 4 * 1024 * 1024;

/// When a call is made again whose credential was refused while somebody brought another.
const AGAIN: Duration = Duration::from_secs(30);

/// The upstream is told to stop this long before the queue gives the run up.
const MARGIN: Duration = Duration::from_secs(2);

/// A run that has ended.
#[derive(Debug)]
pub struct Ran {
    /// What becomes of its job.
    pub finish: Finish,
    /// What the server said besides: that its tools have changed.
    pub news: Option<ToolNews>,
}

/// Runs a claimed job once and says what becomes of it. Never fails: a failure is an ending like any other.
pub async fn execute(runner: &Runner, lease: &Lease) -> Ran {
    let actor = acting_for(lease);
    let run = AssertUnwindSafe(attempt(runner, lease, &actor)).catch_unwind().await;
    run.unwrap_or_else(|_| {
        tracing::error!(job = %lease.job_id(), "a run panicked");
        Ran { finish: panicked(lease, &actor, runner.clock.now()), news: None }
    })
}

async fn attempt(runner: &Runner, lease: &Lease, actor: &Actor) -> Ran {
    let journal = lease.journal();
    // of both calls, if there are two: the lease is no longer for that
    let deadline = Instant::now() + lease.time_limit().saturating_sub(MARGIN);
    journal.append(Event::new(Level::Info, started(lease), runner.clock.now()));
    let mut prepared = match prepare(runner, actor, lease.job_id()).await {
        Ok(Work::Call(prepared)) => prepared,
        Ok(Work::Checkup(job)) => {
            let finish = Box::pin(checkup::run(runner, lease, actor, &job)).await;
            let finish = finish.unwrap_or_else(|unready| unprepared(lease, actor, unready, runner.clock.now()));
            return Ran { finish, news: None };
        }
        Err(unready) => return Ran { finish: unprepared(lease, actor, unready, runner.clock.now()), news: None },
    };
    let tools_changed = Arc::new(AtomicBool::new(false));
    let mut is_second = false;
    let (outcome, stop) = loop {
        // on the heap: a call's state is large, and many calls run at once
        let (outcome, stop) = Box::pin(call(runner, lease, &prepared, deadline, tools_changed.clone())).await;
        let Some(refusal) = Refusal::of(&outcome).filter(|_| stop.is_none()) else { break (outcome, stop) };
        if is_second && !refusal.wants_more() {
            return given_up(runner, lease, actor, &prepared, &refusal.message).await;
        }
        match mended(runner, actor, &mut prepared, &refusal).await {
            Ok(true) if !is_second => {}
            Ok(_) => break (outcome, stop),
            Err(unready) => {
                return Ran { finish: unprepared(lease, actor, unready, runner.clock.now()), news: None };
            }
        }
        journal.append(Event::new(Level::Info, "The token was renewed; calling once more", runner.clock.now()));
        is_second = true;
    };
    let heard = tools_changed.load(Ordering::Acquire);
    let news = heard.then(|| ToolNews { actor: actor.clone(), connector: prepared.connector });
    Ran { finish: ended(lease, actor, &prepared, outcome, stop, runner.clock.now()), news }
}

/// A service did not accept the credential: the tool was not run.
struct Refusal {
    message: String,
    challenge: Challenge,
}

impl Refusal {
    fn of(outcome: &upstream::CallOutcome) -> Option<Self> {
        let upstream::CallOutcome::Unauthorized { message, challenge } = outcome else { return None };
        let challenge = challenge.as_deref().map(Challenge::parse).unwrap_or_default();
        Some(Self { message: message.clone(), challenge })
    }

    /// The credential is good, and does not permit this tool.
    fn wants_more(&self) -> bool {
        self.challenge.error.as_deref() == Some("insufficient_scope")
    }
}

/// Puts another credential in the place of one that was refused; false if there can be none.
async fn mended(runner: &Runner, actor: &Actor, prepared: &mut Prepared, refusal: &Refusal) -> Result<bool, Unready> {
    let (refresher, connection, seen) = (&runner.refresher, prepared.connection, prepared.version);
    let credential = if refusal.wants_more() {
        refresher.handle_insufficient_scope(actor, connection, seen, &prepared.tool, &refusal.challenge.scopes).await?
    } else if prepared.secret.is_none() {
        refresher.handle_authentication_required(actor, connection, seen, &refusal.challenge).await?
    } else {
        Some(refresher.refresh_after_rejection(actor, connection, seen, &refusal.message).await?)
    };
    let Some(credential) = credential else { return Ok(false) };
    prepared.present(presented(credential)?);
    Ok(true)
}

/// A credential that was just given is refused as well: there is no use in a third.
async fn given_up(runner: &Runner, lease: &Lease, actor: &Actor, prepared: &Prepared, message: &str) -> Ran {
    let unready = match runner
        .refresher
        .expire_after_second_rejection(actor, prepared.connection, prepared.version, message)
        .await
    {
        // whoever was faster has brought another credential, which the next run presents
        Ok(credential) => {
            presented(credential).err().unwrap_or(Unready::Later { message: message.to_owned(), after: AGAIN })
        }
        Err(error) => Unready::Failed(error),
    };
    Ran { finish: unprepared(lease, actor, unready, runner.clock.now()), news: None }
}

#[expect(clippy::disallowed_methods, reason = "the lease vouches for the user: the job is theirs")]
fn acting_for(lease: &Lease) -> Actor {
    Actor::new(lease.user_id(), Origin::System)
}

fn started(lease: &Lease) -> &'static str {
    match lease.run_no() {
        1 => "Started",
        // its number says nothing to people: giving up a lost run takes one too
        _ => "Started again",
    }
}

/// Makes the call, and tells it to stop when the lease says so; returns why it was told.
async fn call(
    runner: &Runner,
    lease: &Lease,
    prepared: &Prepared,
    deadline: Instant,
    tools_changed: Arc<AtomicBool>,
) -> (upstream::CallOutcome, Option<Stop>) {
    let (cancel, journal) = (CancellationToken::new(), lease.journal());
    let (progress, mut steps) = mpsc::channel(64);
    let context = CallContext {
        limits: Limits { deadline, max_response_bytes: LONGEST_RESULT },
        progress: Some(progress),
        tools_changed,
        cancel: cancel.clone(),
        mirrors_headers: prepared.mirrors_headers,
    };
    let calling = upstream::call(&runner.egress, &prepared.target, &prepared.tool, prepared.arguments.clone(), context);
    let noting = async {
        while let Some(step) = steps.recv().await {
            journal.append(noted(&step, prepared, runner.clock.now()));
        }
    };
    let mut working = std::pin::pin!(async { tokio::join!(calling, noting).0 });
    let mut stopping = std::pin::pin!(lease.stopped());
    tokio::select! {
        outcome = &mut working => (outcome, None),
        stop = &mut stopping => {
            cancel.cancel();
            (working.await, Some(stop))
        }
    }
}

/// Progress as a line of the log.
fn noted(step: &Progress, prepared: &Prepared, now: Timestamp) -> Event {
    let words = match (&step.message, step.total) {
        (Some(message), _) if !message.trim().is_empty() => {
            Redactor::for_content(&prepared.secret).redact(message).into_owned()
        }
        (_, Some(total)) => format!("Step {} of {total}", step.progress),
        (_, None) => format!("Step {}", step.progress),
    };
    let data = serde_json::json!({ "progress": step.progress, "total": step.total });
    Event::new(Level::Info, words, now).with_data(data.to_string())
}
