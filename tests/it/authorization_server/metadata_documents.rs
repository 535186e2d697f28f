//! Assistants that are described by a document at the URL that is their client id.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::listener;
use crate::support::oauth_assistant::{OAuthAssistant, REDIRECT};
use crate::support::test_app::TestApp;

/// A site that serves a document, and counts how often it is read.
struct Site {
    client_id: String,
    reads: Arc<AtomicUsize>,
}

impl Site {
    /// Serves a document; `change` gets the right one.
    async fn serving(change: impl Fn(Value) -> String + Clone + Send + Sync + 'static) -> Self {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = reads.clone();
        let show = move |headers: http::HeaderMap| {
            counted.fetch_add(1, Ordering::Relaxed);
            let client_id = format!("http://{}/assistant.json", headers["host"].to_str().unwrap());
            let document = json!({ "client_id": client_id, "client_name": "Documented", "redirect_uris": [REDIRECT] });
            let body = change(document);
            async move { ([(CACHE_CONTROL, "max-age=600"), (CONTENT_TYPE, "application/json")], body) }
        };
        let address = listener::serve(Router::new().route("/assistant.json", get(show))).await;
        Self { client_id: format!("http://{address}/assistant.json"), reads }
    }

    fn assistant(&self, app: &TestApp) -> OAuthAssistant {
        OAuthAssistant { program: app.stranger(), client_id: self.client_id.clone() }
    }
}

#[tokio::test]
async fn the_host_of_the_document_vouches_for_the_name() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let site = Site::serving(|document| document.to_string()).await;
    let assistant = site.assistant(&app);
    let page = alice.get(&assistant.authorize_path(&[])).await;
    assert_eq!(page.text("h1"), "Connect Documented?");
    assert!(page.text("main").contains("described at 127.0.0.1"), "{}", page.text("main"));
    assert_eq!(assistant.connect(&alice, &[]).await.scope, "tools:read tools:call");
    assert_eq!(site.reads.load(Ordering::Relaxed), 1, "the document was fresh for ten minutes");
    app.advance(Duration::from_secs(601)).await;
    assert_eq!(alice.get(&assistant.authorize_path(&[])).await.status, StatusCode::OK);
    assert_eq!(site.reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_document_that_does_not_describe_the_assistant_is_explained() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let with = |name: &'static str, value: Value| {
        move |mut document: Value| {
            document[name] = value.clone();
            document.to_string()
        }
    };
    for (site, reason) in [
        (Site::serving(with("client_id", json!("https://other.example/a"))).await, "describes another assistant"),
        (Site::serving(with("redirect_uris", json!(["javascript:alert(1)"]))).await, "does not accept"),
        (Site::serving(with("token_endpoint_auth_method", json!("private_key_jwt"))).await, "authenticate with a key"),
        (Site::serving(|_| "<html>".to_owned()).await, "a form that the hub cannot read"),
        (Site::serving(|_| "x".repeat(100_000)).await, "did not send the description"),
    ] {
        let page = alice.get(&site.assistant(&app).authorize_path(&[])).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text("main").contains(reason), "{reason}: {}", page.text("main"));
    }
    let gone = format!("http://{}/assistant.json", listener::closed_port().await);
    let assistant = OAuthAssistant { program: app.stranger(), client_id: gone };
    assert!(alice.get(&assistant.authorize_path(&[])).await.text("main").contains("did not send the description"));
}

#[tokio::test]
async fn an_assistant_that_could_use_a_key_is_taken_without_one() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let site = Site::serving(|mut document| {
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        document["token_endpoint_auth_methods_supported"] = json!(["none", "private_key_jwt"]);
        document.to_string()
    });
    assert_eq!(site.await.assistant(&app).connect(&alice, &[]).await.scope, "tools:read tools:call");
}

#[tokio::test]
async fn no_document_is_read_over_plain_http_or_through_a_redirect() {
    let app = TestApp::with(|it| it.public_url = url::Url::parse("https://hub.example").unwrap()).await;
    let alice = app.alice().await;
    let site = Site::serving(|document| document.to_string()).await;
    assert_eq!(alice.get(&site.assistant(&app).authorize_path(&[])).await.status, StatusCode::BAD_REQUEST);

    let local = TestApp::new().await;
    let target = site.client_id.clone();
    let lead = move || async move { axum::response::Redirect::temporary(&target) };
    let address = listener::serve(Router::new().route("/moved.json", get(lead))).await;
    let moved = OAuthAssistant { program: local.stranger(), client_id: format!("http://{address}/moved.json") };
    assert_eq!(local.alice().await.get(&moved.authorize_path(&[])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.reads.load(Ordering::Relaxed), 0);
}
