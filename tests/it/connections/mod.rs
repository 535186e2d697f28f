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

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const GUARDED: &str = "/connectors/guarded";
const TOOL: &str = "/connectors/guarded/tools/tool-0";

/// The token that the test server accepts.
const TOKEN: &str = "t0ken-that-nobody-may-see";

/// Starts a hub and connects Alice to a server that requires a token.
async fn guarded() -> (TestApp, Browser, ScriptedServer) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some(TOKEN)).await;
    add(&alice, &server).await;
    (app, alice, server)
}

/// Adds the server under the name "Guarded".
async fn add(browser: &Browser, server: &ScriptedServer) {
    let form = browser.get("/connectors/new/mcp").await;
    let url = server.url();
    let fields = [("name", "Guarded"), ("url", url.as_str()), ("auth", "bearer"), ("token", TOKEN)];
    let added = browser.submit(&form, "main form", fields).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text("main"));
}

/// Connects another account of the guarded server.
async fn account(browser: &Browser, label: &str) -> Page {
    let form = browser.get("/connectors/guarded/connection").await;
    browser.submit(&form, "main form", [("label", label), ("token", TOKEN)]).await
}

/// Opens the page of the connection with this name in the list.
async fn page_of(browser: &Browser, name: &str) -> Page {
    let list = browser.get("/connections").await;
    let names = rows(&list);
    // the only connection of a connector has no label in the list
    let is_named = |row: &String| row == name || name.strip_suffix(" Account 1") == Some(row);
    let at = names.iter().position(is_named).unwrap_or_else(|| panic!("{name} is not among {names:?}"));
    browser.get(&list.attrs("tbody th a", "href")[at]).await
}

/// Returns the connector and label of each connection in a list.
fn rows(list: &Page) -> Vec<String> {
    list.texts("tbody th")
}

/// Updates all connections with SQL.
async fn change(app: &TestApp, set: &'static str) {
    let statement = format!("UPDATE user_connections SET {set}");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(app.app.system.pool()).await.unwrap();
}

async fn count(app: &TestApp, what: &'static str) -> i64 {
    let statement = format!("SELECT count(*) FROM {what}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(app.app.system.pool()).await.unwrap()
}
