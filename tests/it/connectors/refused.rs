//! Servers that are not added: the form shows the reason and keeps the input.

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use http::StatusCode;
use url::Url;

use super::{FORM, add, add_with, refused_at};
use crate::support::listener::{closed_port, send_endless_body, serve, serve_raw};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::{TestApp, egress_allowing};

const TOKEN: &str = "t0ken-that-nobody-may-see";

#[tokio::test]
async fn a_wrong_token_is_reported_at_its_field_and_not_shown_again() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "", Some(TOKEN)).await;
    let page = add_with(&alice, &server.url(), "a guess at the token").await;
    let message = refused_at(&app, &alice, &page, "token", [server.url().as_str(), "Guarded"]).await;
    assert!(message.contains("did not accept the token (HTTP 401)"), "{message}");
    assert!(page.attr("#f-token", "value").is_none() && !page.body.contains("a guess at the token"));
    assert!(page.has("input[name=auth][value=bearer][checked]"), "the choice of a token was lost");

    let retried = alice.submit(&page, "main form", [("token", TOKEN)]).await;
    assert_eq!(retried.text("h1"), "Guarded");
}

#[tokio::test]
async fn a_missing_token_is_reported_at_its_field() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "", Some(TOKEN)).await;
    let page = add(&alice, "Guarded", server.url().as_str()).await;
    let message = refused_at(&app, &alice, &page, "token", [server.url().as_str(), "Guarded"]).await;
    assert!(message.contains("needs a token. Enter it in this field"), "{message}");
    assert!(!message.contains("metadata") && page.text("main details p").contains("no authorization-server metadata"));
}

#[tokio::test]
async fn an_invalid_url_is_refused_and_the_input_stays() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let cases = [
        ("", "Enter the server’s URL"),
        ("example.com/mcp", "Enter a whole URL, such as https://example.com/mcp"),
        ("ftp://example.com/mcp", "Enter a URL that begins with https:// or http:// and names a host"),
        ("https://me:hunter2@example.com/mcp", "Take the user name and password out of the URL"),
    ];
    for (url, sentence) in cases {
        let form = alice.get(FORM).await;
        let fields = [("name", "Odd <one>"), ("url", url), ("auth", "bearer"), ("token", TOKEN)];
        let page = alice.submit(&form, "main form", fields).await;
        let message = refused_at(&app, &alice, &page, "url", [url, "Odd <one>"]).await;
        assert!(message.starts_with(sentence), "{url}: {message}");
        assert!(!page.body.contains(TOKEN), "{url}: the token came back");
        assert_eq!(page.text("title").split(':').next(), Some("Error"), "{}", page.text("title"));
    }
}

/// Starts a site that answers `/mcp` with a status and a page.
async fn site(status: StatusCode) -> Url {
    let answer = move || async move { (status, [("retry-after", "7")], Html("<h1>Welcome</h1>")) };
    mcp_url(serve(Router::new().route("/mcp", any(answer))).await)
}

fn mcp_url(address: std::net::SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/mcp")).unwrap()
}

#[tokio::test]
async fn a_site_that_is_no_mcp_server_is_refused_with_its_answer() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let cases = [
        (site(StatusCode::OK).await, "a web page instead of MCP"),
        (site(StatusCode::NOT_FOUND).await, "nothing at this address (HTTP 404)"),
        (site(StatusCode::BAD_GATEWAY).await, "failed on its side (HTTP 502)"),
        (site(StatusCode::TOO_MANY_REQUESTS).await, "asks the hub to slow down (HTTP 429)"),
        (mcp_url(closed_port().await), "could not be reached. Check that it is running"),
        (
            mcp_url(serve_raw(|stream| send_endless_body(stream, "application/json", 100_000)).await),
            "answered with more than 8 MB",
        ),
        (ScriptedServer::start(tools(5_000), "").await.url(), "offers 5000 tools or more, and the hub accepts 1000"),
    ];
    for (url, sentence) in cases {
        let page = add(&alice, "Odd", url.as_str()).await;
        let message = refused_at(&app, &alice, &page, "url", [url.as_str(), "Odd"]).await;
        assert!(message.contains(sentence), "{url}: {message}");
        let is_network = sentence.starts_with("could not be reached");
        assert_eq!(
            is_network.then_some("Connection refused"),
            page.texts("main details p").first().map(String::as_str)
        );
    }
}

#[tokio::test]
async fn a_private_address_is_refused_and_the_setting_is_named() {
    let app = TestApp::with(|app| app.egress = egress_allowing(&[])).await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1), "").await;
    let page = add(&alice, "Inside", server.url().as_str()).await;
    let message = refused_at(&app, &alice, &page, "url", [server.url().as_str(), "Inside"]).await;
    let port = server.url().port().unwrap();
    assert!(message.ends_with(&format!("adding 127.0.0.1:{port} to CRAFT_EGRESS_ALLOW")), "{message}");
    assert_eq!(server.request_count(), 0);
}
