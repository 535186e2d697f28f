//! A service with two ways to connect on one page: a server that its provider hosts, and its own API.

use craft::connectors::Shipped;

use super::TOOLS;
use crate::support::browser::Browser;
use crate::support::ledger_service::{self, connect};
use crate::support::page::Page;
use crate::support::scripted_api::ScriptedApi;
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

const LEDGER: &str = "/connectors/ledger";
const HOSTED_TOOL: &str = "/connectors/ledger-hosted/tools/tool-0";
const HOSTED_TOOLS: &str = "section[aria-labelledby=tools-heading-hosted] tbody tr th a";

/// Ships the Ledger, which takes a key, and beside it a server with a sign-in.
async fn start() -> (TestApp, ScriptedApi, SignInServer) {
    let app = TestApp::new().await;
    let server = SignInServer::start(SignInRules::default()).await;
    let file = "
        slug = 'ledger-hosted'
        name = 'Ledger (hosted)'
        description = 'Books and their entries.'
        category = 'payments'
        auth = 'oauth'
        transport = 'mcp'
        server_url = 'https://mcp.ledger.example/mcp'
        docs = 'https://ledger.example/mcp'
        seen = { source = 'https://ledger.example/docs', date = '2026-11-20' }
        beside = 'ledger'
    ";
    let mut hosted = Shipped::parse("connectors/hosted/ledger-hosted.toml", file).unwrap();
    hosted.hosted.as_mut().unwrap().server_url = server.url().into();
    let ledger = ledger_service::start_with(&app, [hosted]).await;
    (app, ledger, server)
}

/// Signs in at the hosted server, from the page of the service. Returns the page after the callback.
async fn sign_in(person: &Browser, server: &SignInServer) -> Page {
    let page = person.get(LEDGER).await;
    let form = person.get(&page.attr("#method-hosted a.btn", "href").unwrap()).await;
    let page = person.submit(&form, "main form", []).await;
    let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("no link: {}", page.text("main")));
    let home = person.get(&server.consent(&link).await).await;
    assert!(
        home.text(".flash.ok p").starts_with("Ledger (hosted) is connected. It has 1 tool"),
        "{}",
        home.text("main")
    );
    home
}

/// Returns the states of both ways, the hosted one first.
fn states(page: &Page) -> Vec<String> {
    page.texts(".strip .state")
}

#[tokio::test]
async fn one_card_and_one_page_show_both_ways() {
    let (app, _ledger, _server) = start().await;
    let alice = app.alice().await;
    let list = alice.get("/connectors?q=ledger").await;
    assert_eq!(list.texts(".card h3"), ["Ledger"]);
    assert!(list.text(".card").contains("Sign-in, or your key"), "{}", list.text(".card"));
    assert_eq!(alice.get("/connectors?q=ledger&auth=oauth").await.texts(".card h3"), ["Ledger"]);
    let found = alice.get("/search?q=ledger").await.text("main");
    assert!(found.contains("Ledger") && !found.contains("(hosted)"), "{found}");

    let page = alice.get(LEDGER).await;
    assert_eq!(page.texts(".page-head h2"), ["Sign in (hosted by the provider)", "With a key"]);
    assert_eq!(states(&page), ["Not connected", "Not connected"]);
    assert!(page.text("main").contains("The server shows its tools after you connect."));
    assert!(!page.texts(&format!("{TOOLS} th a")).is_empty(), "the tools of the API are known before");
    let other = alice.get("/connectors/ledger-hosted").await;
    assert_eq!(other.path(), LEDGER, "the server has no page of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tool_runs_through_the_connection_of_its_own_way() {
    let (app, ledger, server) = start().await;
    let alice = app.alice().await;
    let page = sign_in(&alice, &server).await;
    assert_eq!((page.path(), states(&page)), (LEDGER, vec!["Connected".to_owned(), "Not connected".to_owned()]));
    assert_eq!(page.texts(HOSTED_TOOLS), ["tool-0"]);
    assert_eq!(alice.get("/connectors?q=ledger").await.text(".card .state"), "Connected");

    assert_eq!(app.run(&alice, HOSTED_TOOL, []).await.text("#job-result pre"), "done");
    assert!(ledger.received().is_empty(), "a call of the hosted server reached the API");
    let form = alice.get(&format!("{LEDGER}/tools/list_entries")).await;
    let refused = alice.submit(&form, "main form", [("v/book", "sales")]).await;
    assert!(refused.text("main").contains("Ledger is not connected"), "{}", refused.text("main"));

    connect(&alice).await;
    let before = server.requests("/mcp").len();
    app.run(&alice, &format!("{LEDGER}/tools/list_entries"), [("v/book", "sales")]).await;
    assert_eq!((ledger.received().len(), server.requests("/mcp").len()), (1, before));
    assert_eq!(states(&alice.get(LEDGER).await), ["Connected", "Connected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_one_way_leaves_the_other() {
    let (app, _ledger, server) = start().await;
    let alice = app.alice().await;
    sign_in(&alice, &server).await;
    connect(&alice).await;
    let page = alice.get(LEDGER).await;
    let hosted = page.attr(".strip a[href^='/connections/']", "href").unwrap();
    let question = alice.get(&format!("{hosted}/disconnection")).await;
    alice.submit(&question, "main form", []).await;
    let page = alice.get(LEDGER).await;
    assert_eq!(states(&page), ["Disconnected", "Connected"]);
    assert_eq!(alice.get("/connectors?q=ledger").await.text(".card .state"), "Connected");
}
