//! Applies each migration to a database with rows, and checks the comments of tables and columns.

use std::path::Path;

use craft::actor::{Actor, Origin};
use craft::connectors;
use craft::db;
use craft::db::ownership::TABLES;
use craft::ids::{ConnectorId, UserId};
use craft::oauth::Provider;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::database::TestDatabase;

#[tokio::test]
async fn each_migration_applies_to_a_database_with_rows() {
    let database = TestDatabase::with_samples().await;
    let pool = database.databases.system.pool();
    db::check_migrations(&database.databases).await.unwrap();
    assert_eq!(
        read_provider(pool).await.unwrap().issuer(),
        "https://as.example",
        "a stored provider must stay readable"
    );
    let narrowed = "SELECT count(*) FROM user_connections WHERE status = 'expired' AND health = 'reauth_required'";
    let narrowed: i64 = sqlx::query_scalar(narrowed).fetch_one(pool).await.unwrap();
    assert_eq!(narrowed, 3, "a connection in a state that no code stored has to be connected again");
    let slack = "SELECT issuer FROM oauth_clients WHERE issuer LIKE 'https://slack.com/%'";
    let slack: Vec<String> = sqlx::query_scalar(slack).fetch_all(pool).await.unwrap();
    assert_eq!(
        slack,
        ["https://slack.com/api/oauth.v2.access"],
        "the application at Slack is found under the new address"
    );
    for table in TABLES {
        assert!(
            count_rows(pool, table.name).await > 0,
            "no sample row in {}: add one to tests/it/migrations",
            table.name
        );
    }
}

#[tokio::test]
async fn every_table_and_column_has_a_comment() {
    let database = TestDatabase::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        r"
        SELECT c.relname || COALESCE('.' || a.attname, '')
        FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'v'
        WHERE c.relnamespace = 'public'::regnamespace
          AND c.relkind IN ('r', 'p', 'v')
          AND NOT c.relispartition
          AND c.relname <> '_sqlx_migrations'
          AND (obj_description(c.oid, 'pg_class') IS NULL
               OR (a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL))
        ",
    )
    .fetch_all(database.databases.system.pool())
    .await
    .unwrap();
    assert!(silent.is_empty(), "without a comment: {}", silent.join(", "));
}

#[test]
fn a_migration_is_named_by_what_it_does() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for file in std::fs::read_dir(directory).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let parts: Vec<_> = name.trim_end_matches(".sql").split('_').collect();
        let is_dated = parts[0].len() == 14 && parts[0].chars().all(|c| c.is_ascii_digit());
        assert!(is_dated && parts.len() >= 3, "{name} is not <timestamp>_<verb>_<noun>.sql");
    }
}

/// Reads the provider of alice's own service.
async fn read_provider(pool: &PgPool) -> craft::error::Result<Provider> {
    let parse = |id: &str| id.parse::<uuid::Uuid>().unwrap();
    let (alice, connector) =
        (parse("00000000-0000-7000-8000-00000000000a"), parse("00000000-0000-7000-8000-0000000000ca"));
    #[expect(clippy::disallowed_methods, reason = "the test acts for alice")]
    let alice = Actor::new(UserId::from_uuid(alice), Origin::System);
    let mut conn = pool.acquire().await?;
    Ok(connectors::provider(&mut conn, &alice, ConnectorId::from_uuid(connector)).await?.unwrap())
}

async fn count_rows(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(pool).await.unwrap()
}
