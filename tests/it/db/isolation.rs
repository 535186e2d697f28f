//! What row-level security lets through when a statement forgets its owner.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use craft::actor::Actor;
use craft::db::ownership::{Ownership, TABLES};
use craft::db::{Db, Tx};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor, PgPool, SqlSafeStr};

use super::{alice, bob, with_alices_rows};
use crate::support::database::TestDatabase;

const CONNECTION_OF_ALICE: &str = "00000000-0000-7000-8000-0000000000f1";

#[tokio::test]
async fn a_stranger_sees_nothing_when_a_statement_forgets_its_owner() {
    let database = with_alices_rows().await;
    let db = &database.databases.web;
    let (mut as_alice, mut as_bob) = (db.as_user(&alice()).await.unwrap(), db.as_user(&bob()).await.unwrap());
    for table in TABLES {
        let (hers, his) = (count(&mut as_alice, table.name).await, count(&mut as_bob, table.name).await);
        let visible = match table.ownership {
            // each sees their own account
            Ownership::Owned if table.name == "users" => (1, 1),
            Ownership::Owned => (1, 0),
            Ownership::SharedOrOwn => (2, 1),
            Ownership::System => (0, 0),
            Ownership::Hot => continue,
        };
        assert_eq!((hers, his), visible, "rows of {} that alice and bob see", table.name);
    }
    for view in ["pipeline_jobs", "action_logs"] {
        assert_eq!((count(&mut as_alice, view).await, count(&mut as_bob, view).await), (1, 0), "{view}");
    }
}

#[tokio::test]
async fn a_partition_read_directly_shows_a_stranger_nothing() {
    let database = with_alices_rows().await;
    let partitions: Vec<String> = sqlx::query_scalar("SELECT inhrelid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'")
        .fetch_all(database.databases.system.pool())
        .await
        .unwrap();
    let mut as_alice = database.databases.web.as_user(&alice()).await.unwrap();
    let mut as_bob = database.databases.web.as_user(&bob()).await.unwrap();
    let mut seen_by_alice = 0;
    for partition in &partitions {
        seen_by_alice += count(&mut as_alice, partition).await;
        assert_eq!(count(&mut as_bob, partition).await, 0, "{partition}");
    }
    assert_eq!(seen_by_alice, 5, "one row in each partitioned table");
}

#[tokio::test]
async fn nobody_writes_another_users_row() {
    let database = with_alices_rows().await;
    let attempts = [
        "INSERT INTO secrets (user_id, id, purpose, sealed, created_at)
         VALUES ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000a2', 'x', '\\x00', now())",
        "INSERT INTO connectors (id, owner_id, name, slug, auth_type, transport, created_at)
         VALUES ('00000000-0000-7000-8000-0000000000c1', NULL, 'Fake', 'fake', 'none', 'mcp', now())",
        "UPDATE users SET id = '00000000-0000-7000-8000-00000000000c'",
        "INSERT INTO worker (id, heartbeat_at, info) VALUES ('00000000-0000-7000-8000-0000000000b2', now(), 'x')",
    ];
    for attempt in attempts {
        assert_eq!(refusal(&database, &bob(), attempt).await, "42501", "{attempt}");
    }
}

#[tokio::test]
async fn what_everybody_may_read_only_the_system_changes() {
    let database = with_alices_rows().await;
    let mut tx = database.databases.web.as_user(&bob()).await.unwrap();
    for attempt in [
        "UPDATE connectors SET name = 'Taken', owner_id = '00000000-0000-7000-8000-00000000000b'",
        "DELETE FROM connector_tool_versions",
        "DELETE FROM connectors",
    ] {
        assert_eq!(tx.execute(attempt).await.unwrap().rows_affected(), 0, "{attempt}");
    }
}

#[tokio::test]
async fn a_job_cannot_name_another_users_connection() {
    let database = with_alices_rows().await;
    let job = |owner: &Actor| {
        format!(
            "INSERT INTO job (user_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at)
             SELECT '{}', uuid_floor(clock_timestamp() + interval '1 second'), '{CONNECTION_OF_ALICE}',
                    '{CONNECTION_OF_ALICE}', '{CONNECTION_OF_ALICE}', 'echo', 'browser', '{{}}', clock_timestamp()",
            owner.user_id()
        )
    };
    assert_eq!(refusal(&database, &bob(), &job(&bob())).await, "23503");
    // nor when policies do not look: a batch of the system
    let as_system = database.databases.system.pool().execute(AssertSqlSafe(job(&bob()))).await.unwrap_err();
    assert_eq!(code(&as_system), "23503");
    database.databases.system.pool().execute(AssertSqlSafe(job(&alice()))).await.unwrap();
}

/// Each request is cut off one step later than the last, until one gets through: every point of the begin is met.
#[tokio::test]
async fn a_request_cancelled_while_it_begins_leaves_nothing_to_the_next() {
    let database = TestDatabase::new().await;
    let pool = one_connection(&database).await;
    let db = Db::new(pool.clone());
    for _ in 0..20 {
        let mut steps = 1;
        while !gets_through(steps, db.as_user(&alice())).await {
            assert_eq!(remains(&pool).await, None, "after {steps} steps");
            steps += 1;
        }
    }
}

/// A bare begin does leave its user behind: were it otherwise, the test above would prove nothing.
#[tokio::test]
async fn a_bare_begin_that_is_cancelled_does_leave_its_user_behind() {
    let database = TestDatabase::new().await;
    let pool = one_connection(&database).await;
    let begin = AssertSqlSafe("BEGIN; SELECT set_config('app.user_id', 'alice', true)").into_sql_str();
    // on a busy machine the answer may be there at the first look: then that one is rolled back, and the next is cut off
    while gets_through(1, Tx::begin(pool.acquire().await.unwrap(), Some(begin.clone()))).await {}
    assert_eq!(remains(&pool).await.as_deref(), Some("alice"));
}

async fn one_connection(database: &TestDatabase) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
    pool.connect_with(database.options.clone()).await.unwrap()
}

/// Polls `steps` times and then drops the request; true if it was answered by then.
async fn gets_through<F: Future>(steps: usize, request: F) -> bool {
    let mut request = pin!(request);
    for _ in 0..steps {
        if request.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// The user that a fresh use of the pool's one connection finds set, if any.
async fn remains(pool: &PgPool) -> Option<String> {
    let setting = sqlx::query_scalar("SELECT NULLIF(current_setting('app.user_id', true), '')");
    setting.fetch_one(pool).await.unwrap()
}

async fn count(tx: &mut Tx, table: &str) -> i64 {
    let statement = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
    statement.fetch_one(&mut **tx).await.unwrap()
}

async fn refusal(database: &TestDatabase, actor: &Actor, statement: &str) -> String {
    let mut tx = database.databases.web.as_user(actor).await.unwrap();
    code(&tx.execute(AssertSqlSafe(statement.to_owned())).await.unwrap_err())
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap().into_owned()
}
