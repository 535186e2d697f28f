//! Shutdown of a process: repeatable runs are released, the others may end.

use std::time::Duration;

use craft::queue::StopReason;
use futures_util::FutureExt as _;

use super::{Hub, done, next, release};
use crate::support::hang::HANG_TIMEOUT;

#[tokio::test]
async fn a_stopping_process_releases_repeatable_runs_and_lets_the_others_end() {
    let hub = Hub::new().await;
    let (caller, other) = (hub.caller().await, hub.caller().await);
    let (once, twice) = (hub.enqueue(caller).await, hub.enqueue_repeatable(other).await);
    let (engine, mut leases) = hub.engine().await;
    let (first, second) = (next(&mut leases).await, next(&mut leases).await);
    assert_eq!((first.job_id(), second.job_id()), (once, twice));
    let runs = async {
        assert_eq!(second.stopped().await, StopReason::Shutdown);
        assert!(first.stopped().now_or_never().is_none(), "a call that cannot be repeated was cut short");
        release(&engine, second, hub.now()).await;
        let finish = done(&first, caller, hub.now());
        engine.finish(first, finish).await.unwrap();
    };
    tokio::join!(engine.shutdown(HANG_TIMEOUT), runs);
    assert!(leases.recv().await.is_none(), "something was claimed after the stop");
    assert_eq!((hub.status(caller, once).await, hub.status(other, twice).await), ("succeeded".into(), "queued".into()));
    assert_eq!((hub.count("worker").await, hub.count("leader").await), (0, 0));
    // the next process finds it at once
    let (_engine, mut leases) = hub.engine().await;
    assert_eq!(next(&mut leases).await.job_id(), twice);
}

#[tokio::test]
async fn a_run_that_outlasts_the_drain_is_asked_to_stop_and_ends_as_unknown() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let run = async {
        assert_eq!(lease.stopped().await, StopReason::Shutdown);
        drop(lease);
    };
    tokio::join!(engine.shutdown(Duration::ZERO), run);
    assert_eq!(hub.status(caller, job).await, "unknown");
    assert_eq!(hub.count("job_lease").await, 0);
}
