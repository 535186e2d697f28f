//! Changing the password while signed in.

use std::time::Duration;

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const NEW: &str = "a kettle under the stairs";

async fn change(browser: &Browser, current: &str, new: &str) -> Page {
    let form = browser.get("/settings/sign-in/password").await;
    let fields = [("current_password", current), ("new_password", new)];
    browser.submit(&form, "form[action='/settings/sign-in/password']", fields).await
}

#[tokio::test]
async fn a_new_password_signs_out_all_other_browsers_and_is_mailed() {
    let app = TestApp::new().await;
    let (alice, bob, elsewhere) = (app.alice().await, app.bob().await, app.stranger());
    elsewhere.sign_in("alice@example.com", PASSWORD).await;

    let page = change(&alice, PASSWORD, NEW).await;
    assert_eq!(page.path(), "/settings/sign-in");
    assert!(page.text("#flash").contains("Your password is changed"));
    assert_eq!(elsewhere.get("/jobs").await.text("h1"), "Sign in");
    assert_eq!(bob.get("/jobs").await.text("h1"), "Jobs");
    assert_eq!(elsewhere.sign_in("alice@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(elsewhere.sign_in("alice@example.com", NEW).await.path(), "/dashboard");
    assert!(app.audit_actions().await.contains(&"password.changed".to_owned()));
    assert!(app.mails().await.pop().unwrap().contains("Subject: Your password was changed"));
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for (current, new, fault) in [
        ("", NEW, "Enter your current password"),
        ("a guess at the password", NEW, "This is not your current password. Type it again"),
        (PASSWORD, "short", "Enter a password of 10 characters or more"),
    ] {
        let page = change(&alice, current, new).await;
        assert_eq!(
            (page.status, page.texts(".summary li")),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![fault.to_owned()])
        );
        assert_eq!(page.attrs("input[type=password]", "value"), [""; 0]);
    }
    assert_eq!(app.stranger().sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
    assert!(app.audit_actions().await.contains(&"password.refused!password".to_owned()));
}

#[tokio::test]
async fn wrong_current_passwords_are_throttled_as_at_sign_in() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for _ in 0..5 {
        change(&alice, "a guess at the password", NEW).await;
    }
    let page = change(&alice, PASSWORD, NEW).await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("30")));
    assert!(page.text(".summary li").contains("Try again in 30 seconds"));
    app.advance(Duration::from_secs(30)).await;
    assert_eq!(change(&alice, PASSWORD, NEW).await.path(), "/settings/sign-in");
}
