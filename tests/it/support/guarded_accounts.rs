//! Accounts at a server that requires a token.

use http::StatusCode;

use super::browser::Browser;
use super::page::Page;
use super::scripted_server::{ScriptedServer, tools};
use super::test_app::TestApp;

/// The token that the server accepts.
pub(crate) const TOKEN: &str = "t0ken-that-nobody-may-see";

/// Starts a hub and connects Alice to a server that requires a token.
pub(crate) async fn guarded() -> (TestApp, Browser, ScriptedServer) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some(TOKEN)).await;
    add(&alice, &server).await;
    (app, alice, server)
}

/// Adds the server under the name "Guarded".
pub(crate) async fn add(browser: &Browser, server: &ScriptedServer) {
    let form = browser.get("/connectors/new/mcp").await;
    let url = server.url();
    let fields = [("name", "Guarded"), ("url", url.as_str()), ("auth", "bearer"), ("token", TOKEN)];
    let added = browser.submit(&form, "main form", fields).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text("main"));
}

/// Connects another account of the guarded server.
pub(crate) async fn account(browser: &Browser, label: &str) -> Page {
    let form = browser.get("/connectors/guarded/connection").await;
    browser.submit(&form, "main form", [("label", label), ("token", TOKEN)]).await
}

/// Opens the page of the connection with this name in the list.
pub(crate) async fn page_of(browser: &Browser, name: &str) -> Page {
    let list = browser.get("/connections").await;
    let names = rows(&list);
    // the only connection of a connector has no label in the list
    let is_named = |row: &String| row == name || name.strip_suffix(" Account 1") == Some(row);
    let at = names.iter().position(is_named).unwrap_or_else(|| panic!("{name} is not among {names:?}"));
    browser.get(&list.attrs("tbody th a", "href")[at]).await
}

/// Returns the connector and label of each connection in a list.
pub(crate) fn rows(list: &Page) -> Vec<String> {
    list.texts("tbody th")
}
