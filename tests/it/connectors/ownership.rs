//! Tools that a discovery finds belong to the owner who discovered them, also at a connector that is shipped with the hub.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::TOOLS;
use crate::support::browser::Browser;
use crate::support::changing_server::ChangingServer;
use crate::support::page::Page;
use crate::support::scripted_server::tools;
use crate::support::test_app::TestApp;

const GARDEN: &str = "/connectors/garden";
const MINUTE: Duration = Duration::from_secs(61);

/// Stores a connector of a server as if a file had shipped it.
async fn ship(app: &TestApp, server: &ChangingServer) {
    let row = "INSERT INTO connectors (id, owner_id, visibility, name, slug, auth_type, transport, mcp_server_url, created_at)
               VALUES (gen_random_uuid(), NULL, 'everyone', 'Garden', 'garden', 'none', 'mcp', $1, clock_timestamp())";
    sqlx::query(row).bind(server.url().as_str()).execute(app.app.system.pool()).await.unwrap();
}

/// Connects it for the first time, which discovers its tools.
async fn connect(browser: &Browser) -> Page {
    let form = browser.get(&format!("{GARDEN}/connection")).await;
    browser.submit(&form, "main form", []).await
}

async fn discover(browser: &Browser) -> Page {
    let page = browser.get(GARDEN).await;
    browser.submit(&page, "form[action$='/discovery']", []).await
}

async fn names(browser: &Browser) -> Vec<String> {
    browser.get(GARDEN).await.texts(&format!("{TOOLS} th a"))
}

#[tokio::test]
async fn owners_of_a_shipped_connector_see_the_tools_of_their_own_discoveries() {
    let app = TestApp::new().await;
    let (alice, bob, stranger) = (app.alice().await, app.bob().await, app.stranger());
    let server = ChangingServer::start(tools(2)).await;
    ship(&app, &server).await;
    assert_eq!(names(&alice).await, [""; 0]);

    assert_eq!(connect(&alice).await.text(".flash.ok p"), "Garden is connected. It has 2 tools.");
    let first = alice.get(&format!("{GARDEN}/discovery")).await;
    assert_eq!(first.text("main h2:not(.callout h2)"), "No changes yet", "the first tools are no change");
    assert_eq!(names(&alice).await, ["tool-0", "tool-1"]);
    assert_eq!(app.run(&alice, &format!("{GARDEN}/tools/tool-0"), []).await.text("#job-result pre"), "done");

    // nothing of it is bob's: no tool, no time of a discovery, no address of a tool
    let page = bob.get(GARDEN).await;
    assert!(
        page.texts(TOOLS).is_empty() && page.text("main").contains("The server shows its tools after you connect."),
        "{}",
        page.text("main")
    );
    assert_eq!(bob.get(&format!("{GARDEN}/tools/tool-0")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.get("/search?q=tool-0").await.texts("main a[href*='/tools/']"), [""; 0]);
    assert!(stranger.get(GARDEN).await.path().starts_with("/sign-in"));

    // bob asks within the interval of alice, and finds what the server lists by now
    server.set_tools(json!([{"name": "tool-0", "description": "Digs.", "inputSchema": {"type": "object"}}]));
    assert_eq!(connect(&bob).await.text(".flash.ok p"), "Garden is connected. It has 1 tool.");
    assert_eq!(
        (names(&bob).await, names(&alice).await),
        (vec!["tool-0".to_owned()], vec!["tool-0".into(), "tool-1".into()])
    );
    assert!(bob.get(&format!("{GARDEN}/tools/tool-0")).await.text("main").contains("Digs."));
    assert!(!alice.get(&format!("{GARDEN}/tools/tool-0")).await.text("main").contains("Digs."));

    // changes and failures are those of the owner who asked
    app.advance(MINUTE).await;
    let changed = discover(&alice).await;
    assert_eq!(changed.texts("section[aria-labelledby=removed-heading] li"), ["tool-1"]);
    assert_eq!(bob.get(&format!("{GARDEN}/discovery")).await.text("main h2"), "No changes yet");
    server.set_broken(true);
    discover(&bob).await;
    assert!(bob.get(GARDEN).await.text(".callout.warn").starts_with("The last check for changes failed: "));
    assert!(!alice.get(GARDEN).await.text("main").contains("The last check for changes failed"));
    assert_eq!(names(&bob).await, ["tool-0"]);
}

#[tokio::test]
async fn the_page_of_a_shipped_connector_offers_no_change_of_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ChangingServer::start(tools(1)).await;
    ship(&app, &server).await;
    connect(&alice).await;
    assert!(!alice.get(GARDEN).await.has("a[href$='/edit']"));
    for place in ["edit", "removal"] {
        assert_eq!(alice.get(&format!("{GARDEN}/{place}")).await.status, StatusCode::NOT_FOUND, "{place}");
    }
    let tools = "SELECT count(*) FROM connector_tools t JOIN connectors c ON c.id = t.connector_id
                 WHERE c.slug = 'garden' AND t.owner_id IS NULL";
    let shared: i64 = sqlx::query_scalar(tools).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(shared, 0, "a discovery writes rows of its owner only");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_during_a_call_concerns_the_caller() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ChangingServer::start(tools(1)).await;
    ship(&app, &server).await;
    for person in [&alice, &bob] {
        connect(person).await;
    }
    server.announce_changes();
    let said = |page: &Page| page.text("main").contains("that its tools have changed");
    // within the minute after her discovery, the hub only marks the change
    app.run(&alice, &format!("{GARDEN}/tools/tool-0"), []).await;
    crate::support::hang::wait_until("the page says so", async || said(&alice.get(GARDEN).await)).await;
    assert!(!said(&bob.get(GARDEN).await));
}

#[tokio::test]
async fn a_change_waits_for_each_owner_alone() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ChangingServer::start(tools(1)).await;
    ship(&app, &server).await;
    for person in [&alice, &bob] {
        connect(person).await;
    }
    app.advance(MINUTE).await;
    server.set_tools(json!([{"name": "tool-0", "description": "Digs.", "inputSchema": {"type": "object"}}]));
    let of_alice = discover(&alice).await;
    let of_bob = discover(&bob).await;
    let version = |page: &Page| page.attr("input[name=c]", "value").unwrap();
    let place = format!("{GARDEN}/discovery/acceptance");
    assert_eq!(bob.post(&place, &[("c", version(&of_alice))]).await.status, StatusCode::CONFLICT);
    alice.submit(&of_alice, "form[action$='/acceptance']", []).await;
    assert!(!alice.get(GARDEN).await.has(".callout.warn"));
    assert!(bob.get(GARDEN).await.has(".callout.warn"), "what alice accepted, bob has not");
    assert_ne!(version(&of_alice), version(&of_bob));
}
