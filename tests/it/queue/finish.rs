//! Runs end as complete, retry later or release, and only by the holder of the lease.

use std::time::Duration;

use craft::queue::{FinishedRun, JobEnd, WaitReason};
use sqlx::AssertSqlSafe;

use super::{Hub, done, info, next, release};

#[tokio::test]
async fn a_fenced_out_worker_writes_nothing() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    // it was taken for dead, and runs elsewhere
    hub.change("UPDATE job_lease SET run_no = 2 WHERE job_id = $1", job).await;
    lease.events().append(info("Calling", hub.now()));
    let finish = done(&lease, caller, hub.now());
    assert!(!engine.finish(lease, finish).await.unwrap());
    assert_eq!(hub.status(caller, job).await, "running");
    assert_eq!(hub.events(caller, job).await, ["0.0 Accepted"]);
    assert_eq!((hub.count("job_result").await, hub.count("audit_entries").await), (0, 0));
    assert_eq!(hub.count("user_connections WHERE last_used_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_retry_waits_for_its_time_and_counts_as_an_attempt() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let end = JobEnd::RetryLater { run_at: hub.now() + Duration::from_secs(60), reason: WaitReason::Retry };
    let finish = FinishedRun {
        end,
        event: info("Trying again in a minute", hub.now()),
        audit: None,
        is_use: true,
        now: hub.now(),
    };
    assert!(engine.finish(lease, finish).await.unwrap());
    assert_eq!(hub.status(caller, job).await, "queued");
    assert_eq!(hub.value::<String>("SELECT later_reason FROM pipeline_jobs WHERE id = $1", job).await, "retry");
    hub.clock.advance(Duration::from_secs(60));
    let lease = next(&mut leases).await;
    assert_eq!((lease.job_id(), lease.run_no(), lease.attempt()), (job, 2, 1));
}

#[tokio::test]
async fn waiting_for_a_reconnection_is_not_an_attempt() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let end = JobEnd::RetryLater { run_at: hub.now() + Duration::from_secs(60), reason: WaitReason::Reauth };
    let finish =
        FinishedRun { end, event: info("Connect again", hub.now()), audit: None, is_use: true, now: hub.now() };
    assert!(engine.finish(lease, finish).await.unwrap());
    assert_eq!(hub.status(caller, job).await, "waiting_input");
    assert_eq!(hub.value::<i32>("SELECT attempt FROM job_later WHERE job_id = $1", job).await, 0);
}

#[tokio::test]
async fn a_released_job_is_ready_as_if_its_run_had_not_begun() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    assert!(release(&engine, next(&mut leases).await, hub.now()).await);
    let lease = next(&mut leases).await;
    assert_eq!((lease.job_id(), lease.run_no(), lease.attempt()), (job, 2, 0));
}

#[tokio::test]
async fn an_end_waits_for_a_fault_of_the_database_that_passes() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let (engine, mut leases) = hub.engine().await;
    // disk full, canceled by the operator, a failed disk
    for sqlstate in ["53100", "57014", "58030"] {
        let job = hub.enqueue(caller).await;
        let lease = next(&mut leases).await;
        // a sequence counts the refused writes: it survives the rollback
        execute(&hub, "CREATE SEQUENCE refused").await;
        execute(
            &hub,
            &format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM nextval('refused'); RAISE EXCEPTION 'fault' USING ERRCODE = '{sqlstate}'; END $$"
            ),
        )
        .await;
        execute(&hub, "CREATE TRIGGER refuse BEFORE INSERT ON job_result FOR EACH ROW EXECUTE FUNCTION refuse()").await;
        let finish = done(&lease, caller, hub.now());
        let finished = tokio::spawn({
            let engine = engine.clone();
            async move { engine.finish(lease, finish).await }
        });
        let refused = async || hub.count("refused WHERE is_called").await > 0;
        crate::support::hang::wait_until("the end was refused", refused).await;
        execute(&hub, "DROP FUNCTION refuse CASCADE").await;
        execute(&hub, "DROP SEQUENCE refused").await;
        assert!(finished.await.unwrap().unwrap(), "{sqlstate}");
        assert_eq!(hub.status(caller, job).await, "succeeded", "{sqlstate}");
    }
}

async fn execute(hub: &Hub, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(hub.pool()).await.unwrap();
}

#[tokio::test]
async fn any_text_of_a_tool_is_stored() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let job = hub.enqueue(caller).await;
    let (engine, mut leases) = hub.engine().await;
    let lease = next(&mut leases).await;
    let mut finish = done(&lease, caller, hub.now());
    let JobEnd::Complete { output, error, .. } = &mut finish.end else { unreachable!() };
    (*output, *error) = (Some("a\0b".to_owned()), Some("c\0d".to_owned()));
    finish.audit = None;
    assert!(engine.finish(lease, finish).await.unwrap());
    let stored = hub.value::<String>("SELECT output || error FROM job_result WHERE job_id = $1", job).await;
    assert_eq!(stored, "a\u{fffd}bc\u{fffd}d");
}
