//! Finding a server in the copy of a registry, and adding it.

use http::StatusCode;
use serde_json::{Value, json};

use super::{found, hub_that_read};
use crate::support::browser::Browser;
use crate::support::keyed_server::KeyedServer;
use crate::support::page::Page;
use crate::support::registry_server::{METADATA, RegistryServer, entry, entry_with, remote};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const SEARCH: &str = "/connectors/new/registry";
const KEY: &str = "k3y-that-nobody-may-see";

/// Members of a server at this address whose requests need a key and a region.
fn keyed(url: &str) -> Value {
    json!({"title": "Keyed tides", "remotes": [{"type": "streamable-http", "url": url, "headers": [
        {"name": "X-Api-Key", "value": "Token {api_key}",
            "variables": {"api_key": {"description": "From your account page", "isSecret": true, "isRequired": true}}},
        {"name": "X-Region", "isRequired": true, "choices": ["eu", "us"], "default": "eu"},
        {"name": "X-Client", "value": "registry"},
    ]}]})
}

/// Opens the page of the only match.
async fn open(app: &TestApp, browser: &Browser, words: &str) -> Page {
    let listing = found(app, words).await.remove(0);
    browser.get(&format!("{SEARCH}/{}", listing.id)).await
}

#[tokio::test]
async fn a_hub_without_a_registry_says_who_can_switch_it_on() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get(SEARCH).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.text(".empty h2"), "The registry is switched off");
    assert!(
        page.text(".empty p").contains("An administrator can set CRAFT_REGISTRY_URLS"),
        "{}",
        page.text(".empty p")
    );
    assert!(!page.has("form[role=search]"));
    assert_eq!(app.app.registry.read_due().await.unwrap(), 0);
    let add = alice.get("/connectors/new/mcp").await;
    assert!(add.attrs("main a", "href").contains(&SEARCH.to_owned()), "the form leads to the search");
}

#[tokio::test]
async fn a_listed_server_is_found_added_and_run() {
    let server = ScriptedServer::start(tools(1), "high water at six").await;
    let registry = RegistryServer::start(vec![
        entry("io.github.ada/tides", &remote(server.url().as_str())),
        entry("com.example/weather", &json!({})),
    ])
    .await;
    let app = hub_that_read(&registry).await;
    let (alice, bob) = (app.alice().await, app.bob().await);

    let search = alice.get(SEARCH).await;
    assert_eq!(search.text(".page-head h2"), "2 servers");
    assert!(search.text("main").contains("2 servers."), "{}", search.text("main"));
    let search = alice.submit(&search, "form[role=search]", [("q", "TIDES")]).await;
    assert_eq!(search.text(".page-head h2"), "1 server matches “TIDES”");
    assert_eq!(server.request_count(), 0, "nothing was asked yet");

    let page = alice.get(&search.attr(".card h3 a", "href").unwrap()).await;
    assert_eq!(page.text("h1"), "io.github.ada/tides");
    for words in [
        "ada, a GitHub account",
        "127.0.0.1",
        "MCP over HTTP",
        "A listing proves who published it, not that it is safe.",
    ] {
        assert!(page.text("main").contains(words), "{words} is not on {}", page.text("main"));
    }
    let added = alice.submit(&page, "form.sheet", [("name", "Tides")]).await;
    assert_eq!(added.text(".flash.ok p"), "Tides is added. It has 1 tool.");
    let job = app.run(&alice, "/connectors/tides/tools/tool-0", []).await;
    assert_eq!(job.text("#job-result pre"), "high water at six");
    assert_eq!(bob.get("/connectors/tides").await.status, StatusCode::NOT_FOUND, "it belongs to alice");
    assert_eq!(app.stranger().get(SEARCH).await.text("h1"), "Sign in", "visitors see nothing");
}

#[tokio::test]
async fn what_a_listing_asks_for_is_sealed_and_sent_in_its_headers() {
    let server = KeyedServer::start(&format!("Token {KEY}")).await;
    let registry = RegistryServer::start(vec![entry("com.example/tides", &keyed(server.url.as_str()))]).await;
    let app = hub_that_read(&registry).await;
    let alice = app.alice().await;
    let page = open(&app, &alice, "tides").await;
    assert_eq!(page.texts("form.sheet label"), ["api_key", "eu", "us", "Name (optional)"]);
    assert!(page.has("input[type=password]") && page.text("form.sheet").contains("From your account page."));

    let none = alice.submit(&page, "form.sheet", []).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(none.text(".err"), "Error: Enter the api_key");
    let wrong =
        alice.submit(&none, "form.sheet", [("header_1_key", "wrong"), ("header_2", "us"), ("name", "Tides")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text(".err").contains("127.0.0.1"), "{}", wrong.text(".err"));
    assert_eq!(wrong.attr("input[name=header_2][checked]", "value").as_deref(), Some("us"), "what was chosen stays");
    assert!(!wrong.body.contains("value=\"wrong\""), "a secret is not shown again");

    let added = alice.submit(&wrong, "form.sheet", [("header_1_key", KEY)]).await;
    assert_eq!(added.text(".flash.ok p"), "Tides is added. It has 1 tool.");
    let job = app.run(&alice, "/connectors/tides/tools/read", []).await;
    assert_eq!(job.text("#job-result pre"), "I saw Token [redacted]");
    assert_eq!(server.latest_header("x-region").as_deref(), Some("us"));
    assert_eq!(server.latest_header("x-client").as_deref(), Some("registry"));
    assert_eq!(server.latest_header("authorization"), None);
    assert_eq!(app.tables_with(KEY).await, [""; 0]);

    // a key that the server accepts no longer is replaced in the same form
    server.require("Token another-key");
    let connector = alice.get("/connectors/tides").await;
    let connection = connector.attr(".strip a[href^='/connections/']", "href").unwrap();
    let form = alice.get(&format!("{connection}/token")).await;
    assert_eq!(form.text("h1"), "Replace the key of Tides");
    assert_eq!(form.attr("input[name=header_2][checked]", "value").as_deref(), Some("us"));
    let wrong = alice.submit(&form, "form.sheet", [("header_1_key", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let replaced = alice.submit(&wrong, "form.sheet", [("header_1_key", "another-key")]).await;
    assert!(replaced.text(".flash.ok p").starts_with("The key is replaced"), "{}", replaced.text("main"));
    app.run(&alice, "/connectors/tides/tools/read", []).await;
    assert_eq!(server.latest_header("x-api-key").as_deref(), Some("Token another-key"));
}

#[tokio::test]
async fn a_deprecated_server_needs_a_second_yes() {
    let server = ScriptedServer::start(tools(1), "").await;
    let mut old = entry_with("com.example/tides", &remote(server.url().as_str()), "deprecated", "2026-11-01T10:00:00Z");
    old["_meta"][METADATA]["statusMessage"] = json!("Use com.example/sea");
    let registry = RegistryServer::start(vec![old]).await;
    let app = hub_that_read(&registry).await;
    let alice = app.alice().await;
    let page = open(&app, &alice, "tides").await;
    assert!(page.text(".callout.warn").contains("“Use com.example/sea”"), "{}", page.text(".callout.warn"));
    let refused = alice.submit(&page, "form.sheet", [("name", "Tides")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text(".err").contains("Tick this"), "{}", refused.text(".err"));
    assert_eq!(server.request_count(), 0);
    let added = alice.submit(&refused, "form.sheet", [("sure", "yes")]).await;
    assert_eq!(added.text("h1"), "Tides");
}

#[tokio::test]
async fn a_refused_server_is_listed_with_its_reason_and_cannot_be_added() {
    let package = json!({"packages": [{"registryType": "npm", "identifier": "x", "transport": {"type": "stdio"}}]});
    let registry = RegistryServer::start(vec![entry("com.example/tides", &package)]).await;
    let app = hub_that_read(&registry).await;
    let alice = app.alice().await;
    let search = alice.get(SEARCH).await;
    assert!(search.text(".card.off").contains("It runs on your own computer"), "{}", search.text(".card.off"));
    assert_eq!(alice.get(&format!("{SEARCH}?show=usable")).await.text(".page-head h2"), "0 servers");
    let page = open(&app, &alice, "tides").await;
    assert!(page.text(".callout.warn").starts_with("This server cannot be added."), "{}", page.text("main"));
    assert!(!page.has("form.sheet[method=post]"));
    let posted = alice.post(page.path(), &[("name", "Tides")]).await;
    assert_eq!(posted.status, StatusCode::CONFLICT);
    let nowhere = alice.get(&format!("{SEARCH}/00000000-0000-7000-8000-000000000000")).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(&format!("{SEARCH}?asks=x&after=y")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_server_that_does_not_answer_as_its_listing_says_is_not_stored() {
    let guarded = ScriptedServer::guarded(tools(1), "", Some("t0ken")).await;
    let registry = RegistryServer::start(vec![entry("com.example/tides", &remote(guarded.url().as_str()))]).await;
    let app = hub_that_read(&registry).await;
    let alice = app.alice().await;
    let page = open(&app, &alice, "tides").await;
    let refused = alice.submit(&page, "form.sheet", [("name", "Tides")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("#f-url .err").contains("Add the server by its address"), "{}", refused.text("#f-url"));
    assert_eq!(refused.attr("#f-name", "value").as_deref(), Some("Tides"));
    assert_eq!(alice.get("/connectors/tides").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_state_of_a_registry_is_on_the_page_of_the_search() {
    let registry = RegistryServer::start(vec![json!({}), entry("com.example/tides", &json!({}))]).await;
    let url = registry.url.clone();
    let app = TestApp::with(|dependencies| dependencies.registries = vec![url]).await;
    let alice = app.alice().await;
    assert!(alice.get(SEARCH).await.text("main").contains("127.0.0.1: not read yet"));
    app.app.registry.read_due().await.unwrap();
    let page = alice.get(SEARCH).await;
    assert!(page.text("main p.muted").contains("1 server."), "{}", page.text("main p.muted"));
    assert_eq!(page.text("main details li"), "1 entry has no server.");
}
