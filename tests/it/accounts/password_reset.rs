//! A forgotten password: asked for, mailed, chosen anew.

use std::time::Duration;

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const NEW: &str = "a kettle under the stairs";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn request_reset(app: &TestApp, browser: &Browser, email: &str) -> Page {
    let form = browser.get("/forgot").await;
    let page = browser.submit(&form, "main form", [("email", email)]).await;
    app.app.background_tasks.finish().await;
    page
}

/// Follows the link in the newest mail and chooses `password`.
async fn choose(app: &TestApp, browser: &Browser, password: &str) -> Page {
    let form = browser.get(&app.newest_mailed_link().await).await;
    browser.submit(&form, "main form", [("password", password)]).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_mailed_link() {
    let app = TestApp::new().await;
    let (alice, elsewhere) = (app.alice().await, app.stranger());
    elsewhere.sign_in("alice@example.com", PASSWORD).await;

    let mistyped = app.stranger().sign_in("alice@example.com", "not any more").await;
    let carried = mistyped.attr("main a[href^='/forgot']", "href").unwrap();
    let form = app.stranger().get(&carried).await;
    assert_eq!(form.attr("#f-email", "value").as_deref(), Some("alice@example.com"));

    let visitor = app.stranger();
    let page = request_reset(&app, &visitor, "Alice@example.com").await;
    assert_eq!((page.path(), page.text("h1").as_str()), ("/forgot/sent", "Ask your administrator for the link"));
    let page = choose(&app, &visitor, NEW).await;
    assert_eq!(page.path(), "/sign-in");
    assert!(page.text("#flash").contains("Your password is changed"));

    assert_eq!(alice.get("/jobs").await.text("h1"), "Sign in", "a session outlived the reset");
    assert_eq!(elsewhere.get("/jobs").await.text("h1"), "Sign in");
    assert_eq!(visitor.sign_in("alice@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.sign_in("alice@example.com", NEW).await.path(), "/dashboard");
    assert!(app.audit_actions().await.contains(&"password.reset".to_owned()));

    let notice = app.mails().await.pop().unwrap();
    assert!(notice.contains("Subject: Your password was changed") && notice.contains("To: alice@example.com"));
}

#[tokio::test]
async fn whoever_asks_cannot_tell_which_addresses_have_accounts() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let known = request_reset(&app, &app.stranger(), "alice@example.com").await;
    let unknown = request_reset(&app, &app.stranger(), "nobody@example.com").await;
    assert_eq!((known.path(), known.status, &known.body), (unknown.path(), unknown.status, &unknown.body));
    assert_eq!(app.mails().await.len(), 1, "only the account gets mail");
}

#[tokio::test]
async fn an_address_that_cannot_be_one_is_named() {
    let app = TestApp::new().await;
    let page = request_reset(&app, &app.stranger(), "alice").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.has(".summary a[href='#f-email']"));
    assert_eq!(page.attr("#f-email", "value").as_deref(), Some("alice"));
}

#[tokio::test]
async fn an_account_gets_one_mail_a_minute() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    for _ in 0..5 {
        request_reset(&app, &app.stranger(), "alice@example.com").await;
    }
    assert_eq!(app.mails().await.len(), 1);
    app.advance(Duration::from_secs(60)).await;
    request_reset(&app, &app.stranger(), "alice@example.com").await;
    assert_eq!(app.mails().await.len(), 2);
}

#[tokio::test]
async fn a_link_works_once_and_for_an_hour_and_the_way_on_is_a_new_one() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let visitor = app.stranger();

    request_reset(&app, &visitor, "alice@example.com").await;
    let form = visitor.get(&app.newest_mailed_link().await).await;
    app.advance(HOUR).await;
    let late = visitor.submit(&form, "main form", [("password", NEW)]).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert!(late.text("main").contains("expired") && late.has("main a[href='/forgot']"));

    request_reset(&app, &visitor, "alice@example.com").await;
    let form = visitor.get(&app.newest_mailed_link().await).await;
    visitor.submit(&form, "main form", [("password", NEW)]).await;
    let again = visitor.submit(&form, "main form", [("password", "another password still")]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.text("main").contains("has been used") && again.has("main a[href='/forgot']"));
    assert_eq!(visitor.get("/reset/cut-short").await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.sign_in("alice@example.com", NEW).await.path(), "/dashboard");
}

#[tokio::test]
async fn older_links_end_with_the_one_that_is_used() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let visitor = app.stranger();
    request_reset(&app, &visitor, "alice@example.com").await;
    let older = app.newest_mailed_link().await;
    app.advance(Duration::from_secs(61)).await;
    request_reset(&app, &visitor, "alice@example.com").await;
    choose(&app, &visitor, NEW).await;
    assert_eq!(visitor.get(&older).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_password_leaves_the_link_as_it_was() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let visitor = app.stranger();
    request_reset(&app, &visitor, "alice@example.com").await;
    for weak in ["short", "alice@example.com"] {
        let page = choose(&app, &visitor, weak).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has(".summary a[href='#f-password']"));
        assert_eq!(page.attr("#f-password", "value"), None);
    }
    assert_eq!(choose(&app, &visitor, NEW).await.path(), "/sign-in");
}

#[tokio::test]
async fn a_reset_confirms_the_address_and_shuts_out_who_signed_up_with_it() {
    let app = TestApp::new().await;
    super::sign_up::sign_up(&app.stranger(), "carol@example.com", PASSWORD).await;
    let carol = app.stranger();
    request_reset(&app, &carol, "carol@example.com").await;
    choose(&app, &carol, NEW).await;
    assert_eq!(app.stranger().sign_in("carol@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(carol.sign_in("carol@example.com", NEW).await.path(), "/dashboard");
}
