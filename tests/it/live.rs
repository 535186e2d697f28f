//! Wake-ups cross processes, and outlive the connection that carries them.

use craft::clock::Clock;
use craft::ids::{JobId, OwnerId};
use craft::live::{Live, Subscription};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::database::TestDatabase;
use crate::support::hang::in_time;

/// The parts of another process of the hub.
fn process(database: &TestDatabase) -> Live {
    Live::start(database.options.clone(), &TaskTracker::new(), &CancellationToken::new())
}

async fn heard(ticks: &mut Subscription) {
    in_time("a notification is heard", ticks.changed()).await;
}

#[tokio::test]
async fn another_process_hears_what_happened_in_this_one() {
    let database = TestDatabase::new().await;
    let (here, there) = (process(&database), process(&database));
    let now = Clock::real().now();
    let (owner, job) = (OwnerId::new(now), JobId::new(now));
    let mut of_job = there.subscribe_job(job);
    let mut of_owner = there.subscribe_owner(owner);
    let mut of_queue = there.subscribe_queue();
    let mut of_cancels = there.subscribe_cancels();
    let mut of_other = there.subscribe_job(JobId::new(now));
    // a new listener notifies every subscriber once
    for ticks in [&mut of_job, &mut of_owner, &mut of_queue, &mut of_cancels, &mut of_other] {
        heard(ticks).await;
    }
    here.notify_job(owner, job);
    heard(&mut of_job).await;
    heard(&mut of_owner).await;
    here.notify_queue();
    here.notify_cancels();
    heard(&mut of_queue).await;
    heard(&mut of_cancels).await;
    assert!(futures_util::FutureExt::now_or_never(of_other.changed()).is_none(), "another job's subscriber heard it");
}

#[tokio::test]
async fn a_lost_listener_comes_back_and_has_everybody_look() {
    let database = TestDatabase::new().await;
    let (here, there) = (process(&database), process(&database));
    let now = Clock::real().now();
    let (owner, job) = (OwnerId::new(now), JobId::new(now));
    let mut of_job = there.subscribe_job(job);
    heard(&mut of_job).await;
    let cut: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .fetch_one(database.databases.system.pool())
    .await
    .unwrap();
    assert!(cut > 0, "no listener was cut off");
    // what was said meanwhile may have gone unheard
    heard(&mut of_job).await;
    here.notify_job(owner, job);
    heard(&mut of_job).await;
}
