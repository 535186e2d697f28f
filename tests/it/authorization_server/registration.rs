//! Registration of assistants that have no metadata document.

use std::time::Duration;

use craft::authorization_server::MAX_REGISTRATIONS;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::oauth_assistant::{REDIRECT, register};
use crate::support::test_app::TestApp;

#[tokio::test]
async fn an_assistant_is_registered_as_a_public_client_with_the_addresses_that_are_safe() {
    let app = TestApp::new().await;
    let metadata = json!({
        "client_name": "Helper",
        "redirect_uris": [REDIRECT, "javascript:alert(1)", "http://evil.example/"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "everything",
        "contacts": 7,
    });
    let answer = register(&app.stranger(), &metadata).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let registered = answer.json();
    assert_eq!(registered["redirect_uris"], json!([REDIRECT]));
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    assert!(registered["client_id"].is_string() && registered.get("client_secret").is_none());
}

#[tokio::test]
async fn a_registration_that_cannot_be_used_is_refused_with_the_reason() {
    let app = TestApp::new().await;
    let stranger = app.stranger();
    for (metadata, error) in [
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://user:pass@evil.example/"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({}), "invalid_redirect_uri"),
        (json!({ "redirect_uris": "https://client.example" }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "grant_types": ["password"] }), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
    ] {
        let answer = register(&stranger, &metadata).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{metadata}");
        assert_eq!(answer.json()["error"], error, "{metadata}");
    }
    for body in ["", "{", &"x".repeat(100_000), "\u{0}"] {
        let answer = stranger.request(Method::POST, "/oauth/register", &[("content-type", "text/plain")], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["error"], "invalid_client_metadata");
    }
    assert_eq!(stranger.get("/oauth/register").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn one_network_cannot_fill_the_hub_with_registrations() {
    let app = TestApp::new().await;
    let (stranger, metadata) = (app.stranger(), json!({ "redirect_uris": [REDIRECT] }));
    for _ in 0..MAX_REGISTRATIONS {
        assert_eq!(register(&stranger, &metadata).await.status, StatusCode::CREATED);
    }
    let refused = register(&stranger, &metadata).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("3600")));
    app.advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    assert_eq!(register(&stranger, &metadata).await.status, StatusCode::CREATED);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM assistants").fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(left, MAX_REGISTRATIONS + 1 - 10, "each registration deletes ten to which nobody agreed in 90 days");
}
