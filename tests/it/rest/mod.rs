//! Tools of REST services: the request that is sent, and what becomes of the answer.

mod answers;
mod choices;
mod contracts;
mod conventions;
mod multipart;
mod requests;
mod spoiling;
mod steps;

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::ledger_service::{self, connect};
use crate::support::page::Page;
use crate::support::scripted_api::ScriptedApi;
use crate::support::test_app::TestApp;

fn tool(name: &str) -> String {
    format!("/connectors/ledger/tools/{name}")
}

/// Starts a hub with the service, to which alice has connected.
async fn start() -> (TestApp, ScriptedApi, Browser) {
    let app = TestApp::new().await;
    let ledger = ledger_service::start(&app).await;
    let alice = app.alice().await;
    connect(&alice).await;
    (app, ledger, alice)
}

/// The job of a page as a program reads it.
async fn json(browser: &Browser, page: &Page) -> Value {
    browser.get(&format!("{}.json", page.path())).await.json()
}
