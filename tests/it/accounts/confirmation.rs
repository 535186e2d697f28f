//! The mailed link.

use std::time::Duration;

use http::{Method, StatusCode};

use super::sign_up::sign_up;
use crate::support::test_app::{PASSWORD, TestApp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn opening_the_link_confirms_nothing_because_mail_scanners_do_that_too() {
    let app = TestApp::new().await;
    let carol = app.stranger();
    sign_up(&carol, "carol@example.com", PASSWORD).await;
    for method in [Method::GET, Method::HEAD] {
        app.stranger().request(method, &app.newest_mailed_link().await, &[], "").await;
    }
    assert_eq!(carol.sign_in("carol@example.com", PASSWORD).await.path(), "/sign-up/check-email");
}

#[tokio::test]
async fn a_link_works_once_and_says_so_the_second_time() {
    let app = TestApp::new().await;
    let carol = app.stranger();
    sign_up(&carol, "carol@example.com", PASSWORD).await;
    let link = app.newest_mailed_link().await;
    let page = carol.get(&link).await;

    carol.submit(&page, "main form", []).await;
    let second = carol.submit(&page, "main form", []).await;
    assert_eq!(second.status, StatusCode::GONE);
    assert!(second.text("main").contains("This link has been used"), "{}", second.text("main"));
    assert!(second.has("main a[href='/sign-in']"));
    assert_eq!(carol.get(&link).await.status, StatusCode::GONE);
    assert_eq!(app.audit_actions().await, ["account.created", "account.confirmed"]);
}

#[tokio::test]
async fn an_expired_link_leads_to_a_new_one() {
    let app = TestApp::new().await;
    let carol = app.stranger();
    sign_up(&carol, "carol@example.com", PASSWORD).await;
    let old = app.newest_mailed_link().await;
    let page = carol.get(&old).await;
    app.advance(DAY).await;

    assert!(carol.get(&old).await.text("main").contains("expired"));
    assert_eq!(carol.submit(&page, "main form", []).await.status, StatusCode::GONE);

    assert_eq!(carol.sign_in("carol@example.com", PASSWORD).await.path(), "/sign-up/check-email");
    let page = carol.get(&app.newest_mailed_link().await).await;
    assert_eq!(carol.submit(&page, "main form", []).await.path(), "/sign-in");
}

#[tokio::test]
async fn an_unknown_link_is_not_found_and_names_the_next_step() {
    let app = TestApp::new().await;
    let page = app.stranger().get("/confirm/cut-short").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text("main").contains("newest email"));
}

#[tokio::test]
async fn asking_for_the_mail_again_sends_one_a_minute() {
    let app = TestApp::new().await;
    let carol = app.stranger();
    let page = sign_up(&carol, "carol@example.com", PASSWORD).await;
    let again = "form[action='/sign-up/check-email']";

    let page = carol.submit(&page, again, []).await;
    assert!(page.text("#flash").contains("was just written"));
    assert_eq!(app.mails().await.len(), 1);

    app.advance(Duration::from_secs(60)).await;
    let page = carol.submit(&page, again, []).await;
    assert!(page.text("#flash").contains("is written again"));
    assert_eq!(app.mails().await.len(), 2);
}

#[tokio::test]
async fn nobody_can_have_mail_sent_by_knowing_only_the_address() {
    let app = TestApp::new().await;
    sign_up(&app.stranger(), "carol@example.com", PASSWORD).await;
    app.advance(Duration::from_secs(60)).await;
    let stranger = app.stranger();

    stranger.post("/sign-up/check-email", &[("email", "carol@example.com")]).await;
    stranger.sign_in("carol@example.com", "a guess at the password").await;
    assert_eq!(app.mails().await.len(), 1);
    assert!(!stranger.get("/sign-up/check-email").await.has("main form"));
}
