//! Requests of programs: which tokens are accepted, and how all others are refused.

use axum::Router;
use axum::routing::get;
use craft::api_tokens::Scope;
use craft::app::App;
use craft::bearer::{Bearer, BearerRefusal};
use http::{Method, StatusCode};

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Serves a route that says for whom a program acts, and one that needs to read the audit log.
async fn hub() -> TestApp {
    let names_person = |bearer: Bearer| async move { bearer.actor.user_id().to_string() };
    let needs_audit = |bearer: Bearer| async move {
        bearer.require(&[Scope::ToolsRead, Scope::AuditRead])?;
        Ok::<_, BearerRefusal>("permitted")
    };
    let router = Router::<App>::new().route("/as-program", get(names_person)).route("/audited", get(needs_audit));
    TestApp::serving(router).await
}

async fn create_token(browser: &Browser, fields: &[(&str, &str)]) -> String {
    browser.post("/settings/tokens/new", fields).await.attr("input[name=token]", "value").unwrap()
}

async fn request(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Page {
    app.stranger().request(Method::GET, path, headers, "").await
}

fn assert_is_refused(page: &Page, challenge: &str) {
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_eq!(page.header("www-authenticate"), Some(challenge));
    assert_eq!(page.header("content-type"), Some("application/problem+json"));
    assert_eq!(page.json()["status"], 401);
    assert!(page.json()["detail"].as_str().is_some_and(|detail| detail.contains("token")));
}

const MISSING: &str = "Bearer scope=\"tools:read tools:call\"";
const INVALID: &str = "Bearer scope=\"tools:read tools:call\", error=\"invalid_token\"";

#[tokio::test]
async fn a_program_acts_for_the_person_of_its_token() {
    let app = hub().await;
    let (user, alice) = app.persona_with_account("alice").await;
    let token = create_token(&alice, &[("name", "Laptop")]).await;
    for scheme in ["Bearer", "bearer"] {
        let answer = request(&app, "/as-program", &[("authorization", &format!("{scheme} {token}"))]).await;
        assert_eq!((answer.status, answer.text("html")), (StatusCode::OK, user.id.to_string()));
    }
    let list = alice.get("/settings/tokens").await;
    assert!(!list.text("tbody").contains("never"), "{}", list.text("tbody"));
}

#[tokio::test]
async fn a_request_without_one_working_token_is_refused_in_one_way() {
    let app = hub().await;
    let alice = app.alice().await;
    let token = create_token(&alice, &[("name", "Laptop")]).await;
    let bearer = format!("Bearer {token}");
    assert_is_refused(&request(&app, "/as-program", &[]).await, MISSING);
    assert_is_refused(&request(&app, "/as-program", &[("authorization", "Basic YTpi")]).await, MISSING);
    assert_is_refused(&request(&app, &format!("/as-program?access_token={token}"), &[]).await, MISSING);
    assert_is_refused(&alice.request(Method::GET, "/as-program", &[], "").await, MISSING);

    let (other_case, long) = (format!("Bearer {}", token.to_uppercase()), format!("{bearer}{}", "x".repeat(10_000)));
    for wrong in ["Bearer", "Bearer ", "Bearer craft_pat_", other_case.as_str(), long.as_str(), "Bearer \u{e9}"] {
        assert_is_refused(&request(&app, "/as-program", &[("authorization", wrong)]).await, INVALID);
    }
    let two = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_is_refused(&request(&app, "/as-program", &two).await, INVALID);

    sqlx::query("UPDATE users SET disabled_at = now()").execute(app.app.system.pool()).await.unwrap();
    assert_is_refused(&request(&app, "/as-program", &[("authorization", &bearer)]).await, INVALID);
}

#[tokio::test]
async fn a_missing_scope_is_refused_by_naming_all_that_are_needed() {
    let app = hub().await;
    let alice = app.alice().await;
    let without = create_token(&alice, &[("name", "Laptop")]).await;
    let with = create_token(&alice, &[("name", "Auditor"), ("scope", "audit:read"), ("scope", "tools:read")]).await;
    let refused = request(&app, "/audited", &[("authorization", &format!("Bearer {without}"))]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let challenge = "Bearer scope=\"tools:read audit:read\", error=\"insufficient_scope\"";
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
    let permitted = request(&app, "/audited", &[("authorization", &format!("Bearer {with}"))]).await;
    assert_eq!(permitted.status, StatusCode::OK);
}
