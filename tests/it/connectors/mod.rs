//! Connectors: shipped ones, adding an MCP server, and the reasons why a server is not added.

mod adding;
mod application;
mod catalogue;
mod changed_tools;
mod discovery;
mod edits;
mod hosted;
mod ownership;
mod refused;
mod shipped;
mod showing;
mod tolerance;
mod tool_filter;

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

/// Returns the names of the listed connectors.
async fn names(browser: &Browser) -> Vec<String> {
    browser.get("/connectors").await.texts(".card h3")
}
