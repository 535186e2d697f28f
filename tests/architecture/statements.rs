//! The recorded SQL statements: each names an owner, and the limit of a list is a parameter.

use craft::db::ownership::TABLES;

use super::sources;

/// Views over owned tables, whose statements must name the owner as well.
const OWNED_VIEWS: &[&str] = &["pipeline_jobs", "action_logs"];

/// Statements that see every user's rows, each with its reason. This list may only get shorter.
const OF_ALL_USERS: &[(&str, &str)] = &[
    (
        "SELECT owner_id AS \"owner: OwnerId\" FROM oauth_transactions WHERE started_by = $1 AND state = $2",
        "the callback names no owner, only the user who started the sign-in",
    ),
    ("DELETE FROM user_sessions WHERE expires_at <= $1", "what has expired is swept for all"),
    ("SELECT master_key_id FROM data_keys WHERE master_key_id <> ALL($1) LIMIT 1", "the key is of the whole hub"),
    (
        "SELECT count(*) AS \"count!\" FROM data_keys WHERE master_key_id <> $1",
        "the key is of the whole hub, and so is its change",
    ),
    ("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE", "the first administrator is the owner, and there is one"),
    (
        "SELECT EXISTS (SELECT FROM users WHERE is_admin) AS \"any!\"",
        "only a hub without administrators prints the link for the owner's account",
    ),
];

/// Tables whose rows are about the owner itself.
const ABOUT_THE_OWNER: &[&str] = &["users", "owners", "organisations"];

/// The columns of which a statement on this table names one.
fn columns_of(table: &str) -> &'static [&'static str] {
    match table {
        "users" => &["user_id", "id_hash", "email"],
        "user_sessions" => &["user_id", "id_hash"],
        "memberships" | "organisations" => &["user_id", "organisation_id"],
        "api_tokens" | "assistant_grants" => &["owner_id", "user_id", "token_hash"],
        _ => &["owner_id"],
    }
}

#[test]
fn every_statement_on_an_owned_table_names_its_owner() {
    let mut faults = Vec::new();
    let (mut seen, mut excused) = (0, 0);
    let tables = TABLES.iter().filter(|table| table.owner_column.is_some()).map(|table| table.name);
    let owned: Vec<_> = tables.chain(OWNED_VIEWS.iter().copied()).collect();
    for (path, text) in sources(".sqlx", "json") {
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let statement = file["query"].as_str().unwrap();
        seen += 1;
        let words: Vec<_> = statement.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let named: Vec<_> = owned.iter().filter(|table| words.contains(table)).collect();
        let is_of_all = OF_ALL_USERS.iter().any(|(listed, _)| *listed == statement);
        excused += usize::from(is_of_all);
        let names_owner = |table: &str| {
            columns_of(table).iter().any(|column| words.contains(column))
                // of the row about a person or an owner, the key is the owner
                || (ABOUT_THE_OWNER.contains(&table) && statement.contains("id = $"))
        };
        if !is_of_all && !named.iter().all(|table| names_owner(table)) {
            faults.push(format!("{}: {named:?} without the owner:\n{statement}", path.display()));
        }
    }
    assert!(seen > 0, "no statement is recorded in .sqlx");
    assert_eq!(excused, OF_ALL_USERS.len(), "OF_ALL_USERS lists a statement that is gone");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A statement is planned once and for all users. With a number for its limit the planner expects a list to be short
/// before the limit is reached, and reads and sorts the whole history of a user who has a long one.
#[test]
fn the_limit_of_a_list_is_a_parameter() {
    for (path, text) in sources(".sqlx", "json") {
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let statement = file["query"].as_str().unwrap();
        // recurring tasks look at everybody's rows, and one row is no list
        let of_an_owner = statement.contains("owner_id = $") && !statement.contains("DELETE");
        for rest in statement.split("LIMIT ").skip(1).filter(|_| of_an_owner) {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(["", "1", "3"].contains(&number.as_str()), "{}: LIMIT {number}:\n{statement}", path.display());
        }
    }
}
