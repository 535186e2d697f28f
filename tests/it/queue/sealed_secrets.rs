//! Sealed secrets of jobs: they stay as long as the job may run, and go in the statement that ends it.

use std::time::Duration;

use craft::ids::JobId;
use craft::queue::{self, EnqueueRequest, FinishedRun, JobEnd, JobOutcome, WaitReason};

use super::rescue::simulate_crash;
use super::{Caller, Hub, actor, done, info, next, release};

const SEALED: &[u8] = b"sealed";

async fn enqueue(hub: &Hub, caller: Caller, repeatable: bool) -> JobId {
    let call = EnqueueRequest { sealed_secrets: Some(SEALED.to_vec()), repeatable, ..hub.call(caller) };
    hub.enqueue_new(call).await
}

async fn find(hub: &Hub, caller: Caller, job: JobId) -> Option<Vec<u8>> {
    let mut conn = hub.pool().acquire().await.unwrap();
    queue::find_sealed_secrets(&mut conn, caller.owner, job).await.unwrap()
}

#[tokio::test]
async fn they_stay_while_the_job_waits_and_go_with_its_end() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let beside = enqueue(&hub, other, false).await;
    let job = enqueue(&hub, caller, false).await;
    assert_eq!(find(&hub, other, job).await, None, "another owner finds them");
    let (engine, mut leases) = hub.engine().await;
    let (held, lease) = (next(&mut leases).await, next(&mut leases).await);
    assert_eq!((held.job_id(), lease.job_id()), (beside, job));
    release(&engine, lease, hub.now()).await;
    let lease = next(&mut leases).await;
    let end = JobEnd::RetryLater { run_at: hub.now() + Duration::from_secs(60), reason: WaitReason::Retry };
    let later = FinishedRun { end, event: info("Later", hub.now()), audit: None, is_use: true, now: hub.now() };
    engine.finish(lease, later).await.unwrap();
    assert_eq!(find(&hub, caller, job).await.as_deref(), Some(SEALED));
    hub.clock.advance(Duration::from_secs(60));
    let lease = next(&mut leases).await;
    let finish = done(&lease, caller, hub.now());
    engine.finish(lease, finish).await.unwrap();
    assert_eq!(find(&hub, caller, job).await, None);
    assert_eq!(find(&hub, other, beside).await.as_deref(), Some(SEALED), "those of another job went too");
}

#[tokio::test]
async fn a_rescued_run_keeps_them_and_the_last_rescue_deletes_them() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let (again, unknown) = (enqueue(&hub, caller, true).await, enqueue(&hub, caller, false).await);
    simulate_crash(&hub, again, 0).await;
    simulate_crash(&hub, unknown, 0).await;
    let _engine = hub.engine().await;
    hub.until(caller, unknown, "unknown").await;
    hub.until(caller, again, "queued").await;
    assert_eq!(find(&hub, caller, again).await.as_deref(), Some(SEALED));
    assert_eq!(find(&hub, caller, unknown).await, None);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_deletes_nothing() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = enqueue(&hub, caller, true).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    hub.change("UPDATE job_lease SET run_no = run_no + 1 WHERE job_id = $1", job).await;
    let outcome = JobEnd::Complete { outcome: JobOutcome::Dead, error_class: None, error: None, output: None };
    let late = FinishedRun { end: outcome, event: info("Late", hub.now()), audit: None, is_use: true, now: hub.now() };
    assert!(!engine.finish(lease, late).await.unwrap());
    assert_eq!(find(&hub, caller, job).await.as_deref(), Some(SEALED));
}

#[tokio::test]
async fn cancelling_a_waiting_job_deletes_them_and_a_repeated_key_stores_none() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let keyed = || EnqueueRequest {
        sealed_secrets: Some(SEALED.to_vec()),
        idem_key: Some("form-1".to_owned()),
        ..hub.call(caller)
    };
    let job = hub.enqueuer.enqueue(keyed()).await.unwrap().job_id();
    hub.enqueuer.enqueue(keyed()).await.unwrap();
    assert_eq!(hub.count("job_secret").await, 1);
    let mut tx = hub.database.databases.web.enter(&actor(caller.owner)).await.unwrap();
    queue::cancel(&mut tx, &actor(caller.owner), job, "Cancelled", hub.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&hub, caller, job).await, None);
}
