//! Connectors: shipped ones, adding an MCP server, and the reasons why a server is not added.

mod adding;
mod application;
mod catalogue;
mod changed_tools;
mod discovery;
mod edits;
mod hosted;
mod hosted_refusals;
mod images;
mod ownership;
mod refused;
mod shipped;
mod showing;
mod tolerance;
mod tool_filter;
mod two_methods;

use craft::connectors::{Shipped, Transport, shipped};
use craft::serve;
use craft::workbench::Workbench;
use http::StatusCode;
use url::Url;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const FORM: &str = "/connectors/new/mcp";

/// Rows of the tools on a connector's page.
const TOOLS: &str = "section[aria-labelledby=tools-heading] tbody tr";

/// Submits the form for a server without a token.
async fn add(browser: &Browser, name: &str, url: &str) -> Page {
    let form = browser.get(FORM).await;
    browser.submit(&form, "main form", [("name", name), ("url", url)]).await
}

/// Submits the form with a token.
async fn add_with(browser: &Browser, url: &Url, token: &str) -> Page {
    let form = browser.get(FORM).await;
    let fields = [("name", "Guarded"), ("url", url.as_str()), ("auth", "bearer"), ("token", token)];
    browser.submit(&form, "main form", fields).await
}

/// Asserts that the form was shown again with its input and one fault, above the form and at `field`, and that nothing
/// was stored. Returns the message.
async fn refused_at(app: &TestApp, browser: &Browser, page: &Page, field: &str, typed: [&str; 2]) -> String {
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text("main"));
    let message = page.text(".summary li a");
    assert_eq!(page.attr(".summary li a", "href"), Some(format!("#f-{field}")), "{message}");
    assert_eq!(page.text(&format!("#f-{field}-e")), format!("Error: {message}"));
    assert_eq!(page.attr(&format!("#f-{field}"), "aria-invalid").as_deref(), Some("true"));
    assert_eq!(["#f-url", "#f-name"].map(|id| page.attr(id, "value").unwrap()), typed);
    assert_eq!(names(browser).await, ["Workbench"], "something was added");
    assert!(!app.audit_actions().await.iter().any(|action| action.starts_with("connector")), "something was recorded");
    message
}

/// Returns the names of the listed connectors, without the services that every hub has.
async fn names(browser: &Browser) -> Vec<String> {
    let services: Vec<_> = shipped().unwrap().into_iter().filter(|it| it.transport != Transport::Builtin).collect();
    let mut listed = browser.get("/connectors").await.texts(".card h3");
    listed.retain(|name| !services.iter().any(|service| service.name == *name));
    listed
}

/// Stores these connectors, as the start of the hub does.
async fn store_shipped(app: &TestApp, shipped: &[Shipped]) {
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    serve::ship_connectors(&app.app.system, shipped, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
}

/// Starts a hub that ships the Workbench only, so that a list holds what the test has put there.
async fn hub_without_services() -> TestApp {
    let app = TestApp::new().await;
    let builtin = shipped().unwrap().into_iter().filter(|it| it.transport == Transport::Builtin);
    store_shipped(&app, &builtin.collect::<Vec<_>>()).await;
    app
}
