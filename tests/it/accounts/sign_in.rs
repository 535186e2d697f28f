//! Signing in: accepted and refused attempts, and the page that follows.

use axum::Router;
use axum::routing::get;
use craft::app::App;
use craft::web::actor::{Admin, SignedIn};
use http::header::LOCATION;
use http::{Method, StatusCode};

use super::sign_up::sign_up;
use crate::support::test_app::{PASSWORD, TestApp};

async fn private(me: SignedIn) -> String {
    format!("for {}", me.user.display_name)
}

async fn administration(Admin(me): Admin) -> String {
    format!("administered by {}", me.user.display_name)
}

fn pages() -> Router<App> {
    Router::new()
        .route("/private", get(private).post(private))
        .route("/private.json", get(private))
        .route("/administration", get(administration))
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_cannot_be_told_apart() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let guess = "a guess at the password";
    let mut answers = Vec::new();
    for email in ["alice@example.com", "nobody@example.com", "not an address"] {
        let before = app.app.passwords.checks();
        let page = app.stranger().sign_in(email, guess).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(page.attrs("[aria-invalid=true]", "id"), ["f-email", "f-password"], "either may be wrong");
        assert_eq!(app.app.passwords.checks() - before, 1, "{email}: the work tells them apart");
        assert!(!page.body.contains(guess));
        assert_eq!(page.attr("#f-email", "value").as_deref(), Some(email));
        // the link to a new password carries what was typed
        let in_link: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
        answers.push(page.body.replace(email, "…").replace(&in_link, "…"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(app.audit_actions().await[1..], ["session.refused!password"; 3]);
}

#[tokio::test]
async fn an_account_that_waits_for_its_confirmation_is_known_only_to_the_right_password() {
    let app = TestApp::new().await;
    sign_up(&app.stranger(), "carol@example.com", PASSWORD).await;

    let wrong = app.stranger().sign_in("carol@example.com", "a guess at the password").await;
    let unknown = app.stranger().sign_in("nobody@example.com", "a guess at the password").await;
    assert_eq!(wrong.body.replace("carol", "nobody"), unknown.body);

    let page = app.stranger().sign_in("carol@example.com", PASSWORD).await;
    assert_eq!(page.path(), "/sign-up/check-email");
    assert_eq!(app.audit_actions().await.pop().as_deref(), Some("session.refused!unconfirmed"));
}

#[tokio::test]
async fn blank_fields_are_named_without_a_look_at_any_account() {
    let app = TestApp::new().await;
    let page = app.stranger().sign_in("", "").await;
    assert_eq!(page.texts(".summary li"), ["Enter your email address", "Enter your password"]);
    assert_eq!(app.app.passwords.checks(), 0);
    assert!(app.audit_actions().await.is_empty());
}

#[tokio::test]
async fn one_arrives_at_the_page_that_was_asked_for() {
    let app = TestApp::serving(pages()).await;
    app.account("alice", false).await;
    let alice = app.stranger();

    let page = alice.get("/private?q=a%20b&page=2").await;
    assert_eq!(page.text("h1"), "Sign in");
    let mistyped = [("email", "alice@example.com"), ("password", "a guess at the password")];
    let page = alice.submit(&page, "main form", mistyped).await;
    let page = alice.submit(&page, "main form", [("password", PASSWORD)]).await;
    assert_eq!(page.path(), "/private?q=a%20b&page=2");
    assert_eq!(page.body, "for alice");

    assert_eq!(alice.get("/sign-in?next=/private").await.path(), "/private", "signed in already");
    assert_eq!(alice.get("/sign-in").await.path(), "/dashboard");
}

#[tokio::test]
async fn one_never_arrives_at_another_site() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", next)];
        let answer = app.stranger().post("/sign-in", &fields).await;
        assert_eq!(answer.header(LOCATION), Some("/dashboard"), "{next}");
    }
}

#[tokio::test]
async fn each_kind_of_client_is_told_to_sign_in_as_it_understands() {
    let app = TestApp::serving(pages()).await;
    let anonymous = app.stranger();

    let sent = anonymous.post("/private?q=1", &[("a", "b")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert_eq!(sent.header(LOCATION), Some("/sign-in?next=%2Fprivate%3Fq%3D1"), "the page with the form");

    let part = anonymous.request(Method::GET, "/private?q=1", &[("hx-request", "true")], "").await;
    assert_eq!(part.header("hx-redirect"), Some("/sign-in?next=%2Fprivate%3Fq%3D1"));
    assert!(part.header(LOCATION).is_none());

    let json = anonymous.get("/private.json").await;
    assert_eq!(json.status, StatusCode::UNAUTHORIZED);
    assert_eq!(json.json()["error"]["message"], "Sign in to see this");
    let stream = anonymous.request(Method::GET, "/private", &[("accept", "text/event-stream")], "").await;
    assert_eq!(stream.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_administrators_page_does_not_exist_for_others() {
    let app = TestApp::serving(pages()).await;
    let (alice, owner) = (app.alice().await, app.owner().await);
    assert_eq!(alice.get("/administration").await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/administration").await.body, "administered by owner");
    assert_eq!(app.stranger().get("/administration").await.text("h1"), "Sign in");
}
