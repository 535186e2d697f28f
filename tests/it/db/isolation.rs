//! Row-level security for statements that do not filter by owner.

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
async fn another_user_sees_no_rows_if_a_statement_does_not_filter_by_owner() {
    let database = with_alices_rows().await;
    let db = &database.databases.web;
    let (mut as_alice, mut as_bob) = (db.enter(&alice()).await.unwrap(), db.enter(&bob()).await.unwrap());
    for table in TABLES {
        let (hers, his) = (count(&mut as_alice, table.name).await, count(&mut as_bob, table.name).await);
        let is_as_expected = match table.ownership {
            // each user sees their own account and the owner that they are
            _ if ["users", "owners"].contains(&table.name) => (hers, his) == (1, 1),
            // nobody has entered the organisation
            _ if table.name == "organisations" => (hers, his) == (0, 0),
            Ownership::Owned | Ownership::Personal | Ownership::Membership => hers > 0 && his == 0,
            Ownership::SharedOrOwn => (hers, his) == (2, 1),
            Ownership::System => (hers, his) == (0, 0),
            Ownership::Hot => continue,
        };
        assert!(is_as_expected, "of {} alice sees {hers} rows, and bob sees {his}", table.name);
    }
    // the second audit entry has the outcomes of a later migration
    for (view, rows) in [("pipeline_jobs", 1), ("action_logs", 2)] {
        assert_eq!((count(&mut as_alice, view).await, count(&mut as_bob, view).await), (rows, 0), "{view}");
    }
}

#[tokio::test]
async fn a_partition_read_directly_shows_another_user_no_rows() {
    let database = with_alices_rows().await;
    let partitions: Vec<String> = sqlx::query_scalar("SELECT inhrelid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'")
        .fetch_all(database.databases.system.pool())
        .await
        .unwrap();
    let mut as_alice = database.databases.web.enter(&alice()).await.unwrap();
    let mut as_bob = database.databases.web.enter(&bob()).await.unwrap();
    let mut seen_by_alice = 0;
    for partition in &partitions {
        seen_by_alice += count(&mut as_alice, partition).await;
        assert_eq!(count(&mut as_bob, partition).await, 0, "{partition}");
    }
    assert_eq!(seen_by_alice, 6, "one row in each partitioned table, and a second audit entry");
}

#[tokio::test]
async fn a_user_cannot_write_another_users_row() {
    let database = with_alices_rows().await;
    let attempts = [
        "INSERT INTO secrets (owner_id, id, purpose, sealed, created_at)
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
async fn only_the_system_changes_shared_rows() {
    let database = with_alices_rows().await;
    let mut tx = database.databases.web.enter(&bob()).await.unwrap();
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
            "INSERT INTO job (owner_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at)
             SELECT '{}', uuid_floor(clock_timestamp() + interval '1 second'), '{CONNECTION_OF_ALICE}',
                    '{CONNECTION_OF_ALICE}', '{CONNECTION_OF_ALICE}', 'echo', 'browser', '{{}}', clock_timestamp()",
            owner.owner_id()
        )
    };
    assert_eq!(refusal(&database, &bob(), &job(&bob())).await, "23503");
    // the foreign key also applies to the system, which policies do not restrict
    let as_system = database.databases.system.pool().execute(AssertSqlSafe(job(&bob()))).await.unwrap_err();
    assert_eq!(code(&as_system), "23503");
    database.databases.system.pool().execute(AssertSqlSafe(job(&alice()))).await.unwrap();
}

/// Cancels each request one step later than the previous one, until a request completes; this covers every point of the
/// begin.
#[tokio::test]
async fn a_request_cancelled_during_begin_leaves_neither_user_nor_owner() {
    let database = TestDatabase::new().await;
    let pool = one_connection(&database).await;
    let db = Db::new(pool.clone());
    for _ in 0..20 {
        let mut steps = 1;
        while !completes_within(steps, db.enter(&alice())).await {
            assert_eq!(leftover(&pool).await, None, "after {steps} steps");
            steps += 1;
        }
    }
}

/// Proves that the test above can fail: without the hub's wrapper, a cancelled begin leaves the user setting.
#[tokio::test]
async fn a_cancelled_begin_leaks_the_user_setting_without_our_wrapper() {
    let database = TestDatabase::new().await;
    let pool = one_connection(&database).await;
    let begin = AssertSqlSafe("BEGIN; SELECT set_config('app.user_id', 'alice', true)").into_sql_str();
    // on a busy machine the first poll may complete the begin: then it is rolled back and the next begin is cancelled
    while completes_within(1, Tx::begin(pool.acquire().await.unwrap(), Some(begin.clone()))).await {}
    assert_eq!(leftover(&pool).await.as_deref(), Some("alice"));
}

async fn one_connection(database: &TestDatabase) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
    pool.connect_with(database.options.clone()).await.unwrap()
}

/// Polls a request `steps` times and then drops it; true if the request completed.
async fn completes_within<F: Future>(steps: usize, request: F) -> bool {
    let mut request = pin!(request);
    for _ in 0..steps {
        if request.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// Returns the user and the owner that the next use of the pool's only connection finds, if there are any.
async fn leftover(pool: &PgPool) -> Option<String> {
    let setting = sqlx::query_scalar(
        "SELECT NULLIF(concat(current_setting('app.user_id', true), current_setting('app.owner_id', true)), '')",
    );
    setting.fetch_one(pool).await.unwrap()
}

async fn count(tx: &mut Tx, table: &str) -> i64 {
    let statement = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
    statement.fetch_one(&mut **tx).await.unwrap()
}

async fn refusal(database: &TestDatabase, actor: &Actor, statement: &str) -> String {
    let mut tx = database.databases.web.enter(actor).await.unwrap();
    code(&tx.execute(AssertSqlSafe(statement.to_owned())).await.unwrap_err())
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap().into_owned()
}
