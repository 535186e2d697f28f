//! Compares the declared list of tables with the database: row-level security, exact policies, views.

use std::collections::BTreeMap;

use craft::db::ownership::{Ownership, TABLES};
use sqlx::PgPool;

use crate::support::database::TestDatabase;

const SYSTEM: &str = "( SELECT (current_setting('app.system'::text, true) = 'on'::text))";
const PERSON: &str = "( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS \"nullif\")";

const OWNER: &str = "( SELECT (NULLIF(current_setting('app.owner_id'::text, true), ''::text))::uuid AS \"nullif\")";

/// A policy: name, permissive or restrictive, command, `USING`, `WITH CHECK`.
type Policy = (String, String, String, String, Option<String>);

fn policy(name: &str, mode: &str, command: &str, using: &str, check: Option<&str>) -> Policy {
    (name.to_owned(), mode.to_owned(), command.to_owned(), using.to_owned(), check.map(str::to_owned))
}

/// Returns the policies that a table must have, as PostgreSQL prints them.
fn expected_policies(ownership: Ownership, owner_column: Option<&str>) -> Vec<Policy> {
    let column = owner_column.unwrap_or_default();
    let own = format!("COALESCE(({SYSTEM} OR ({column} = {OWNER})), false)");
    let readable = format!("COALESCE(({SYSTEM} OR ({column} IS NULL) OR ({column} = {OWNER})), false)");
    let personal = format!("COALESCE(({SYSTEM} OR ({column} = {PERSON})), false)");
    let membership = format!("COALESCE(({SYSTEM} OR (user_id = {PERSON}) OR ({column} = {OWNER})), false)");
    match ownership {
        Ownership::Owned => vec![policy("own", "PERMISSIVE", "ALL", &own, None)],
        Ownership::Personal => vec![policy("personal", "PERMISSIVE", "ALL", &personal, None)],
        Ownership::Membership => vec![policy("own", "PERMISSIVE", "ALL", &membership, Some(&own))],
        Ownership::SharedOrOwn => vec![
            policy("own", "PERMISSIVE", "ALL", &readable, Some(&own)),
            policy("own_delete", "RESTRICTIVE", "DELETE", &own, None),
            policy("own_update", "RESTRICTIVE", "UPDATE", &own, None),
        ],
        Ownership::System => vec![policy("system", "PERMISSIVE", "ALL", &format!("COALESCE({SYSTEM}, false)"), None)],
        Ownership::Hot => vec![],
    }
}

#[tokio::test]
async fn each_table_and_partition_has_exactly_the_policy_of_its_kind() {
    let database = TestDatabase::new().await;
    let pool = database.databases.system.pool();
    let policies = policies(pool).await;
    let tables = tables(pool).await;
    for (table, parent, is_forced) in &tables {
        let declared = TABLES.iter().find(|declared| declared.name == parent.as_ref().unwrap_or(table));
        let declared = declared.unwrap_or_else(|| panic!("{table} is not declared in src/db/ownership.rs"));
        assert_eq!(*is_forced, declared.ownership != Ownership::Hot, "{table}: ENABLE and FORCE ROW LEVEL SECURITY");
        let found = policies.get(table).cloned().unwrap_or_default();
        assert_eq!(found, expected_policies(declared.ownership, declared.owner_column), "policies of {table}");
    }
    for declared in TABLES {
        assert!(tables.iter().any(|(table, ..)| table == declared.name), "there is no table {}", declared.name);
    }
    assert!(tables.iter().any(|(_, parent, _)| parent.is_some()), "no partition was checked");
}

/// A key that begins with the owner keeps the rows of an owner together, and no id finds a row of another one.
#[tokio::test]
async fn the_key_of_each_owned_table_begins_with_its_owner() {
    let database = TestDatabase::new().await;
    let keys: BTreeMap<String, String> = sqlx::query_as::<_, (String, String)>(
        "SELECT i.indrelid::regclass::text, a.attname::text
         FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indisprimary AND i.indrelid::regclass::text NOT LIKE 'pg_%'",
    )
    .fetch_all(database.databases.system.pool())
    .await
    .unwrap()
    .into_iter()
    .collect();
    let owned: Vec<_> = TABLES.iter().filter(|table| table.ownership == Ownership::Owned).collect();
    assert!(owned.len() > 10, "only {} owned tables", owned.len());
    for table in owned {
        assert_eq!(keys.get(table.name).map(String::as_str), table.owner_column, "{}", table.name);
    }
}

#[tokio::test]
async fn every_view_runs_with_the_rights_of_its_caller() {
    let database = TestDatabase::new().await;
    let views: Vec<(String, bool)> = sqlx::query_as(
        "SELECT relname, COALESCE('security_invoker=true' = ANY (reloptions), false)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'",
    )
    .fetch_all(database.databases.system.pool())
    .await
    .unwrap();
    assert!(!views.is_empty());
    for (view, is_invoker) in views {
        assert!(is_invoker, "{view} needs WITH (security_invoker = true)");
    }
}

/// Lists each table, the parent of a partition, and a flag that is true if policies bind even the owner.
async fn tables(pool: &PgPool) -> Vec<(String, Option<String>, bool)> {
    sqlx::query_as(
        "SELECT c.relname, p.relname, c.relrowsecurity AND c.relforcerowsecurity
         FROM pg_class c
         LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
         LEFT JOIN pg_class p ON p.oid = i.inhparent
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn policies(pool: &PgPool) -> BTreeMap<String, Vec<Policy>> {
    let rows: Vec<(String, String, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT tablename::text, policyname::text, permissive, cmd, qual, with_check
         FROM pg_policies WHERE roles = '{public}' ORDER BY tablename, policyname",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut policies = BTreeMap::<_, Vec<_>>::new();
    for (table, name, mode, command, using, check) in rows {
        policies.entry(table).or_default().push((name, mode, command, using, check));
    }
    policies
}
