//! Authorization codes: each is exchanged once, by the assistant that it was issued to.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::support::assistant::Assistant;
use crate::support::oauth_assistant::{OAuthAssistant, REDIRECT, tokens};
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const VERIFIER: (&str, &str) = ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

fn assert_is_refused(answer: &Page, error: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert_eq!(answer.json()["error"], error, "{}", answer.body);
    assert!(answer.json()["error_description"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_uses_the_tools_of_its_person() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let tokens = helper.connect(&alice, &[]).await;
    assert_eq!(tokens.scope, "tools:read tools:call");
    let assistant = Assistant::with_token(&app, tokens.access.clone());
    let result = assistant.call("workbench__hash", json!({ "text": "a" })).await;
    assert_eq!(result["isError"], false, "{result}");
    let jobs = alice.get("/jobs").await;
    assert_eq!(jobs.texts("tbody tr").len(), 1);
    let job = alice.get(&jobs.attr("tbody a[href^='/jobs/']", "href").unwrap()).await;
    assert!(job.text("main").contains("You, through Helper"), "{}", job.text("main"));
    let entry = alice.get("/audit?action=job.finished").await.attr("tbody a[href^='/audit/']", "href").unwrap();
    assert!(alice.get(&entry).await.text("main dl").contains("ProgramHelper"));
    let failed = assistant.call("workbench__json_query", json!({ "filter": ".[", "json": "{}" })).await;
    assert_eq!(failed["isError"], true);
    let list = alice.get("/settings/assistants").await;
    assert!(
        list.text("tbody").contains("Helper") && list.text("tbody").contains("Calls in the last day: 2, 1 failed"),
        "{}",
        list.text("tbody")
    );
    // the refresh token is no access token
    let refused = Assistant::with_token(&app, tokens.refresh).send("tools/list", json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_that_is_exchanged_twice_ends_the_connection() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let code = helper.code(&alice, &[]).await;
    let first = tokens(&helper.exchange(&code).await);
    assert_is_refused(&helper.exchange(&code).await, "invalid_grant");
    let refused = Assistant::with_token(&app, first.access).send("tools/list", json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_is_refused(&helper.refresh(&first.refresh).await, "invalid_grant");
    assert!(alice.get("/settings/assistants").await.text("main").contains("No assistant is connected"));
    let log = alice.get("/audit").await.text("tbody");
    assert!(log.contains("Assistant stopped"), "{log}");
}

#[tokio::test]
async fn a_code_works_for_its_assistant_with_its_proof_only() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (helper, other) = (OAuthAssistant::register(&app).await, OAuthAssistant::register(&app).await);
    let code = helper.code(&alice, &[]).await;
    assert_is_refused(&other.exchange(&code).await, "invalid_grant");
    let unknown = OAuthAssistant { program: app.stranger(), client_id: "unknown".to_owned() };
    let answer = unknown.exchange(&code).await;
    assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    let right = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT), VERIFIER];
    for (name, value, error) in [
        ("code_verifier", "another", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:9/callback", "invalid_grant"),
        ("code", "craft_oac_wrong", "invalid_grant"),
        ("code", "\0", "invalid_request"),
        ("client_id", "\0", "invalid_request"),
        ("client_id", "", "invalid_request"),
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("resource", "http://127.0.0.1:8080/orgs/acme/mcp", "invalid_target"),
        ("resource", "https://other.example/mcp", "invalid_target"),
    ] {
        let mut parameters = right.to_vec();
        parameters.retain(|(own, _)| *own != name);
        parameters.push((name, value));
        assert_is_refused(&helper.request_tokens(&parameters).await, error);
    }
    assert_eq!(tokens(&helper.exchange(&code).await).scope, "tools:read tools:call", "none of these spent the code");
}

#[tokio::test]
async fn a_code_expires_after_five_minutes() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let code = helper.code(&alice, &[]).await;
    app.advance(Duration::from_secs(301)).await;
    assert_is_refused(&helper.exchange(&code).await, "invalid_grant");
    assert!(alice.get("/settings/assistants").await.text("main").contains("No assistant is connected"));
}

#[tokio::test]
async fn of_two_exchanges_at_once_one_succeeds() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let code = helper.code(&alice, &[]).await;
    let (one, other) = tokio::join!(helper.exchange(&code), helper.exchange(&code));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}
