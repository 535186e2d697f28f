//! Signing in at MCP servers that are unusual, that move to another provider, or that refuse a token.

mod lost_answer;
mod provider_change;
mod rejected_tokens;
mod unusual_servers;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::sign_in_server::SignInServer;

/// Adds the server as "Odd", up to the page before the provider.
async fn add(browser: &Browser, server: &SignInServer) -> Page {
    let form = browser.get("/connectors/new/mcp").await;
    browser.submit(&form, "main form", [("name", "Odd"), ("url", server.url().as_str())]).await
}

/// Consents at the provider to which the page leads, and returns to the hub.
async fn consent(browser: &Browser, provider: &SignInServer, page: &Page) -> Page {
    let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("no link: {}", page.text("main")));
    browser.get(&provider.consent(&link).await).await
}
