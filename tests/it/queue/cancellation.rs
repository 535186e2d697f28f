//! Cancellation of a job in each of its states.

use std::time::Duration;

use craft::error::{Error, Result};
use craft::ids::{JobId, OwnerId};
use craft::queue::{self, CancelResult, FinishedRun, JobEnd, JobOutcome, StopReason, WaitReason};

use super::{Hub, actor, done, info, next};
use crate::support::hang::in_time;

async fn cancel(hub: &Hub, owner: OwnerId, job: JobId) -> Result<CancelResult> {
    let actor = actor(owner);
    let mut tx = hub.database.databases.web.enter(&actor).await?;
    let canceled = queue::cancel(&mut tx, &actor, job, "You canceled this job", hub.now()).await?;
    tx.commit().await?;
    if canceled == CancelResult::Requested {
        hub.live.notify_cancels();
    }
    Ok(canceled)
}

#[tokio::test]
async fn a_queued_job_ends_at_once_and_is_never_claimed() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    assert_eq!(cancel(&hub, caller.owner, job).await.unwrap(), CancelResult::Canceled);
    assert_eq!(hub.status(caller, job).await, "canceled");
    assert_eq!(hub.events(caller, job).await, ["0.0 Accepted", "0.1 You canceled this job"]);
    let (_engine, mut leases) = hub.engine().await;
    let other = hub.enqueue(caller).await;
    assert_eq!(next(&mut leases).await.job_id(), other);
    assert_eq!(cancel(&hub, caller.owner, job).await.unwrap(), CancelResult::AlreadyFinished);
}

#[tokio::test]
async fn a_waiting_job_ends_at_once() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let end = JobEnd::RetryLater { run_at: hub.now() + Duration::from_secs(60), reason: WaitReason::Retry };
    let finish = FinishedRun { end, event: info("Later", hub.now()), audit: None, is_use: true, now: hub.now() };
    engine.finish(next(&mut leases).await, finish).await.unwrap();
    assert_eq!(cancel(&hub, caller.owner, job).await.unwrap(), CancelResult::Canceled);
    assert_eq!(hub.events(caller, job).await, ["0.0 Accepted", "1.0 Later", "1.1 You canceled this job"]);
    assert_eq!(hub.count("job_later").await, 0);
}

#[tokio::test]
async fn a_running_job_is_asked_to_stop_and_its_worker_ends_it() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let (job, bystander) = (hub.enqueue(caller).await, hub.enqueue(other).await);
    let (engine, mut leases) = hub.engine().await;
    let (lease, beside) = (next(&mut leases).await, next(&mut leases).await);
    assert_eq!((lease.job_id(), beside.job_id()), (job, bystander));
    assert_eq!(cancel(&hub, caller.owner, job).await.unwrap(), CancelResult::Requested);
    assert_eq!(in_time("the run is asked to stop", lease.stopped()).await, StopReason::Canceled);
    assert!(futures_util::FutureExt::now_or_never(beside.stopped()).is_none(), "another run was told");
    let mut finish = done(&lease, caller, hub.now());
    finish.end = JobEnd::Complete { outcome: JobOutcome::Canceled, error_class: None, error: None, output: None };
    engine.finish(lease, finish).await.unwrap();
    assert_eq!(hub.status(caller, job).await, "canceled");
    assert_eq!(hub.count("job_cancel").await, 0);
}

#[tokio::test]
async fn a_job_that_continues_keeps_its_request_to_be_canceled() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    assert_eq!(cancel(&hub, caller.owner, job).await.unwrap(), CancelResult::Requested);
    let end = JobEnd::RetryLater { run_at: hub.now() + Duration::from_secs(3_600), reason: WaitReason::Retry };
    let finish = FinishedRun { end, event: info("In an hour", hub.now()), audit: None, is_use: true, now: hub.now() };
    engine.finish(lease, finish).await.unwrap();
    // it does not wait for the hour
    let lease = next(&mut leases).await;
    assert_eq!(futures_util::FutureExt::now_or_never(lease.stopped()), Some(StopReason::Canceled));
}

#[tokio::test]
async fn a_strangers_job_is_not_found() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let job = hub.enqueue(alice).await;
    assert!(matches!(cancel(&hub, bob.owner, job).await, Err(Error::NotFound("job"))));
    let (_engine, mut leases) = hub.engine().await;
    let _lease = next(&mut leases).await;
    assert!(matches!(cancel(&hub, bob.owner, job).await, Err(Error::NotFound("job"))));
    assert_eq!((hub.status(alice, job).await.as_str(), hub.count("job_cancel").await), ("running", 0));
}
