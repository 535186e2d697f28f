//! Connections: the list, the page of one, and the changes that an owner makes.

mod checkup;
mod default_connection;
mod disconnection;
mod expiry;
mod key_verification;
mod labels;
mod list;
mod live_updates;
mod second_account;
mod token_replacement;

use crate::support::guarded_accounts::{TOKEN, account, add, guarded, page_of, rows};
use crate::support::test_app::TestApp;

const GUARDED: &str = "/connectors/guarded";
const TOOL: &str = "/connectors/guarded/tools/tool-0";

/// Updates all connections with SQL.
async fn change(app: &TestApp, set: &'static str) {
    let statement = format!("UPDATE user_connections SET {set}");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(app.app.system.pool()).await.unwrap();
}

async fn count(app: &TestApp, what: &'static str) -> i64 {
    let statement = format!("SELECT count(*) FROM {what}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(app.app.system.pool()).await.unwrap()
}
