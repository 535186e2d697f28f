//! What the queue carries, and how soon a job begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use craft::actor::{Actor, Origin};
use craft::audit::{Action, ActionOutcome, PreparedEntry};
use craft::clock::{Clock, Timestamp};
use craft::ids::{ConnectionId, ConnectorId, JobId, ToolVersionId, UserId};
use craft::live::Live;
use craft::queue::{
    Engine, EngineSettings, EnqueueRequest, Enqueuer, Event, EventLevel, FinishedRun, JobEnd, JobOutcome, Lease, Leases,
};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::figure::{Better, Figure, median, percentile};
use crate::place::Place;

/// Rounds of each side, in turn.
const ROUNDS: usize = 3;

/// Jobs of a round.
const JOBS: usize = 20_000;

/// Tasks that hand jobs in at once.
const CALLERS: usize = 256;

/// Users, each with one connection.
const TENANTS: usize = 100;

/// Starts that are timed on an idle hub.
const STARTS: usize = 1_000;

pub(crate) async fn measure(place: &Place) {
    let hub = Hub::start(place).await;
    full_path(place, &hub).await;
    idle_start(place, &hub).await;
    hub.stop.cancel();
    hub.tasks.close();
    hub.tasks.wait().await;
}

/// The parts of a process that accepts.
struct Hub {
    enqueuer: Enqueuer,
    tenants: Vec<Tenant>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Clone, Copy)]
struct Tenant {
    user: UserId,
    connector: ConnectorId,
    connection: ConnectionId,
}

impl Hub {
    async fn start(place: &Place) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = Live::start(place.server.options(), &tasks, &stop);
        let enqueuer = Enqueuer::start(place.pools.system.clone(), live, &tasks, stop.clone());
        Self { enqueuer, tenants: tenants(place).await, tasks, stop }
    }

    async fn engine(&self, place: &Place) -> (Engine, Leases) {
        let settings = EngineSettings { slots: 1_000, connector_cap: 1_000, ..EngineSettings::default() };
        let system = place.pools.system.clone();
        Engine::start(system, &self.enqueuer, place.clock.clone(), settings, "budgets").await.unwrap()
    }
}

async fn tenants(place: &Place) -> Vec<Tenant> {
    let (connector, now) = (ConnectorId::new(place.now()), place.now());
    sqlx::query(
        "INSERT INTO connectors (id, name, slug, auth_type, transport, created_at) \
         VALUES ($1, 'Echo', 'echo', 'none', 'builtin', $2)",
    )
    .bind(connector)
    .bind(now)
    .execute(place.pool())
    .await
    .unwrap();
    let mut tenants = Vec::new();
    for _ in 0..TENANTS {
        let (user, connection) = (UserId::new(now), ConnectionId::new(now));
        sqlx::query(
            "WITH someone AS (
                 INSERT INTO users (id, email, display_name, password_hash, created_at)
                 VALUES ($1, $1 || '@example.com', 'Someone', '', $4)
             )
             INSERT INTO user_connections (user_id, id, connector_id, status, created_at, updated_at)
             VALUES ($1, $2, $3, 'active', $4, $4)",
        )
        .bind(user)
        .bind(connection)
        .bind(connector)
        .bind(now)
        .execute(place.pool())
        .await
        .unwrap();
        tenants.push(Tenant { user, connector, connection });
    }
    tenants
}

fn call(tenant: Tenant, now: Timestamp) -> EnqueueRequest {
    EnqueueRequest {
        user_id: tenant.user,
        job_id: JobId::new(now),
        kind: "tool.call",
        connector_id: tenant.connector,
        connection_id: tenant.connection,
        tool_version_id: Some(ToolVersionId::new(now)),
        tool_name: "echo".to_owned(),
        origin: Origin::Browser,
        input: r#"{"text":"hello"}"#.to_owned(),
        repeatable: true,
        idem_key: None,
        event: Event::new(EventLevel::Info, "Accepted", now),
        now,
    }
}

/// One event of progress, then an ending with its event, result and audit entry with bodies.
async fn run(engine: Engine, lease: Lease, connector: ConnectorId, clock: Clock) -> bool {
    let now = clock.now();
    lease.journal().append(Event::new(EventLevel::Info, "Half done", now));
    let action = Action::JobFinished {
        job: lease.job_id(),
        connector: Some(connector),
        tool: Some("echo".to_owned()),
        outcome: ActionOutcome::Success,
        latency: Some(Duration::from_millis(1)),
        request: Some(r#"{"text":"hello"}"#.to_owned()),
        response: Some(r#"{"text":"hello"}"#.to_owned()),
    };
    let audit = PreparedEntry::new(&Actor::new(lease.user_id(), Origin::Browser), &action, now);
    let output = Some(r#"{"text":"hello"}"#.to_owned());
    let end = JobEnd::Complete { outcome: JobOutcome::Ok, error_class: None, error: None, output };
    let event = Event::new(EventLevel::Info, "Done", now);
    engine.finish(lease, FinishedRun { end, event, audit: Some(audit), is_use: true, now }).await.unwrap()
}

/// Enqueuing and ending, both under way at once, until nothing is left.
async fn full_path(place: &Place, hub: &Hub) {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(rate(bare_loop(place).await));
        ours.push(rate(whole_path(place, hub).await));
    }
    Figure {
        name: "queue.full_path",
        value: median(ours),
        unit: "jobs/s",
        better: Better::Higher,
        target: 7_000.0,
        reference: (median(bare), "bare INSERT, then DELETE … SKIP LOCKED loop"),
    }
    .report();
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn rate(time: Duration) -> f64 {
    JOBS as f64 / time.as_secs_f64()
}

async fn whole_path(place: &Place, hub: &Hub) -> Duration {
    let (engine, mut leases) = hub.engine(place).await;
    let begun = Instant::now();
    let callers = hand_in(place, hub);
    let mut runs = JoinSet::new();
    for _ in 0..JOBS {
        let lease = leases.recv().await.unwrap();
        runs.spawn(run(engine.clone(), lease, hub.tenants[0].connector, place.clock.clone()));
    }
    assert!(runs.join_all().await.into_iter().all(|won| won), "an ending was refused");
    let time = begun.elapsed();
    callers.join_all().await;
    engine.shutdown(Duration::from_secs(1)).await;
    time
}

fn hand_in(place: &Place, hub: &Hub) -> JoinSet<()> {
    let (next, mut callers) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..CALLERS {
        let (next, enqueuer, tenants) = (next.clone(), hub.enqueuer.clone(), hub.tenants.clone());
        let clock = place.clock.clone();
        callers.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= JOBS {
                    return;
                }
                enqueuer.enqueue(call(tenants[n % tenants.len()], clock.now())).await.unwrap();
            }
        });
    }
    callers
}

/// The least that a durable queue can do: rows go in by batches of 20, and out by batches of 50, each committed.
async fn bare_loop(place: &Place) -> Duration {
    place.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)").await;
    let (left, mut tasks) = (Arc::new(AtomicUsize::new(JOBS)), JoinSet::new());
    let begun = Instant::now();
    for _ in 0..2 {
        tasks.spawn(put_in(place.pool().clone()));
        tasks.spawn(take_out(place.pool().clone(), left.clone()));
    }
    tasks.join_all().await;
    begun.elapsed()
}

async fn put_in(pool: PgPool) {
    for _ in 0..JOBS / 2 / 20 {
        sqlx::query("INSERT INTO bare (body) SELECT 'hello' FROM generate_series(1, 20)").execute(&pool).await.unwrap();
    }
}

async fn take_out(pool: PgPool, left: Arc<AtomicUsize>) {
    while left.load(Ordering::Relaxed) > 0 {
        let taken = sqlx::query(
            "DELETE FROM bare WHERE seq = ANY(ARRAY(
                 SELECT seq FROM bare ORDER BY seq LIMIT 50 FOR UPDATE SKIP LOCKED))",
        );
        let taken = taken.execute(&pool).await.unwrap().rows_affected();
        left.fetch_sub(usize::try_from(taken).unwrap(), Ordering::Relaxed);
    }
}

/// From handing a job in to its run, when nothing else is going on.
async fn idle_start(place: &Place, hub: &Hub) {
    let (engine, mut leases) = hub.engine(place).await;
    let (mut starts, mut commits) = (Vec::new(), Vec::new());
    place.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (n integer)").await;
    for _ in 0..STARTS {
        let begun = Instant::now();
        sqlx::query("INSERT INTO bare VALUES (1)").execute(place.pool()).await.unwrap();
        commits.push(begun.elapsed());

        let begun = Instant::now();
        hub.enqueuer.enqueue(call(hub.tenants[0], place.now())).await.unwrap();
        let lease = leases.recv().await.unwrap();
        starts.push(begun.elapsed());
        run(engine.clone(), lease, hub.tenants[0].connector, place.clock.clone()).await;
    }
    engine.shutdown(Duration::from_secs(1)).await;
    for (name, share, target) in [("queue.idle_start_p50", 0.5, 2.0_f64), ("queue.idle_start_p99", 0.99, 5.0)] {
        let commit = percentile(&mut commits, share);
        Figure {
            name,
            value: percentile(&mut starts, share),
            unit: "ms",
            better: Better::Lower,
            // where a commit is dear: the two that it takes, and a millisecond
            target: target.max(commit.mul_add(2.0, 1.0)),
            reference: (commit, "one durable INSERT"),
        }
        .report();
    }
}
