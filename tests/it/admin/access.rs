//! Disabling accounts, ending their sessions, and the last administrator.

use http::StatusCode;

use super::{change, hub_log};
use crate::support::test_app::{PASSWORD, TestApp};

#[tokio::test]
async fn a_disabled_account_is_signed_out_and_cannot_sign_in_until_it_is_enabled() {
    let app = TestApp::new().await;
    let (owner, alice, elsewhere) = (app.owner().await, app.alice().await, app.stranger());
    elsewhere.sign_in("alice@example.com", PASSWORD).await;
    let page = change(&app, &owner, "alice", "access").await;
    assert_eq!(page.text("#flash"), "The account of alice is disabled.");
    assert!(page.text("main dl").contains("Disabled"), "{}", page.text("main dl"));

    for browser in [&alice, &elsewhere] {
        assert_eq!(browser.get("/jobs").await.path(), "/sign-in?next=%2Fjobs");
    }
    let refused = alice.sign_in("alice@example.com", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text(".summary li").contains("This account is disabled"), "{}", refused.text(".summary"));
    let guess = alice.sign_in("alice@example.com", "a guess at the password").await;
    assert!(!guess.text(".summary").contains("disabled"), "a stranger learns nothing of the account");

    assert_eq!(change(&app, &owner, "alice", "access").await.text("#flash"), "The account of alice is enabled.");
    assert_eq!(alice.sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
    assert_eq!(hub_log(&app).await, ["account.disabled by owner", "account.enabled by owner"]);
}

#[tokio::test]
async fn a_disabled_account_gets_no_link_for_a_new_password() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("alice", false).await;
    let visitor = app.stranger();
    let form = visitor.get("/forgot").await;
    visitor.submit(&form, "form[action='/forgot']", [("email", "alice@example.com")]).await;
    let link = app.newest_mailed_link().await;
    change(&app, &owner, "alice", "access").await;
    assert_eq!(visitor.get(&link).await.status, StatusCode::NOT_FOUND, "an older link must not work");
    visitor.submit(&form, "form[action='/forgot']", [("email", "alice@example.com")]).await;
    assert_eq!(app.mails().await.len(), 1, "no second link is mailed");
}

#[tokio::test]
async fn a_change_that_is_already_made_leaves_no_entry() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("alice", false).await;
    let path = format!("/admin/users/{}/access", app.owner_of("alice").await);
    let (first, second) = (owner.get(&path).await, owner.get(&path).await);
    owner.submit(&first, "main form", []).await;
    let page = owner.submit(&second, "main form", []).await;
    assert_eq!(page.text("#flash"), "The account of alice was disabled already.");
    assert_eq!(hub_log(&app).await, ["account.disabled by owner"]);
}

#[tokio::test]
async fn ending_sessions_signs_out_every_browser_of_one_person() {
    let app = TestApp::new().await;
    let (owner, alice, bob) = (app.owner().await, app.alice().await, app.bob().await);
    let page = change(&app, &owner, "alice", "sessions").await;
    assert_eq!(page.text("#flash"), "alice is signed out of 1 browser.");
    assert!(alice.get("/jobs").await.path().starts_with("/sign-in"));
    assert_eq!(bob.get("/jobs").await.path(), "/jobs");
    assert_eq!(hub_log(&app).await, ["account.signed_out by owner"]);
    assert_eq!(alice.sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
}

#[tokio::test]
async fn an_administrator_is_made_and_removed() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    assert_eq!(alice.get("/admin/users").await.status, StatusCode::NOT_FOUND);
    assert_eq!(change(&app, &owner, "alice", "administrator").await.text("#flash"), "alice is an administrator.");
    assert_eq!(alice.get("/admin/users").await.status, StatusCode::OK);
    let page = change(&app, &alice, "owner", "administrator").await;
    assert_eq!(page.text("#flash"), "owner is not an administrator any more.");
    assert_eq!(owner.get("/admin/users").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hub_log(&app).await, ["administrator.added by owner", "administrator.removed by alice"]);
}

#[tokio::test]
async fn an_administrator_who_steps_down_lands_in_the_settings() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("second", true).await;
    let page = change(&app, &owner, "owner", "administrator").await;
    assert_eq!((page.status, page.path()), (StatusCode::OK, "/settings"));
    assert!(!page.has("nav.side a[href='/admin/users']"));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for what in ["administrator", "access"] {
        let page = change(&app, &owner, "owner", what).await;
        assert_eq!(
            (page.status, page.text("h1").as_str()),
            (StatusCode::CONFLICT, "This cannot be done now"),
            "{what}"
        );
        assert!(page.text("main").contains("Make somebody else an administrator first"), "{}", page.text("main"));
    }
    // a second administrator who cannot sign in does not count
    app.account("second", true).await;
    change(&app, &owner, "second", "access").await;
    assert_eq!(change(&app, &owner, "owner", "administrator").await.status, StatusCode::CONFLICT);
    assert_eq!(hub_log(&app).await, ["account.disabled by owner"]);
}

#[tokio::test]
async fn nobody_disables_themselves_or_appoints_a_disabled_person() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("second", true).await;
    let page = change(&app, &owner, "owner", "access").await;
    assert_eq!((page.status, page.text("h1").as_str()), (StatusCode::CONFLICT, "This cannot be done now"));
    assert!(page.text("main").contains("You cannot disable your own account"));
    app.account("alice", false).await;
    change(&app, &owner, "alice", "access").await;
    assert_eq!(change(&app, &owner, "alice", "administrator").await.status, StatusCode::CONFLICT);
}
