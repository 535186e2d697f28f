//! The durable queue: from the acceptance of a job to its end, and the failures between.

mod cancellation;
mod claim;
mod enqueue;
mod events;
mod finish;
mod hourly_counts;
mod rescue;
mod sealed_secrets;
mod shutdown;
mod waiting_jobs;

use craft::actor::{Actor, Origin};
use craft::audit::{Action, ActionOutcome, PreparedEntry};
use craft::clock::{Clock, Timestamp};
use craft::ids::{ConnectionId, ConnectorId, JobId, OwnerId, ToolVersionId, UserId};
use craft::live::Live;
use craft::queue::{
    self, Engine, EngineSettings, EnqueueRequest, EnqueueResult, Enqueuer, Event, EventLevel, FinishedRun, JobEnd,
    JobEvent, JobOutcome, Lease, Leases, Position,
};
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::support::database::TestDatabase;
use crate::support::hang::{HANG_TIMEOUT, in_time};

/// A process that enqueues, on a database of its own; each test starts the engines that it needs.
struct Hub {
    live: Live,
    enqueuer: Enqueuer,
    clock: Clock,
    _stop: DropGuard,
    /// Dropped last.
    database: TestDatabase,
}

/// A user with one connection, whose calls become jobs.
#[derive(Clone, Copy)]
struct Caller {
    owner: OwnerId,
    connector: ConnectorId,
    connection: ConnectionId,
}

impl Hub {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let system = database.databases.system.clone();
        let live = Live::start((*system.pool().connect_options()).clone(), &tasks, &stop);
        let enqueuer = Enqueuer::start(system, live.clone(), &tasks, stop.clone());
        // the present month has its partitions
        let clock = Clock::fixed(Clock::real().now());
        Self { live, enqueuer, clock, _stop: stop.drop_guard(), database }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pool(&self) -> &PgPool {
        self.database.databases.system.pool()
    }

    /// Returns a value of a statement about one job.
    async fn value<T>(&self, statement: &'static str, job: JobId) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(statement).bind(job).fetch_one(self.pool()).await.unwrap()
    }

    /// Changes rows of one job by hand.
    async fn change(&self, statement: &'static str, job: JobId) {
        let changed = sqlx::query(statement).bind(job).execute(self.pool()).await.unwrap();
        assert!(changed.rows_affected() > 0, "{statement} changed nothing");
    }

    async fn count(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(self.pool()).await.unwrap()
    }

    /// Creates a user with a connector of their own.
    async fn caller(&self) -> Caller {
        let connector = ConnectorId::new(self.now());
        sqlx::query(
            "INSERT INTO connectors (id, name, slug, auth_type, transport, created_at) \
             VALUES ($1, 'Echo', 'echo-' || $1, 'none', 'builtin', $2)",
        )
        .bind(connector)
        .bind(self.now())
        .execute(self.pool())
        .await
        .unwrap();
        self.caller_of(connector).await
    }

    /// Creates a user with a connection to this connector.
    async fn caller_of(&self, connector: ConnectorId) -> Caller {
        let (owner, connection) = (OwnerId::new(self.now()), ConnectionId::new(self.now()));
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, created_at)
             VALUES ($1, $1 || '@example.com', 'Someone', '', $2)",
        )
        .bind(owner)
        .bind(self.now())
        .execute(self.pool())
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO user_connections (owner_id, id, connector_id, status, created_at, updated_at)
             VALUES ($1, $2, $3, 'active', $4, $4)",
        )
        .bind(owner)
        .bind(connection)
        .bind(connector)
        .bind(self.now())
        .execute(self.pool())
        .await
        .unwrap();
        Caller { owner, connector, connection }
    }

    /// A request for a call.
    fn call(&self, caller: Caller) -> EnqueueRequest {
        EnqueueRequest {
            owner_id: caller.owner,
            started_by: UserId::from_uuid(caller.owner.uuid()),
            job_id: JobId::new(self.now()),
            kind: "tool.call",
            connector_id: caller.connector,
            connection_id: caller.connection,
            tool_version_id: Some(ToolVersionId::new(self.now())),
            tool_name: "echo".to_owned(),
            origin: Origin::Browser,
            via: None,
            requester_ip: Some([192, 0, 2, 1].into()),
            input: r#"{"text":"hello"}"#.to_owned(),
            sealed_secrets: None,
            repeatable: false,
            idem_key: None,
            event: info("Accepted", self.now()),
            now: self.now(),
        }
    }

    async fn enqueue(&self, caller: Caller) -> JobId {
        self.enqueue_new(self.call(caller)).await
    }

    async fn enqueue_repeatable(&self, caller: Caller) -> JobId {
        self.enqueue_new(EnqueueRequest { repeatable: true, ..self.call(caller) }).await
    }

    async fn enqueue_new(&self, call: EnqueueRequest) -> JobId {
        match self.enqueuer.enqueue(call).await.unwrap() {
            EnqueueResult::New(id) => id,
            other @ EnqueueResult::Duplicate(_) => panic!("not a new job: {other:?}"),
        }
    }

    async fn engine(&self) -> (Engine, Leases) {
        self.engine_with(EngineSettings::default()).await
    }

    async fn engine_with(&self, settings: EngineSettings) -> (Engine, Leases) {
        let system = self.database.databases.system.clone();
        Engine::start(system, &self.enqueuer, self.clock.clone(), settings, "a test").await.unwrap()
    }

    /// The job's events, as its owner reads them.
    async fn events(&self, caller: Caller, job: JobId) -> Vec<String> {
        self.events_after(caller.owner, job, Position::START).await.iter().map(event_text).collect()
    }

    async fn events_after(&self, reader: OwnerId, job: JobId, position: Position) -> Vec<JobEvent> {
        let actor = actor(reader);
        let mut tx = self.database.databases.web.enter(&actor).await.unwrap();
        queue::list_events(&mut tx, &actor, job, position, 1_000).await.unwrap()
    }

    /// Returns once the job has this status; each check follows a change.
    async fn until(&self, caller: Caller, job: JobId, status: &str) {
        let mut changes = self.live.subscribe_job(job);
        let wait = async {
            loop {
                if self.status(caller, job).await == status {
                    return;
                }
                changes.changed().await;
            }
        };
        let seen = tokio::time::timeout(HANG_TIMEOUT, wait).await;
        assert!(seen.is_ok(), "the job is {}, not {status}", self.status(caller, job).await);
    }

    /// The status that the page shows.
    async fn status(&self, caller: Caller, job: JobId) -> String {
        sqlx::query_scalar("SELECT status FROM pipeline_jobs WHERE owner_id = $1 AND id = $2")
            .bind(caller.owner)
            .bind(job)
            .fetch_one(self.pool())
            .await
            .unwrap()
    }
}

/// Gives a lease back: the job is ready again, as if this run had not begun.
async fn release(engine: &Engine, lease: Lease, now: Timestamp) -> bool {
    let event = info("The hub is restarting: this call goes back to the queue", now);
    let finished = FinishedRun { end: JobEnd::Release, event, audit: None, is_use: false, now };
    engine.finish(lease, finished).await.unwrap()
}

/// Waits for the next claimed job.
async fn next(leases: &mut Leases) -> Lease {
    in_time("a job is claimed", leases.recv()).await.expect("the engine claims no more")
}

fn actor(owner: OwnerId) -> Actor {
    #[expect(clippy::disallowed_methods, reason = "a test is an edge")]
    Actor::new(UserId::from_uuid(owner.uuid()), Origin::Browser)
}

fn info(message: &str, now: Timestamp) -> Event {
    Event::new(EventLevel::Info, message, now)
}

fn event_text(event: &JobEvent) -> String {
    format!("{} {}", event.position(), event.message)
}

/// The end of a run that succeeded, with its audit entry.
fn done(lease: &Lease, caller: Caller, now: Timestamp) -> FinishedRun {
    let action = Action::JobFinished {
        job: lease.job_id(),
        connector: Some(caller.connector),
        tool: Some("echo".to_owned()),
        outcome: ActionOutcome::Succeeded,
        latency: None,
        request: Some("{}".to_owned()),
        response: Some("{}".to_owned()),
    };
    FinishedRun {
        end: JobEnd::Complete {
            outcome: JobOutcome::Ok,
            error_class: None,
            error: None,
            output: Some(r#"{"text":"hello"}"#.to_owned()),
        },
        event: info("Done", now),
        audit: Some(PreparedEntry::new(&actor(lease.owner_id()), &action, now)),
        is_use: true,
        now,
    }
}
