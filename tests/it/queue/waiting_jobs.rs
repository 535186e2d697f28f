//! Jobs that wait for their connection: they are listed by it, and continue once it is connected again.

use craft::ids::{ConnectionId, JobId};
use craft::queue::{self, FinishedRun, JobEnd, ReleasedJobs, WaitReason};
use time::macros::datetime;

use super::{Caller, Hub, actor, info, next};

async fn release(hub: &Hub, caller: Caller, connection: ConnectionId) -> ReleasedJobs {
    let actor = actor(caller.owner);
    let mut tx = hub.database.databases.web.enter(&actor).await.unwrap();
    let released = queue::release_awaiting_reauth(&mut tx, &actor, connection).await.unwrap();
    tx.commit().await.unwrap();
    released.announce(&hub.live);
    released
}

async fn list_unfinished(hub: &Hub, caller: Caller, connections: &[ConnectionId]) -> Vec<JobId> {
    let actor = actor(caller.owner);
    let mut tx = hub.database.databases.web.enter(&actor).await.unwrap();
    let found = queue::list_unfinished(&mut tx, &actor, connections, 10).await.unwrap();
    let mut jobs: Vec<_> = found.into_iter().map(|(_, job)| job).collect();
    jobs.sort_unstable();
    jobs
}

fn later(hub: &Hub, reason: WaitReason) -> FinishedRun {
    let end = JobEnd::RetryLater { run_at: datetime!(2200-01-01 00:00 UTC), reason };
    FinishedRun { end, event: info("Waits", hub.now()), audit: None, is_use: true, now: hub.now() }
}

#[tokio::test]
async fn only_jobs_that_wait_for_a_reconnection_are_released_by_it() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let (engine, mut leases) = hub.engine().await;
    let parked = hub.enqueue(alice).await;
    engine.finish(next(&mut leases).await, later(&hub, WaitReason::Reauth)).await.unwrap();
    let retried = hub.enqueue(alice).await;
    engine.finish(next(&mut leases).await, later(&hub, WaitReason::Retry)).await.unwrap();
    let theirs = hub.enqueue(bob).await;
    engine.finish(next(&mut leases).await, later(&hub, WaitReason::Reauth)).await.unwrap();
    assert_eq!(hub.status(alice, parked).await, "waiting_input");

    // a stranger who knows the connection releases nothing
    assert!(release(&hub, bob, alice.connection).await.is_empty());
    assert_eq!(release(&hub, alice, alice.connection).await.len(), 1);
    let lease = next(&mut leases).await;
    assert_eq!((lease.job_id(), lease.run_no()), (parked, 2));
    assert_eq!(hub.status(alice, retried).await, "queued");
    assert_eq!(hub.status(bob, theirs).await, "waiting_input");
    assert!(release(&hub, alice, alice.connection).await.is_empty());
}

#[tokio::test]
async fn unfinished_jobs_in_every_state_are_listed_by_their_connection() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let (engine, mut leases) = hub.engine().await;
    let waiting = hub.enqueue(alice).await;
    engine.finish(next(&mut leases).await, later(&hub, WaitReason::Retry)).await.unwrap();
    let running = hub.enqueue(alice).await;
    let _lease = next(&mut leases).await;
    hub.change("UPDATE lane SET paused = true WHERE owner_id = (SELECT owner_id FROM job WHERE id = $1)", running)
        .await;
    let ready = hub.enqueue(alice).await;
    assert_eq!(list_unfinished(&hub, alice, &[alice.connection]).await, [waiting, running, ready]);
    assert!(list_unfinished(&hub, bob, &[alice.connection, bob.connection]).await.is_empty());
    assert!(list_unfinished(&hub, alice, &[]).await.is_empty());
}
