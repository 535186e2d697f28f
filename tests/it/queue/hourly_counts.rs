//! Hourly figures always equal the results, whichever process completes the jobs and however many at once.

use std::time::Duration;

use craft::queue::{self, JobEnd, JobOutcome};
use futures_util::future::select_all;

use super::rescue::simulate_crash;
use super::{Caller, Hub, actor, done, next, release};
use crate::support::hang::in_time;

/// Fails unless the figures are what the results give.
async fn figures_are_right(hub: &Hub) {
    let differing: Vec<String> = sqlx::query_scalar(
        "WITH counted AS (
             SELECT owner_id,
                    date_trunc('hour', finished_at, 'UTC') AS hour,
                    count(*) FILTER (WHERE outcome = 'ok') AS succeeded,
                    count(*) FILTER (WHERE outcome IN ('permanent', 'dead')) AS failed,
                    count(*) FILTER (WHERE outcome = 'canceled') AS canceled,
                    count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
                    COALESCE(sum(GREATEST(round(extract(epoch FROM finished_at - started_at) * 1000), 0))
                        FILTER (WHERE outcome = 'ok'), 0)::bigint AS latency_ms
             FROM job_result
             GROUP BY 1, 2
         )
         SELECT COALESCE(c::text, h::text)
         FROM counted c
         FULL JOIN job_hours h USING (owner_id, hour, succeeded, failed, canceled, unknown, latency_ms)
         WHERE c IS NULL OR h IS NULL",
    )
    .fetch_all(hub.pool())
    .await
    .unwrap();
    assert!(differing.is_empty(), "{differing:?}");
}

/// Numbers of succeeded, failed, canceled and unknown jobs.
async fn counted(hub: &Hub, caller: Caller) -> [i64; 4] {
    let (succeeded, failed, canceled, unknown) = sqlx::query_as(
        "SELECT sum(succeeded)::bigint, sum(failed)::bigint, sum(canceled)::bigint, sum(unknown)::bigint
         FROM job_hours
         WHERE owner_id = $1",
    )
    .bind(caller.owner)
    .fetch_one(hub.pool())
    .await
    .unwrap();
    [succeeded, failed, canceled, unknown]
}

#[tokio::test]
async fn each_outcome_is_counted_in_its_hour() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let stopped = hub.enqueue(caller).await;
    let owner = actor(caller.owner);
    let mut tx = hub.database.databases.web.enter(&owner).await.unwrap();
    queue::cancel(&mut tx, &owner, stopped, "Cancelled", hub.now()).await.unwrap();
    tx.commit().await.unwrap();
    let lost = hub.enqueue(caller).await;
    simulate_crash(&hub, lost, 0).await;
    let (engine, mut leases) = hub.engine().await;
    hub.until(caller, lost, "unknown").await;
    for outcome in [JobOutcome::Ok, JobOutcome::Permanent, JobOutcome::Dead, JobOutcome::Canceled, JobOutcome::Ok] {
        hub.enqueue(caller).await;
        hub.enqueue(other).await;
        for _ in 0..2 {
            let lease = next(&mut leases).await;
            let owner = if lease.owner_id() == caller.owner { caller } else { other };
            let mut finish = done(&lease, owner, hub.now());
            finish.end = JobEnd::Complete { outcome, error_class: None, error: None, output: None };
            engine.finish(lease, finish).await.unwrap();
        }
        // an hour has figures of its own; a run takes its time
        hub.clock.advance(Duration::from_secs(1_800));
    }
    // a retried job is not finished
    hub.enqueue(caller).await;
    release(&engine, next(&mut leases).await, hub.now()).await;
    assert_eq!(counted(&hub, caller).await, [2, 2, 2, 1]);
    assert!(hub.count("(SELECT DISTINCT hour FROM job_hours) hours").await >= 3);
    figures_are_right(&hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_several_processes_count_for_the_same_users_without_a_deadlock() {
    const ROUNDS: usize = 6;
    const EACH: usize = 8;
    let hub = Hub::new().await;
    let mut callers = Vec::new();
    for _ in 0..4 {
        callers.push(hub.caller().await);
    }
    let mut engines = Vec::new();
    for _ in 0..3 {
        engines.push(hub.engine().await);
    }
    for round in 0..ROUNDS {
        for n in 0..callers.len() * EACH {
            hub.enqueue(callers[(n + round) % callers.len()]).await;
        }
        // all claimed jobs complete at once, each process in its own order
        let mut held = Vec::new();
        while held.len() < callers.len() * EACH {
            let claims = engines.iter_mut().enumerate();
            let claims = claims.map(|(at, (_, leases))| Box::pin(async move { (at, leases.recv().await.unwrap()) }));
            held.push(in_time("a process claims a job", select_all(claims)).await.0);
        }
        held.rotate_left(round);
        let ending = held.into_iter().map(|(at, lease)| {
            let caller = *callers.iter().find(|it| it.owner == lease.owner_id()).unwrap();
            let finish = done(&lease, caller, hub.now());
            engines[at].0.finish(lease, finish)
        });
        for ended in futures_util::future::join_all(ending).await {
            assert!(ended.unwrap());
        }
    }
    let all = i64::try_from(ROUNDS * EACH).unwrap();
    for caller in callers {
        assert_eq!(counted(&hub, caller).await, [all, 0, 0, 0]);
    }
    figures_are_right(&hub).await;
}
