//! Connectors: those that are shipped, adding an MCP server, and being told why it was not added.

mod adding;
mod application;
mod catalogue;
mod discovery;
mod refused;
mod shipped;
mod showing;

use http::StatusCode;
use url::Url;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const FORM: &str = "/connectors/new/mcp";

/// The rows of the tools on a connector's page.
const TOOLS: &str = "section[aria-labelledby=tools-heading] tbody tr";

/// Fills and sends the form with a server that needs no token.
async fn add(browser: &Browser, name: &str, url: &str) -> Page {
    let form = browser.get(FORM).await;
    browser.submit(&form, "main form", [("name", name), ("url", url)]).await
}

/// Fills and sends the form with a token.
async fn add_with(browser: &Browser, url: &Url, token: &str) -> Page {
    let form = browser.get(FORM).await;
    let fields = [("name", "Guarded"), ("url", url.as_str()), ("auth", "bearer"), ("token", token)];
    browser.submit(&form, "main form", fields).await
}

/// The form came back with one fault, at `field`, told above it and beside it, and with what was typed; nothing was
/// stored.
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

/// The connectors of the list.
async fn names(browser: &Browser) -> Vec<String> {
    browser.get("/connectors").await.texts(".card h3")
}
