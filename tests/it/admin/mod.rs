//! Administration of the hub. The stranger test in `authorization` requests each of its pages as other people.

mod access;
mod connector;
mod invitations;
mod overview;
mod users;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Makes a change on the page of an account: opens its confirmation, then presses the button.
async fn change(app: &TestApp, administrator: &Browser, name: &str, what: &str) -> Page {
    let path = format!("/admin/users/{}/{what}", app.owner_of(name).await);
    let page = administrator.get(&path).await;
    administrator.submit(&page, "main form", []).await
}

/// Returns the actions in the log of the hub, oldest first, with the name of the person who acted.
async fn hub_log(app: &TestApp) -> Vec<String> {
    let statement = "SELECT e.action || ' by ' || COALESCE(u.display_name, 'nobody')
                     FROM audit_entries e LEFT JOIN users u ON u.id = e.actor_id
                     WHERE e.owner_id = '00000000-0000-0000-0000-000000000000' ORDER BY e.id";
    sqlx::query_scalar(statement).fetch_all(app.app.system.pool()).await.unwrap()
}

/// Signs up with an address, which is not confirmed then.
async fn sign_up(browser: &Browser, email: &str, password: &str) -> Page {
    let page = browser.get("/sign-up").await;
    let fields = [("email", email), ("display_name", "Carol"), ("password", password)];
    browser.submit(&page, "form[action='/sign-up']", fields).await
}
