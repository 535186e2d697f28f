//! Connecting to a server: accepted logins and databases, and the errors for others.

use craft::db::{MIGRATOR, OnConstraint, PoolSizes, Server, check_migrations};
use craft::error::Error;
use craft::secret::Secret;
use sqlx::{ConnectOptions, Executor, PgPool};

use super::{bob, with_alices_rows};
use crate::support::database::TestDatabase;

const SIZES: PoolSizes = PoolSizes { web: 1, system: 1 };

#[tokio::test]
async fn a_migrated_database_is_ready_and_an_empty_one_is_not() {
    let migrated = TestDatabase::new().await;
    check_migrations(&migrated.databases).await.unwrap();
    let empty = TestDatabase::empty().await;
    let refusal = check_migrations(&empty.databases).await.unwrap_err().to_string();
    assert!(refusal.contains("Run `craft migrate`"), "{refusal}");
}

#[tokio::test]
async fn two_processes_that_migrate_at_once_both_succeed() {
    let database = TestDatabase::empty().await;
    let server = Server::reach(database.options.clone()).await.unwrap();
    let (one, other) = tokio::join!(server.migrate(), server.migrate());
    one.unwrap();
    other.unwrap();
    assert_eq!(server.notice(), None);
    check_migrations(&server.open(SIZES)).await.unwrap();
}

#[tokio::test]
async fn a_superuser_connects_as_a_role_that_policies_bind() {
    let database = TestDatabase::empty().await;
    let server = Server::reach(database.superuser_options()).await.unwrap();
    assert!(server.notice().unwrap().contains("`craft_owner`"), "{:?}", server.notice());
    server.migrate().await.unwrap();
    let databases = server.open(SIZES);
    check_migrations(&databases).await.unwrap();
    let pool = databases.system.pool();
    pool.execute("RESET ROLE").await.unwrap();
    assert_eq!(text(pool, "SELECT current_user::text").await, "craft_owner");
    assert_eq!(text(pool, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'job'").await, "craft_owner");
}

#[tokio::test]
async fn a_superuser_connects_as_the_plain_role_that_owns_the_tables() {
    let database = with_alices_rows().await;
    let server = Server::reach(database.superuser_options()).await.unwrap();
    assert!(server.notice().unwrap().contains("`craft`"), "{:?}", server.notice());
    let mut as_bob = server.open(SIZES).web.enter(&bob()).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM secrets").fetch_one(&mut *as_bob).await.unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn the_plain_role_becomes_the_owner_of_tables_that_a_superuser_created() {
    let database = TestDatabase::empty().await;
    let mut superuser = database.superuser_options().options([("app.system", "on")]).connect().await.unwrap();
    MIGRATOR.run(&mut superuser).await.unwrap();
    let server = Server::reach(database.superuser_options()).await.unwrap();
    server.migrate().await.unwrap();
    let databases = server.open(SIZES);
    let pool = databases.system.pool();
    let others = "SELECT count(*)::text FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relowner <> 'craft_owner'::regrole";
    assert_eq!(text(pool, others).await, "0");
    craft::db::ensure_partitions(&databases.system, time::macros::datetime!(2031-01-01 00:00 UTC)).await.unwrap();
    assert_eq!(text(pool, "SELECT to_regclass('job_2031_02')::text").await, "job_2031_02");
}

#[tokio::test]
async fn the_database_url_cannot_give_pages_system_access() {
    let database = with_alices_rows().await;
    let server = Server::reach(database.options.clone().options([("app.system", "on")])).await.unwrap();
    let mut as_bob = server.open(SIZES).web.enter(&bob()).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM secrets").fetch_one(&mut *as_bob).await.unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn pages_use_generic_plans_and_a_limit_for_idle_transactions() {
    let database = with_alices_rows().await;
    let mut tx = database.databases.web.enter(&bob()).await.unwrap();
    let settings =
        "SELECT current_setting('plan_cache_mode') || ' ' || current_setting('idle_in_transaction_session_timeout')";
    let settings: String = sqlx::query_scalar(settings).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(settings, "force_generic_plan 30s");
}

#[tokio::test]
async fn a_database_with_other_tables_is_refused() {
    let database = TestDatabase::empty().await;
    database.databases.system.pool().execute("CREATE TABLE invoices ()").await.unwrap();
    let refusal = migration_refusal(&database).await;
    assert!(refusal.contains("belongs to another program (it has a table `invoices`)"), "{refusal}");
}

#[tokio::test]
async fn a_database_with_other_migrations_is_refused() {
    let database = TestDatabase::new().await;
    let pool = database.databases.system.pool();
    pool.execute("UPDATE _sqlx_migrations SET version = version - 20000000000000").await.unwrap();
    let refusal = migration_refusal(&database).await;
    assert!(refusal.contains("its migrations are not the hub's"), "{refusal}");
}

#[tokio::test]
async fn a_database_of_a_newer_build_is_refused_by_migration_and_readiness() {
    let database = TestDatabase::new().await;
    let pool = database.databases.system.pool();
    let newer = "INSERT INTO _sqlx_migrations VALUES (99991231000000, 'later', now(), true, '', 0)";
    pool.execute(newer).await.unwrap();
    let refusal = migration_refusal(&database).await;
    assert!(refusal.contains("99991231000000") && refusal.contains("newer version"), "{refusal}");
    assert_eq!(check_migrations(&database.databases).await.unwrap_err().to_string(), refusal);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_without_the_password() {
    let url = Secret::new("postgres://craft:hunter2@127.0.0.1:1/craft");
    let refusal = Server::reach_url(&url).await.unwrap_err();
    let text = format!("{refusal} {refusal:?}");
    assert!(text.contains("PostgreSQL at 127.0.0.1:1 cannot be reached"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_named_constraint_has_its_own_error_and_others_pass_through() {
    let database = with_alices_rows().await;
    let pool = database.databases.system.pool();
    let duplicate = "INSERT INTO users (id, email, display_name, password_hash, created_at)
                 VALUES (gen_random_uuid(), 'ALICE@example.org', 'A', '', now())";
    let taken = || Error::field("email", "There is an account with this address");
    let named = pool.execute(duplicate).await.on_constraint("users_email_key", taken).unwrap_err();
    assert!(matches!(named, Error::Invalid(_)), "{named:?}");
    let other = pool.execute(duplicate).await.on_constraint("users_pkey", taken).unwrap_err();
    assert!(matches!(other, Error::Internal(_)), "{other:?}");
}

async fn migration_refusal(database: &TestDatabase) -> String {
    let server = Server::reach(database.options.clone()).await.unwrap();
    server.migrate().await.unwrap_err().to_string()
}

async fn text(pool: &PgPool, statement: &'static str) -> String {
    sqlx::query_scalar(statement).fetch_one(pool).await.unwrap()
}
