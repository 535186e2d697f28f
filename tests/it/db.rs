//! The database: pools, row-level security, migrations.

use craft::db;

use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_migrated_database_is_ready_and_an_empty_one_is_not() {
    let migrated = TestDatabase::new().await;
    db::ready(&migrated.databases).await.unwrap();
    let empty = TestDatabase::empty().await;
    let refusal = db::ready(&empty.databases).await.unwrap_err().to_string();
    assert!(refusal.contains("run `craft migrate`"), "{refusal}");
}
