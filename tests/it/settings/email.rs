//! Changing the email address: requires the password, confirmed from the new address, and reported to the old one.

use std::time::Duration;

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const MINUTE: Duration = Duration::from_secs(60);

async fn request_change(app: &TestApp, browser: &Browser, email: &str, password: &str) -> Page {
    let form = browser.get("/settings/sign-in/email").await;
    let fields = [("email", email), ("current_password", password)];
    let page = browser.submit(&form, "form[action='/settings/sign-in/email']", fields).await;
    app.app.background_tasks.finish().await;
    page
}

#[tokio::test]
async fn an_address_changes_when_its_new_mailbox_confirms_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = request_change(&app, &alice, "alice@new.example", PASSWORD).await;
    assert_eq!(page.path(), "/settings/sign-in");
    assert_eq!(page.text("main .lede strong"), "alice@example.com", "the address must not change before confirmation");
    let mails = app.mails().await;
    assert!(mails[0].contains("To: alice@example.com") && mails[0].contains("about to change"));
    assert!(mails[1].contains("To: alice@new.example"));

    // in another browser, without a session
    let visitor = app.stranger();
    let link = app.newest_mailed_link().await;
    let form = visitor.get(&link).await;
    assert_eq!(app.stranger().sign_in("alice@new.example", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.submit(&form, "main form", []).await.path(), "/sign-in");
    assert_eq!(app.stranger().sign_in("alice@new.example", PASSWORD).await.path(), "/dashboard");
    assert_eq!(alice.get("/settings/sign-in").await.text("main .lede strong"), "alice@new.example");
    let audited = app.audit_actions().await;
    assert!(audited.contains(&"email.asked".to_owned()) && audited.contains(&"email.changed".to_owned()));
    assert_eq!(visitor.get(&link).await.status, StatusCode::GONE, "the link works once");
}

#[tokio::test]
async fn faults_are_reported_and_the_entered_address_stays() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for (email, password, fault) in [
        ("nonsense", PASSWORD, "#f-email"),
        ("alice@example.com", PASSWORD, "#f-email"),
        ("alice@new.example", "a guess at the password", "#f-current_password"),
    ] {
        let page = request_change(&app, &alice, email, password).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert_eq!(page.attrs(".summary a", "href"), [fault]);
        assert_eq!(page.attr("#f-email", "value").as_deref(), Some(email));
    }
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn an_address_in_use_is_mailed_and_the_page_does_not_reveal_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.account("bob", false).await;
    let free = request_change(&app, &alice, "bob@new.example", PASSWORD).await;
    app.advance(MINUTE).await;
    let taken = request_change(&app, &alice, "bob@example.com", PASSWORD).await;
    assert_eq!(free.text("#flash").replace("new.example", "example.com"), taken.text("#flash"));
    let mail = app.mails().await.pop().unwrap();
    assert!(mail.contains("To: bob@example.com") && mail.contains("has an account already"));
}

#[tokio::test]
async fn an_address_that_another_account_took_meanwhile_is_not_changed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    request_change(&app, &alice, "bob@example.com", PASSWORD).await;
    let link = app.newest_mailed_link().await;
    let form = alice.get(&link).await;
    app.account("bob", false).await;
    let page = alice.submit(&form, "main form", []).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert_eq!(alice.get("/settings/sign-in").await.text("main .lede strong"), "alice@example.com");
}

#[tokio::test]
async fn a_newer_request_and_a_new_password_invalidate_an_older_link() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    request_change(&app, &alice, "one@new.example", PASSWORD).await;
    let first = app.newest_mailed_link().await;
    let repeated = request_change(&app, &alice, "two@new.example", PASSWORD).await;
    assert!(repeated.text(".summary li").contains("on its way already"), "mails to one address are limited");
    app.advance(MINUTE).await;
    request_change(&app, &alice, "two@new.example", PASSWORD).await;
    let second = app.newest_mailed_link().await;
    assert_eq!(alice.get(&first).await.status, StatusCode::NOT_FOUND);
    let form = alice.get("/settings/sign-in/password").await;
    let fields = [("current_password", PASSWORD), ("new_password", "a kettle under the stairs")];
    alice.submit(&form, "form[action='/settings/sign-in/password']", fields).await;
    assert_eq!(alice.get(&second).await.status, StatusCode::NOT_FOUND);
}
