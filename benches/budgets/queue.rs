//! Throughput of the queue, and the time until a job starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use craft::actor::{Actor, Origin};
use craft::audit::{Action, ActionOutcome, PreparedEntry};
use craft::clock::{Clock, Timestamp};
use craft::ids::{ConnectionId, ConnectorId, JobId, OwnerId, ToolVersionId, UserId};
use craft::live::Live;
use craft::queue::{
    Engine, EngineSettings, EnqueueRequest, Enqueuer, Event, EventLevel, FinishedRun, JobEnd, JobOutcome, Lease, Leases,
};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, median, percentile};

/// Rounds of the hub and of its peer, in turn.
const ROUNDS: usize = 3;

/// Jobs of a round.
const JOBS: usize = 20_000;

/// Concurrent tasks that enqueue jobs.
const CALLERS: usize = 256;

/// Users, each with one connection.
const TENANTS: usize = 100;

/// Starts that are measured on an idle hub.
const STARTS: usize = 1_000;

pub(crate) async fn measure(database: &BenchDatabase) {
    let hub = Hub::start(database).await;
    full_path(database, &hub).await;
    idle_start(database, &hub).await;
    hub.stop.cancel();
    hub.tasks.close();
    hub.tasks.wait().await;
}

/// The parts of a process that accepts jobs.
struct Hub {
    enqueuer: Enqueuer,
    tenants: Vec<Tenant>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Clone, Copy)]
struct Tenant {
    owner: OwnerId,
    connector: ConnectorId,
    connection: ConnectionId,
}

impl Hub {
    async fn start(database: &BenchDatabase) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = Live::start(database.server.options(), &tasks, &stop);
        let enqueuer = Enqueuer::start(database.pools.system.clone(), live, &tasks, stop.clone());
        Self { enqueuer, tenants: tenants(database).await, tasks, stop }
    }

    async fn engine(&self, database: &BenchDatabase) -> (Engine, Leases) {
        let settings = EngineSettings { slots: 1_000, connector_cap: 1_000, ..EngineSettings::default() };
        let system = database.pools.system.clone();
        Engine::start(system, &self.enqueuer, database.clock.clone(), settings, "budgets").await.unwrap()
    }
}

async fn tenants(database: &BenchDatabase) -> Vec<Tenant> {
    let (connector, now) = (ConnectorId::new(database.now()), database.now());
    sqlx::query(
        "INSERT INTO connectors (id, name, slug, auth_type, transport, created_at) \
         VALUES ($1, 'Echo', 'echo', 'none', 'builtin', $2)",
    )
    .bind(connector)
    .bind(now)
    .execute(database.pool())
    .await
    .unwrap();
    let mut tenants = Vec::new();
    for _ in 0..TENANTS {
        let (owner, connection) = (OwnerId::new(now), ConnectionId::new(now));
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, created_at)
             VALUES ($1, $1 || '@example.com', 'Someone', '', $2)",
        )
        .bind(owner)
        .bind(now)
        .execute(database.pool())
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO user_connections (owner_id, id, connector_id, status, created_at, updated_at)
             VALUES ($1, $2, $3, 'active', $4, $4)",
        )
        .bind(owner)
        .bind(connection)
        .bind(connector)
        .bind(now)
        .execute(database.pool())
        .await
        .unwrap();
        tenants.push(Tenant { owner, connector, connection });
    }
    tenants
}

fn call(tenant: Tenant, now: Timestamp) -> EnqueueRequest {
    EnqueueRequest {
        owner_id: tenant.owner,
        started_by: UserId::from_uuid(tenant.owner.uuid()),
        job_id: JobId::new(now),
        kind: "tool.call",
        connector_id: tenant.connector,
        connection_id: tenant.connection,
        tool_version_id: Some(ToolVersionId::new(now)),
        tool_name: "echo".to_owned(),
        origin: Origin::Browser,
        via: None,
        requester_ip: None,
        input: r#"{"text":"hello"}"#.to_owned(),
        sealed_secrets: None,
        repeatable: true,
        idem_key: None,
        event: Event::new(EventLevel::Info, "Accepted", now),
        now,
    }
}

/// Writes a progress event, then completes the job with its event, result and audit entry with bodies.
async fn run(engine: Engine, lease: Lease, connector: ConnectorId, clock: Clock) -> bool {
    let now = clock.now();
    lease.events().append(Event::new(EventLevel::Info, "Half done", now));
    let action = Action::JobFinished {
        job: lease.job_id(),
        connector: Some(connector),
        tool: Some("echo".to_owned()),
        outcome: ActionOutcome::Succeeded,
        latency: Some(Duration::from_millis(1)),
        request: Some(r#"{"text":"hello"}"#.to_owned()),
        response: Some(r#"{"text":"hello"}"#.to_owned()),
    };
    let audit = PreparedEntry::new(&Actor::system(lease.owner_id()), &action, now);
    let output = Some(r#"{"text":"hello"}"#.to_owned());
    let end = JobEnd::Complete { outcome: JobOutcome::Ok, error_class: None, error: None, output };
    let event = Event::new(EventLevel::Info, "Done", now);
    engine.finish(lease, FinishedRun { end, event, audit: Some(audit), is_use: true, now }).await.unwrap()
}

/// Measures enqueueing and completing at the same time, until no job is left.
async fn full_path(database: &BenchDatabase, hub: &Hub) {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(rate(bare_loop(database).await));
        ours.push(rate(whole_path(database, hub).await));
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

async fn whole_path(database: &BenchDatabase, hub: &Hub) -> Duration {
    let (engine, mut leases) = hub.engine(database).await;
    let started = Instant::now();
    let callers = enqueue_all(database, hub);
    let mut runs = JoinSet::new();
    for _ in 0..JOBS {
        let lease = leases.recv().await.unwrap();
        runs.spawn(run(engine.clone(), lease, hub.tenants[0].connector, database.clock.clone()));
    }
    assert!(runs.join_all().await.into_iter().all(|won| won), "a completion was refused");
    let time = started.elapsed();
    callers.join_all().await;
    engine.shutdown(Duration::from_secs(1)).await;
    time
}

fn enqueue_all(database: &BenchDatabase, hub: &Hub) -> JoinSet<()> {
    let (next, mut callers) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..CALLERS {
        let (next, enqueuer, tenants) = (next.clone(), hub.enqueuer.clone(), hub.tenants.clone());
        let clock = database.clock.clone();
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

/// Runs the smallest durable queue: rows are inserted in batches of 20 and deleted in batches of 50, each committed.
async fn bare_loop(database: &BenchDatabase) -> Duration {
    database.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)").await;
    let (left, mut tasks) = (Arc::new(AtomicUsize::new(JOBS)), JoinSet::new());
    let started = Instant::now();
    for _ in 0..2 {
        tasks.spawn(insert_batches(database.pool().clone()));
        tasks.spawn(delete_batches(database.pool().clone(), left.clone()));
    }
    tasks.join_all().await;
    started.elapsed()
}

async fn insert_batches(pool: PgPool) {
    for _ in 0..JOBS / 2 / 20 {
        sqlx::query("INSERT INTO bare (body) SELECT 'hello' FROM generate_series(1, 20)").execute(&pool).await.unwrap();
    }
}

async fn delete_batches(pool: PgPool, left: Arc<AtomicUsize>) {
    while left.load(Ordering::Relaxed) > 0 {
        let delete = sqlx::query(
            "DELETE FROM bare WHERE seq = ANY(ARRAY(
                 SELECT seq FROM bare ORDER BY seq LIMIT 50 FOR UPDATE SKIP LOCKED))",
        );
        let deleted = delete.execute(&pool).await.unwrap().rows_affected();
        left.fetch_sub(usize::try_from(deleted).unwrap(), Ordering::Relaxed);
    }
}

/// Measures the time from enqueueing a job to its start on an idle hub.
async fn idle_start(database: &BenchDatabase, hub: &Hub) {
    let (engine, mut leases) = hub.engine(database).await;
    let (mut starts, mut commits) = (Vec::new(), Vec::new());
    database.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (n integer)").await;
    for _ in 0..STARTS {
        let started = Instant::now();
        sqlx::query("INSERT INTO bare VALUES (1)").execute(database.pool()).await.unwrap();
        commits.push(started.elapsed());

        let started = Instant::now();
        hub.enqueuer.enqueue(call(hub.tenants[0], database.now())).await.unwrap();
        let lease = leases.recv().await.unwrap();
        starts.push(started.elapsed());
        run(engine.clone(), lease, hub.tenants[0].connector, database.clock.clone()).await;
    }
    engine.shutdown(Duration::from_secs(1)).await;
    for (name, share, target) in [("queue.idle_start_p50", 0.5, 2.0_f64), ("queue.idle_start_p99", 0.99, 5.0)] {
        let commit = percentile(&mut commits, share);
        Figure {
            name,
            value: percentile(&mut starts, share),
            unit: "ms",
            better: Better::Lower,
            // on slow disks: two commits and a millisecond
            target: target.max(commit.mul_add(2.0, 1.0)),
            reference: (commit, "one durable INSERT"),
        }
        .report();
    }
}
