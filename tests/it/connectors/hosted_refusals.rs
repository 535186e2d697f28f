//! Servers that a sign-in, a transport or a credential keeps the hub from: each has a sentence with the next step.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use serde_json::json;
use url::Url;

use super::hosted::{TIDES, ship};
use super::{add, refused_at};
use crate::support::browser::Browser;
use crate::support::listener::serve;
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

/// Submits the form that connects the shipped server at this address.
async fn connect(app: &TestApp, alice: &Browser, url: Url) -> Page {
    ship(app, "oauth", url).await;
    let form = alice.get(&format!("{TIDES}/connection")).await;
    assert!(!form.has("#f-client_id"), "nobody is asked for an application before it is needed");
    let page = alice.submit(&form, "main form", []).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text("main"));
    page
}

#[tokio::test]
async fn a_provider_that_registers_listed_programs_only_says_so_and_takes_an_application() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let answers: &[_] = &[("/register", 403, r#"{"error": "access_denied", "error_description": "not on the list"}"#)];
    let server = SignInServer::start(SignInRules { answers, ..SignInRules::default() }).await;
    let page = connect(&app, &alice, server.url()).await;
    let told = page.text("#f-client_id-e");
    assert!(
        told.contains("127.0.0.1 registers only programs that it has listed, and this hub is not one of them"),
        "{told}"
    );
    assert!(told.contains("Ask them to list it.") && told.contains("/oauth/callback"), "{told}");
    assert!(page.text("main details p").contains("HTTP 403: not on the list"), "{}", page.text("main"));

    // the fields that the sentence names are there
    let page = alice.submit(&page, "main form", [("client_id", "made-by-hand"), ("client_secret", "hush")]).await;
    assert!(page.attr("main a.btn", "href").unwrap().contains("client_id=made-by-hand"), "{}", page.text("main"));
}

#[tokio::test]
async fn a_provider_without_registration_asks_for_an_application() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let metadata = json!({ "registration_endpoint": null });
    let server = SignInServer::start(SignInRules { metadata, ..SignInRules::default() }).await;
    let page = connect(&app, &alice, server.url()).await;
    let told = page.text("#f-client_id-e");
    assert!(
        told.contains("127.0.0.1 does not register clients by itself. Create an OAuth application there"),
        "{told}"
    );
    assert!(told.contains("/oauth/callback") && page.has("#f-client_secret"), "{told}");
}

#[tokio::test]
async fn a_server_that_wants_a_key_says_where_to_enter_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some("t0p")).await;
    let told = connect(&app, &alice, server.url()).await.text("#f-label-e");
    assert!(told.contains("127.0.0.1 offers no sign-in, so it needs a key. Add it by its address"), "{told}");
}

#[tokio::test]
async fn a_server_that_needs_nothing_says_how_to_add_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1), "done").await;
    let told = connect(&app, &alice, server.url()).await.text("#f-label-e");
    assert!(told.contains("127.0.0.1 needs no sign-in. Add it by its address"), "{told}");
}

/// Starts an address of the older transport: it refuses each POST, and a GET opens a stream of events.
async fn older_server() -> Url {
    let stream = || async {
        let body = "event: endpoint\ndata: /messages?session=1\n\n";
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    };
    let address = serve(Router::new().route("/sse", get(stream))).await;
    Url::parse(&format!("http://{address}/sse")).unwrap()
}

#[tokio::test]
async fn an_address_of_the_older_transport_is_recognised() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let url = older_server().await;
    let sentence = "127.0.0.1 speaks only the older transport of MCP here (HTTP with SSE), which the hub does not. Look in its \
                    documentation for an address of Streamable HTTP, often one that ends in /mcp";
    let page = add(&alice, "Old", url.as_str()).await;
    assert_eq!(refused_at(&app, &alice, &page, "url", [url.as_str(), "Old"]).await, sentence);

    ship(&app, "none", url).await;
    let form = alice.get(&format!("{TIDES}/connection")).await;
    let page = alice.submit(&form, "main form", []).await;
    assert!(page.text(".flash p").contains("speaks only the older transport of MCP"), "{}", page.text(".flash p"));
}
