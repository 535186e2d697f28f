//! Events of a job: stored in order, read after a position, by their owner only.

use craft::queue::Position;

use super::{Hub, done, event_text, info, next, release};
use crate::support::hang::in_time;

#[tokio::test]
async fn reading_resumes_exactly_after_a_position() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    lease.events().append(info("First", hub.now()));
    release(&engine, lease, hub.now()).await;
    let lease = next(&mut leases).await;
    lease.events().append(info("Second", hub.now()));
    let finish = done(&lease, caller, hub.now());
    engine.finish(lease, finish).await.unwrap();

    let all = hub.events_after(caller.owner, job, Position::START).await;
    let again = "The hub is restarting: this call goes back to the queue";
    let expected = ["0.0 Accepted", "1.0 First", &format!("1.1 {again}"), "2.0 Second", "2.1 Done"];
    assert_eq!(all.iter().map(event_text).collect::<Vec<_>>(), expected);
    for (at, event) in all.iter().enumerate() {
        let rest = hub.events_after(caller.owner, job, event.position()).await;
        assert_eq!(rest.iter().map(event_text).collect::<Vec<_>>(), expected[at + 1..], "after {}", event.position());
    }
}

#[tokio::test]
async fn events_of_a_running_job_are_stored_before_it_ends() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (_engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let mut changes = hub.live.subscribe_job(job);
    for n in 0..150 {
        lease.events().append(info(&format!("Step {n}"), hub.now()));
    }
    let stored = async {
        while hub.events(caller, job).await.len() < 151 {
            changes.changed().await;
        }
    };
    in_time("the events are stored", stored).await;
    assert_eq!(hub.events(caller, job).await.last().unwrap(), "1.149 Step 149");
}

#[tokio::test]
async fn a_run_that_lost_its_lease_stores_no_events() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let (lost, kept) = (hub.enqueue(caller).await, hub.enqueue(other).await);
    let (_engine, mut leases) = hub.engine().await;
    let (first, second) = (next(&mut leases).await, next(&mut leases).await);
    hub.change("UPDATE job_lease SET run_no = 2 WHERE job_id = $1", lost).await;
    let mut changes = hub.live.subscribe_job(kept);
    for lease in [&first, &second] {
        lease.events().append(info("Still here", hub.now()));
    }
    let stored = async {
        while hub.events(other, kept).await.len() < 2 {
            changes.changed().await;
        }
    };
    in_time("the other run's event is stored", stored).await;
    assert_eq!(hub.events(caller, lost).await, ["0.0 Accepted"]);
}

#[tokio::test]
async fn events_beyond_the_limit_of_a_run_are_dropped_and_it_still_ends() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let events = lease.events();
    for _ in 0..6_000 {
        events.append(info("Progress", hub.now()));
    }
    let finish = done(&lease, caller, hub.now());
    assert!(engine.finish(lease, finish).await.unwrap());
    events.append(info("After the end", hub.now()));
    let tail = hub.events_after(caller.owner, job, Position { run_no: 1, n: 4_998 }).await;
    let expected = ["1.4999 Progress", "1.5000 This run has too many events: further ones are left out", "1.5001 Done"]
        .map(str::to_owned);
    assert_eq!(tail.iter().map(event_text).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn another_user_reads_no_events() {
    let hub = Hub::new().await;
    let (alice, bob) = (hub.caller().await, hub.caller().await);
    let job = hub.enqueue(alice).await;
    assert_eq!(hub.events_after(alice.owner, job, Position::START).await.len(), 1);
    assert!(hub.events_after(bob.owner, job, Position::START).await.is_empty());
}
