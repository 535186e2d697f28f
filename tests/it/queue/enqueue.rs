//! Enqueuing: once for each key, for the owner of the connection, up to a limit.

use std::time::Duration;

use craft::error::Error;
use craft::ids::OwnerId;
use craft::queue::{EnqueueRequest, EnqueueResult};
use futures_util::future::join_all;

use super::{Caller, Hub, done, next};

#[tokio::test]
async fn a_job_is_accepted_claimed_and_finished() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    assert_eq!(hub.status(caller, job).await, "queued");

    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    assert_eq!((lease.job_id(), lease.owner_id(), lease.run_no(), lease.attempt()), (job, caller.owner, 1, 0));
    assert_eq!(hub.status(caller, job).await, "running");

    lease.events().append(super::info("Calling", hub.now()));
    let finish = done(&lease, caller, hub.now());
    assert!(engine.finish(lease, finish).await.unwrap());
    assert_eq!(hub.status(caller, job).await, "succeeded");
    assert_eq!(hub.events(caller, job).await, ["0.0 Accepted", "1.0 Calling", "1.1 Done"]);
    assert_eq!(hub.value::<i64>("SELECT count(*) FROM action_logs WHERE job_id = $1", job).await, 1);
    let used = "SELECT c.last_used_at = r.finished_at FROM job j JOIN job_result r ON r.job_id = j.id \
                JOIN user_connections c ON c.id = j.connection_id WHERE j.id = $1";
    assert!(hub.value::<bool>(used, job).await, "the connection does not know of its last use");
    assert_eq!((hub.count("job_ready").await, hub.count("job_lease").await), (0, 0));
}

#[tokio::test]
async fn the_same_key_makes_one_job() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let keyed = || EnqueueRequest { idem_key: Some("form-1".to_owned()), ..hub.call(caller) };
    // in one batch, then in another
    let (first, second) = tokio::join!(hub.enqueuer.enqueue(keyed()), hub.enqueuer.enqueue(keyed()));
    let third = hub.enqueuer.enqueue(keyed()).await.unwrap();
    let id = first.as_ref().unwrap().job_id();
    assert_eq!(first.unwrap(), EnqueueResult::New(id));
    assert_eq!((second.unwrap(), third), (EnqueueResult::Duplicate(id), EnqueueResult::Duplicate(id)));
    assert_eq!((hub.count("job").await, hub.count("job_ready").await), (1, 1));
}

#[tokio::test]
async fn a_key_is_its_users_own_and_free_again_after_a_day() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let keyed = |caller: Caller| EnqueueRequest { idem_key: Some("form-1".to_owned()), ..hub.call(caller) };
    hub.enqueue_new(keyed(alice)).await;
    hub.enqueue_new(keyed(bob)).await;
    hub.clock.advance(Duration::from_secs(24 * 3_600 - 1));
    assert!(matches!(hub.enqueuer.enqueue(keyed(alice)).await.unwrap(), EnqueueResult::Duplicate(_)));
    hub.clock.advance(Duration::from_secs(1));
    let new = hub.enqueue_new(keyed(alice)).await;
    assert_eq!(hub.enqueuer.enqueue(keyed(alice)).await.unwrap(), EnqueueResult::Duplicate(new));
}

#[tokio::test]
async fn a_foreign_connection_is_rejected_and_the_rest_of_the_batch_is_not() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let foreign = EnqueueRequest { connection_id: bob.connection, connector_id: bob.connector, ..hub.call(alice) };
    let other_connector = EnqueueRequest { connector_id: bob.connector, ..hub.call(alice) };
    let unknown_owner = EnqueueRequest { owner_id: OwnerId::new(hub.now()), ..hub.call(alice) };
    let calls = [foreign, hub.call(alice), other_connector, unknown_owner, hub.call(bob)];
    let answers = join_all(calls.map(|call| hub.enqueuer.enqueue(call))).await;
    let refused: Vec<_> = answers.iter().map(|it| matches!(it, Err(Error::NotFound("connection")))).collect();
    assert_eq!(refused, [true, false, true, true, false]);
    for table in ["job", "job_ready", "lane", "pipeline_events"] {
        assert_eq!(hub.count(table).await, 2, "{table}");
    }
}

#[tokio::test]
async fn only_the_job_that_cannot_be_written_fails_in_a_batch() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let mut calls: Vec<_> = (0..9).map(|_| hub.call(caller)).collect();
    calls[4].tool_name = "no text in PostgreSQL holds a \0".to_owned();
    // all are submitted before the task that commits runs once
    let answers = join_all(calls.into_iter().map(|call| hub.enqueuer.enqueue(call))).await;
    let failed: Vec<_> = answers.iter().enumerate().filter(|(_, it)| it.is_err()).map(|(at, _)| at).collect();
    assert_eq!(failed, [4]);
    assert_eq!((hub.count("job").await, hub.count("job_ready").await, hub.count("lane").await), (8, 8, 1));
}

#[tokio::test]
async fn a_full_queue_rejects_jobs_of_its_user_only() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let keyed = || EnqueueRequest { idem_key: Some("form-1".to_owned()), ..hub.call(alice) };
    let first = hub.enqueue_new(keyed()).await;
    fill(&hub, alice, 9_998).await;
    let (last, refused) = tokio::join!(hub.enqueuer.enqueue(hub.call(alice)), hub.enqueuer.enqueue(hub.call(alice)));
    last.unwrap();
    let Err(Error::Limited { retry_after, .. }) = refused else { panic!("not refused: {refused:?}") };
    assert!(!retry_after.is_zero());
    hub.enqueue(bob).await;
    assert_eq!(
        hub.enqueuer.enqueue(keyed()).await.unwrap(),
        EnqueueResult::Duplicate(first),
        "a known key was forgotten"
    );
    assert_eq!(hub.count("job").await, 3);
}

/// Makes a backlog by hand; the caller has a lane.
pub(super) async fn fill(hub: &Hub, caller: Caller, jobs: i32) {
    sqlx::query(
        "INSERT INTO job_ready (owner_id, job_id, queue, lane, repeatable)
         -- ids of this moment: their partitions exist
         SELECT l.owner_id, (left(uuid_floor(clock_timestamp())::text, 14) || right(gen_random_uuid()::text, 22))::uuid, l.queue, l.lane, false
         FROM lane l, generate_series(1, $2)
         WHERE l.owner_id = $1",
    )
    .bind(caller.owner)
    .bind(jobs)
    .execute(hub.pool())
    .await
    .unwrap();
}
