//! The CHECK constraint of each column with a state allows exactly the values of its Rust enum.

use std::collections::{BTreeMap, BTreeSet};

use craft::accounts::{Announce, Contrast, Keys, LinkPurpose, Motion, Theme};
use craft::actor::Origin;
use craft::audit::{ActorKind, AuditOutcome};
use craft::connections::{AuthorizationStatus, ClientSource, ConnectionHealth, ConnectionStatus};
use craft::connectors::{AuthKind, Transport, Visibility};
use craft::mail::{MailFailure, MailKind};
use craft::organisations::{OwnerKind, Role};
use craft::queue::{EventLevel, JobOutcome, WaitReason};
use craft::registry::{ListingStatus, Namespace};
use craft::upstream::ProtocolEra;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::database::TestDatabase;

/// A column, and the values of its enum.
type Column = (&'static str, &'static str, Vec<&'static str>);

/// Every column whose enum lists its values.
fn typed_columns() -> Vec<Column> {
    // schedules and workflows are in the table for the runs that are to come
    let origins = || Origin::ALL.map(Origin::as_str).into_iter().chain(["schedule", "workflow"]).collect::<Vec<_>>();
    vec![
        ("user_connections", "status", ConnectionStatus::ALL.map(ConnectionStatus::stored_text).to_vec()),
        ("user_connections", "health", ConnectionHealth::ALL.map(ConnectionHealth::stored_text).to_vec()),
        ("connection_tokens", "health", ConnectionHealth::ALL.map(ConnectionHealth::stored_text).to_vec()),
        ("connectors", "visibility", Visibility::ALL.map(Visibility::stored_text).to_vec()),
        ("connectors", "auth_type", AuthKind::ALL.map(AuthKind::stored_text).to_vec()),
        ("connector_discoveries", "protocol_era", ProtocolEra::ALL.map(ProtocolEra::stored_text).to_vec()),
        ("connectors", "transport", Transport::ALL.map(Transport::stored_text).to_vec()),
        ("oauth_clients", "source", ClientSource::ALL.map(ClientSource::stored_text).to_vec()),
        ("oauth_transactions", "status", AuthorizationStatus::ALL.map(AuthorizationStatus::stored_text).to_vec()),
        ("email_tokens", "purpose", LinkPurpose::ALL.map(LinkPurpose::stored_text).to_vec()),
        ("mail_outbox", "kind", MailKind::ALL.map(MailKind::stored_text).to_vec()),
        ("mail_outbox", "failure", MailFailure::ALL.map(MailFailure::stored_text).to_vec()),
        ("registry_servers", "namespace", Namespace::ALL.map(Namespace::stored_text).to_vec()),
        ("registry_servers", "status", ListingStatus::ALL.map(ListingStatus::stored_text).to_vec()),
        ("owners", "kind", OwnerKind::ALL.map(OwnerKind::stored_text).to_vec()),
        ("memberships", "role", Role::ALL.map(Role::stored_text).to_vec()),
        ("users", "theme", Theme::ALL.iter().map(|it| it.as_str()).collect()),
        ("users", "contrast", Contrast::ALL.iter().map(|it| it.as_str()).collect()),
        ("users", "motion", Motion::ALL.iter().map(|it| it.as_str()).collect()),
        ("users", "announce", Announce::ALL.iter().map(|it| it.as_str()).collect()),
        ("users", "keys", Keys::ALL.iter().map(|it| it.as_str()).collect()),
        ("audit_entries", "actor", ActorKind::ALL.map(ActorKind::as_str).to_vec()),
        ("audit_entries", "outcome", AuditOutcome::ALL.iter().flat_map(|it| it.stored_texts()).copied().collect()),
        ("audit_entries", "origin", origins()),
        ("job", "origin", origins()),
        ("job_later", "reason", WaitReason::ALL.map(WaitReason::stored_text).to_vec()),
        ("job_result", "outcome", JobOutcome::ALL.map(JobOutcome::stored_text).to_vec()),
        ("pipeline_events", "level", EventLevel::ALL.map(EventLevel::as_str).to_vec()),
    ]
}

/// The values that each column's CHECK allows, by table and column.
async fn allowed_values(pool: &PgPool) -> BTreeMap<(String, String), BTreeSet<String>> {
    let statement = r"
        SELECT c.conrelid::regclass::text, a.attname::text, pg_get_constraintdef(c.oid)
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        JOIN pg_class t ON t.oid = c.conrelid AND NOT t.relispartition
        WHERE c.contype = 'c'
          AND c.connamespace = 'public'::regnamespace
          AND cardinality(c.conkey) = 1
          AND pg_get_constraintdef(c.oid) LIKE '%= ANY (ARRAY[''%'
        ";
    let rows: Vec<(String, String, String)> = sqlx::query_as(statement).fetch_all(pool).await.unwrap();
    let values = |check: &str| check.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    rows.into_iter().map(|(table, column, check)| ((table, column), values(&check))).collect()
}

/// Differences between the constraints and the enums.
fn differences(allowed: &BTreeMap<(String, String), BTreeSet<String>>, columns: &[Column]) -> Vec<String> {
    let mut faults = Vec::new();
    for (table, column, values) in columns {
        let values: BTreeSet<_> = values.iter().map(|value| (*value).to_owned()).collect();
        let check = allowed.get(&((*table).to_owned(), (*column).to_owned()));
        if check != Some(&values) {
            faults.push(format!("{table}.{column} allows {check:?}, and its enum has {values:?}"));
        }
    }
    let listed = |table: &str, column: &str| columns.iter().any(|it| (it.0, it.1) == (table, column));
    let unlisted = allowed.keys().filter(|(table, column)| !listed(table, column));
    faults.extend(unlisted.map(|(table, column)| format!("{table}.{column} has a CHECK, and is not listed here")));
    faults
}

#[tokio::test]
async fn each_check_allows_what_the_enum_of_its_column_has() {
    let database = TestDatabase::new().await;
    let allowed = allowed_values(database.databases.system.pool()).await;
    let faults = differences(&allowed, &typed_columns());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_planted_difference_is_found() {
    let database = TestDatabase::new().await;
    let pool = database.databases.system.pool();
    let before = differences(&allowed_values(pool).await, &typed_columns()).len();
    for planted in [
        "ALTER TABLE connectors DROP CONSTRAINT connectors_visibility_check",
        "ALTER TABLE connectors ADD CHECK (visibility IN ('private', 'administrators', 'everyone', 'planted'))",
        "CREATE TABLE planted (state text CHECK (state IN ('a', 'b')))",
    ] {
        sqlx::query(AssertSqlSafe(planted)).execute(pool).await.unwrap();
    }
    let faults = differences(&allowed_values(pool).await, &typed_columns());
    assert_eq!(faults.len(), before + 2, "{}", faults.join("\n"));
}
