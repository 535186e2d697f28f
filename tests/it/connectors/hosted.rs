//! Connectors of MCP servers that are shipped with the hub: connected without a credential, with a token, and by signing in.

use craft::connectors::{Shipped, shipped};
use craft::serve;
use craft::workbench::Workbench;
use http::StatusCode;
use url::Url;

use super::TOOLS;
use crate::support::changing_server::ChangingServer;
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

pub(super) const TIDES: &str = "/connectors/tides";

/// Ships a connector of the server at this address. A file may name https addresses only, and this server has none.
pub(super) async fn ship(app: &TestApp, auth: &str, url: Url) {
    ship_with_key(app, auth, url, "").await;
}

/// Ships it with these lines about its key.
async fn ship_with_key(app: &TestApp, auth: &str, url: Url, key: &str) {
    let text = format!(
        "
        slug = 'tides'
        name = 'Tides'
        description = 'High and low water.'
        category = 'development'
        auth = '{auth}'
        transport = 'mcp'
        server_url = 'https://mcp.tides.example/mcp'
        docs = 'https://tides.example/help'
        seen = {{ source = 'https://tides.example/docs', date = '2026-11-20' }}
        unconfirmed = true
        {key}
        "
    );
    let mut tides = Shipped::parse("connectors/tides.toml", &text).unwrap();
    tides.hosted.as_mut().unwrap().server_url = url.into();
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    let all: Vec<_> = shipped().unwrap().into_iter().chain([tides]).collect();
    serve::ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
}

fn names(page: &Page) -> Vec<String> {
    page.texts(&format!("{TOOLS} th a"))
}

#[tokio::test]
async fn a_server_without_sign_in_is_connected_by_a_button_and_lists_its_tools_then() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ChangingServer::start(tools(2)).await;
    ship(&app, "none", server.url()).await;

    let page = alice.get(TIDES).await;
    assert!(page.text("main").contains("The server shows its tools after you connect."), "{}", page.text("main"));
    assert_eq!(page.text(".strip .state"), "Not connected");
    assert_eq!(
        page.attrs(".strip a[href^=https]", "href"),
        ["https://tides.example/help", "https://tides.example/docs"]
    );
    assert!(page.text(".strip").contains("seen 2026-11-20"), "{}", page.text(".strip"));
    assert!(page.text(".callout.warn").starts_with("This connector is unconfirmed"));
    assert_eq!(server.list_count(), 0, "nobody has asked the server");

    let form = alice.get(&page.attr(".page-head .actions a.btn", "href").unwrap()).await;
    let connected = alice.submit(&form, "main form", []).await;
    assert_eq!(
        (connected.path(), connected.text(".flash.ok p")),
        (TIDES, "Tides is connected. It has 2 tools.".to_owned())
    );
    assert_eq!(
        (names(&connected), connected.text(".strip .state")),
        (vec!["tool-0".into(), "tool-1".into()], "Connected".into())
    );
    assert_eq!(app.run(&alice, &format!("{TIDES}/tools/tool-0"), []).await.text("#job-result pre"), "done");

    let page = bob.get(TIDES).await;
    assert_eq!((names(&page), page.text(".strip .state")), (vec![], "Not connected".to_owned()));
    assert_eq!(bob.get(&format!("{TIDES}/tools/tool-0")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_server_with_a_token_is_connected_after_it_accepted_the_token() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ScriptedServer::guarded(tools(1), "done", Some("t0p")).await;
    ship(&app, "token", server.url()).await;
    let form = alice.get(&format!("{TIDES}/connection")).await;
    let refused = alice.submit(&form, "main form", [("token", "wr0ng")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("#f-token-e") && names(&alice.get(TIDES).await).is_empty());
    let connected = alice.submit(&form, "main form", [("token", "t0p")]).await;
    assert_eq!(connected.text(".flash.ok p"), "Tides is connected. It has 1 tool.");
    assert_eq!(app.run(&alice, &format!("{TIDES}/tools/tool-0"), []).await.text("#job-result pre"), "done");
    assert!(names(&bob.get(TIDES).await).is_empty());
}

#[tokio::test]
async fn a_key_is_sent_in_the_header_that_the_server_expects() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::requiring(tools(1), "done", Some(("x-tide-key", "t0p".to_owned()))).await;
    ship_with_key(&app, "token", server.url(), "\n[key]\nstyle = 'header'\nname = 'X-Tide-Key'\nfield = 'token'").await;
    let form = alice.get(&format!("{TIDES}/connection")).await;
    assert!(form.text("main").contains("How to get a key: tides.example."), "{}", form.text("main"));
    assert_eq!(form.text("label[for=f-token]"), "API key");
    let refused = alice.submit(&form, "main form", [("token", "wr0ng")]).await;
    assert!(refused.has("#f-token-e"), "{}", refused.text("main"));
    let connected = alice.submit(&form, "main form", [("token", "t0p")]).await;
    assert_eq!(connected.text(".flash.ok p"), "Tides is connected. It has 1 tool.");
    assert_eq!(app.run(&alice, &format!("{TIDES}/tools/tool-0"), []).await.text("#job-result pre"), "done");
    let connection = connected.attr(".strip a[href^='/connections/']", "href").unwrap();
    let form = alice.get(&format!("{connection}/checkup")).await;
    let job = alice.submit(&form, "form[action$='/checkup']", []).await;
    let job = job.path().rsplit('/').next().unwrap().parse().unwrap();
    let checked = app.wait_until_finished(&alice, job).await;
    assert_eq!(checked.attrs(".checks > li", "data-result"), ["passed"; 5], "{}", checked.text("main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_discovers_the_provider_for_each_owner() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = SignInServer::start(SignInRules::default()).await;
    ship(&app, "oauth", server.url()).await;
    for person in [&alice, &bob] {
        let form = person.get(&format!("{TIDES}/connection")).await;
        assert!(!form.has("#f-client_id"), "the hub registers by itself: {}", form.text("main"));
        let page = person.submit(&form, "main form", []).await;
        let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("no link: {}", page.text("main")));
        let page = person.get(&server.consent(&link).await).await;
        assert!(page.text(".flash.ok p").starts_with("Tides is connected. It has "), "{}", page.text(".flash p"));
        assert!(!names(&page).is_empty());
    }
    let own = "SELECT count(*) FROM connector_discoveries WHERE oauth_config IS NOT NULL";
    let own: i64 = sqlx::query_scalar(own).fetch_one(app.app.system.pool()).await.unwrap();
    let shared = "SELECT count(*) FROM connectors WHERE slug = 'tides' AND oauth_config IS NOT NULL";
    let shared: i64 = sqlx::query_scalar(shared).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!((own, shared), (2, 0), "what a server says to one owner is not believed for another");
}

#[tokio::test]
async fn a_server_that_is_away_is_connected_and_says_what_is_missing() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ChangingServer::start(tools(1)).await;
    ship(&app, "none", server.url()).await;
    server.set_broken(true);
    let form = alice.get(&format!("{TIDES}/connection")).await;
    let page = alice.submit(&form, "main form", []).await;
    assert!(page.text(".flash p").contains("Its tools could not be read yet"), "{}", page.text(".flash p"));
    assert!(page.has("form[action$='/discovery']"));
}
