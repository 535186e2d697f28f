//! The list of sessions, and signing other browsers out.

use http::StatusCode;

use crate::support::test_app::{PASSWORD, TestApp};

const LINK: &str = "tbody a[href^='/settings/sessions/']";

#[tokio::test]
async fn another_browser_can_be_signed_out() {
    let app = TestApp::new().await;
    let (alice, elsewhere) = (app.alice().await, app.stranger());
    elsewhere.sign_in("alice@example.com", PASSWORD).await;

    let list = alice.get("/settings/sessions").await;
    assert_eq!(list.texts("tbody tr").len(), 2);
    assert_eq!(list.text("tbody .sub"), "This browser");
    assert!(list.texts("tbody th")[0].starts_with("Browser of the tests"));
    assert_eq!(list.attr("tbody a[href='/sign-out']", "href").as_deref(), Some("/sign-out"));

    let question = alice.get(&list.attr(LINK, "href").unwrap()).await;
    assert_eq!(question.text("h1"), "Sign out Browser of the tests?");
    assert_eq!(elsewhere.get("/jobs").await.text("h1"), "Jobs", "the question alone must not sign out");
    let page = alice.submit(&question, "main form", []).await;
    assert_eq!((page.path(), page.texts("tbody tr").len()), ("/settings/sessions", 1));
    assert_eq!(elsewhere.get("/jobs").await.text("h1"), "Sign in");
    assert_eq!(app.audit_actions().await.pop().as_deref(), Some("sessions.revoked"));

    let again = alice.submit(&question, "main form", []).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "the session has ended already");
}

#[tokio::test]
async fn all_other_browsers_are_signed_out_and_other_users_are_not() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let others = [app.stranger(), app.stranger()];
    for other in &others {
        other.sign_in("alice@example.com", PASSWORD).await;
    }
    let question = alice.get("/settings/sessions/others").await;
    assert!(question.text("main").contains("2 other browsers"));
    let page = alice.submit(&question, "main form", []).await;
    assert_eq!(page.text("#flash"), "Signed out: 2 other browsers.");
    assert!(!page.has("a[href='/settings/sessions/others']"));
    for other in &others {
        assert_eq!(other.get("/jobs").await.text("h1"), "Sign in");
    }
    assert_eq!(bob.get("/jobs").await.text("h1"), "Jobs");
    assert_eq!(
        alice.get("/settings/sessions/others").await.path(),
        "/settings/sessions",
        "without other sessions there is no question"
    );
}

#[tokio::test]
async fn the_current_browser_is_signed_out_on_its_own_page() {
    let app = TestApp::new().await;
    let (alice, elsewhere) = (app.alice().await, app.stranger());
    elsewhere.sign_in("alice@example.com", PASSWORD).await;
    let mine = elsewhere.get("/settings/sessions").await.attr(LINK, "href").unwrap();
    assert_eq!(alice.get(&mine).await.path(), "/sign-out");
    alice.post(&mine, &[("", ""); 0]).await;
    assert_eq!(alice.get("/jobs").await.text("h1"), "Jobs");
    assert_eq!(alice.get("/settings/sessions/nonsense").await.status, StatusCode::NOT_FOUND);
}
