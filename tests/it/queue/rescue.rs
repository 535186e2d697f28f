//! Rescue of lost runs: their process is gone, or their deadline has passed.

use std::time::{Duration, Instant};

use craft::ids::JobId;

use super::{Caller, Hub, done, next};
use crate::support::hang::in_time;

/// A run is lost this long after its deadline.
const DEADLINE_GRACE: Duration = Duration::from_secs(10);

/// The state in which a process leaves its job that is killed while it runs it.
pub(super) async fn simulate_crash(hub: &Hub, job: JobId, crashes: i32) {
    sqlx::query(
        "WITH worker AS (
             INSERT INTO worker (id, heartbeat_at, info)
             VALUES (gen_random_uuid(), clock_timestamp() - interval '21 seconds', 'dead')
             RETURNING id
         ),
         taken AS (DELETE FROM job_ready WHERE job_id = $1 RETURNING *)
         INSERT INTO job_lease (job_id, run_no, attempt, crashes, worker_id, queue, lane, owner_id, connector_id,
             repeatable, started_at, deadline_at)
         SELECT t.job_id, t.run_no + 1, t.attempt, $2, w.id, t.queue, t.lane, t.owner_id, l.connector_id, t.repeatable,
             $3, clock_timestamp() + interval '5 minutes'
         FROM taken t
         JOIN lane l ON l.lane = t.lane
         CROSS JOIN worker w",
    )
    .bind(job)
    .bind(crashes)
    .bind(hub.now())
    .execute(hub.pool())
    .await
    .unwrap();
}

async fn error_class(hub: &Hub, job: JobId) -> String {
    hub.value("SELECT error_class FROM job_result WHERE job_id = $1", job).await
}

async fn audited(hub: &Hub, caller: Caller, job: JobId) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', action, actor, origin, ip, outcome, error_class) FROM action_logs
         WHERE owner_id = $1 AND job_id = $2",
    )
    .bind(caller.owner)
    .bind(job)
    .fetch_all(hub.pool())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_call_that_may_have_happened_ends_as_unknown() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    simulate_crash(&hub, job, 0).await;
    let _engine = hub.engine().await;
    hub.until(caller, job, "unknown").await;
    let events = hub.events(caller, job).await;
    assert_eq!(events.len(), 2);
    assert!(
        events[1].starts_with("2.0 The hub stopped while this call was running. The call may or may not"),
        "{events:?}"
    );
    assert_eq!(error_class(&hub, job).await, "crash");
    assert_eq!(audited(&hub, caller, job).await, ["job.finished user browser 192.0.2.1 unknown crash"]);
}

#[tokio::test]
async fn a_repeatable_call_runs_again_in_a_run_of_its_own() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue_repeatable(caller).await;
    simulate_crash(&hub, job, 0).await;
    let (engine, mut leases) = hub.engine().await;
    hub.until(caller, job, "queued").await;
    assert_eq!(hub.value::<i32>("SELECT crashes FROM job_later WHERE job_id = $1", job).await, 1);
    // no later than the longest first wait
    hub.clock.advance(std::time::Duration::from_secs(2));
    let lease = next(&mut leases).await;
    assert_eq!((lease.job_id(), lease.run_no(), lease.attempt()), (job, 3, 0), "run 2 is the rescuer's");
    let finish = done(&lease, caller, hub.now());
    assert!(engine.finish(lease, finish).await.unwrap());
    assert_eq!(hub.status(caller, job).await, "succeeded");
}

#[tokio::test]
async fn the_third_crash_is_the_last() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue_repeatable(caller).await;
    simulate_crash(&hub, job, 2).await;
    let _engine = hub.engine().await;
    hub.until(caller, job, "failed").await;
    assert_eq!(error_class(&hub, job).await, "crash_loop");
    assert_eq!(audited(&hub, caller, job).await, ["job.finished user browser 192.0.2.1 failed crash_loop"]);
}

#[tokio::test]
async fn a_lost_run_that_its_owner_had_canceled_does_not_run_again() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue_repeatable(caller).await;
    simulate_crash(&hub, job, 0).await;
    hub.change("INSERT INTO job_cancel SELECT job_id, owner_id, started_at FROM job_lease WHERE job_id = $1", job)
        .await;
    let _engine = hub.engine().await;
    hub.until(caller, job, "canceled").await;
    assert_eq!(audited(&hub, caller, job).await, ["job.finished user browser 192.0.2.1 canceled canceled"]);
    assert_eq!(hub.count("job_cancel").await, 0);
}

#[tokio::test]
async fn an_overdue_run_is_ended_and_asked_to_stop_while_others_continue() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let (job, bystander) = (hub.enqueue(caller).await, hub.enqueue(other).await);
    let (engine, mut leases) = hub.engine().await;
    let (lease, beside) = (next(&mut leases).await, next(&mut leases).await);
    // one statement: a rescue in between would see only one of them overdue
    hub.change(
        "UPDATE job_lease
         SET deadline_at = clock_timestamp() - CASE job_id WHEN $1 THEN interval '11 seconds' ELSE interval '0' END",
        job,
    )
    .await;
    let grace_began = Instant::now();
    hub.until(caller, job, "unknown").await;
    assert_eq!(error_class(&hub, job).await, "deadline");
    assert_eq!(in_time("the run is asked to stop", lease.stopped()).await, craft::queue::StopReason::Lost);
    let finish = done(&lease, caller, hub.now());
    assert!(!engine.finish(lease, finish).await.unwrap(), "a run that was given up wrote its ending");
    let is_running = hub.status(other, bystander).await == "running";
    // on a machine so busy that the grace is over, its end is right as well
    assert!(is_running || grace_began.elapsed() >= DEADLINE_GRACE, "ended within its grace");
    drop(beside);
}
