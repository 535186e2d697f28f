//! The owner's account.

use std::time::Duration;

use craft::accounts;
use craft::config::SignUp;
use http::StatusCode;

use super::sign_up::sign_up;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

async fn printed_link(app: &TestApp) -> Option<String> {
    let token = accounts::issue_setup_link(&app.app.system, app.app.clock.now()).await.unwrap();
    token.map(|token| format!("/setup/{token}"))
}

async fn set_up(browser: &Browser, page: &Page, email: &str) -> Page {
    browser.submit(page, "main form", [("email", email), ("display_name", "Olive"), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn the_printed_link_makes_the_owner_who_is_signed_in_at_once() {
    let app = TestApp::new().await;
    let link = printed_link(&app).await.unwrap();
    let olive = app.stranger();

    let page = olive.get(&link).await;
    assert_eq!(page.text("h1"), "Set up your hub");
    let page = set_up(&olive, &page, "not an address").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.attr("#f-display_name", "value").as_deref(), Some("Olive"));

    let page = set_up(&olive, &page, "olive@example.com").await;
    assert_eq!(page.path(), "/dashboard");
    assert_eq!(page.text(".who"), "Signed in as Olive, administrator");
    assert!(olive.cookie("craft-reader-8080").is_some(), "a form of hers would not outlive her session");
    assert_eq!(app.audit_actions().await, ["account.created"]);
}

#[tokio::test]
async fn a_setup_link_dies_when_an_administrator_exists() {
    let app = TestApp::new().await;
    let link = printed_link(&app).await.unwrap();
    let late = app.stranger();
    let page = late.get(&link).await;
    app.account("alice", true).await;

    let answer = set_up(&late, &page, "late@example.com").await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text("main").contains("it has its owner"), "{}", answer.text("main"));
    assert_eq!(late.get(&link).await.status, StatusCode::GONE);
    assert_eq!(printed_link(&app).await, None);
    assert_eq!(app.audit_actions().await, ["account.created"], "only alice");
}

#[tokio::test]
async fn people_who_sign_up_do_not_use_up_the_link_of_the_owner() {
    let app = TestApp::new().await;
    let visitor = app.stranger();
    let link = printed_link(&app).await.unwrap();
    app.account("alice", false).await;
    // a stranger knows the owner's address, and another password
    sign_up(&visitor, "olive@example.com", "the stranger knows this").await;
    let strangers_link = app.newest_mailed_link().await;
    let link = printed_link(&app).await.unwrap_or(link);

    let olive = app.stranger();
    let page = olive.get(&link).await;
    let page = set_up(&olive, &page, "alice@example.com").await;
    assert_eq!(page.texts(".summary li").len(), 1, "her account is her own: {}", page.text("main"));
    let page = set_up(&olive, &page, "olive@example.com").await;
    assert_eq!(page.text(".who"), "Signed in as Olive, administrator");
    assert_eq!(visitor.get(&strangers_link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.sign_in("olive@example.com", "the stranger knows this").await.path(), "/sign-in");
}

#[tokio::test]
async fn until_there_is_an_owner_every_page_of_a_visitor_says_where_the_link_is() {
    let app = TestApp::new().await;
    let visitor = app.stranger();
    let pages =
        ["/", "/sign-in", "/sign-up", "/sign-up/check-email", "/forgot", "/forgot/sent", "/help", "/no-such-page"];
    for path in pages {
        let page = visitor.get(path).await;
        assert_eq!(
            page.text("#no-owner"),
            "This hub has no owner yet. Open the set-up link that craft printed when it started; a restart prints a new one.",
            "{path}"
        );
    }
    assert!(!visitor.get("/").await.has("main a[href='/sign-in']"), "nobody can sign in yet");
    let link = printed_link(&app).await.unwrap();
    for path in [link.as_str(), "/setup/cut-short"] {
        assert!(!visitor.get(path).await.has("#no-owner"), "{path} is the link");
    }

    let page = visitor.get(&link).await;
    set_up(&visitor, &page, "olive@example.com").await;
    for path in pages {
        assert!(!app.stranger().get(path).await.has("#no-owner"), "{path}");
    }
    assert!(app.stranger().get("/").await.has("main a[href='/sign-in']"));
}

#[tokio::test]
async fn a_closed_hub_without_an_owner_says_where_the_link_is_too() {
    let app = TestApp::with(|dependencies| dependencies.sign_up = SignUp::Invite).await;
    assert!(app.stranger().get("/sign-up").await.has("#no-owner"));
}

#[tokio::test]
async fn of_two_owners_at_the_same_moment_one_is_told_that_the_hub_has_one() {
    let app = TestApp::new().await;
    let link = printed_link(&app).await.unwrap();
    let (one, other) = (app.stranger(), app.stranger());
    let page = one.get(&link).await;

    let (first, second) =
        tokio::join!(set_up(&one, &page, "one@example.com"), set_up(&other, &page, "other@example.com"));
    let mut statuses = [first.status, second.status];
    statuses.sort();
    assert_eq!(statuses[1], StatusCode::GONE);
    assert_eq!(app.audit_actions().await, ["account.created"]);
}

#[tokio::test]
async fn setting_up_waits_for_an_account_that_is_being_made_elsewhere() {
    let app = TestApp::new().await;
    let link = printed_link(&app).await.unwrap();
    let late = app.stranger();
    let page = late.get(&link).await;
    let mut elsewhere = app.app.system.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO users (id, email, display_name, password_hash, is_admin, confirmed_at, created_at)
         VALUES ($1, 'a@b.c', 'A', '', true, $2, $2)",
    )
    .bind(uuid::Uuid::new_v4())
    .bind(app.app.clock.now())
    .execute(&mut *elsewhere)
    .await
    .unwrap();

    let mut setting_up = Box::pin(set_up(&late, &page, "late@example.com"));
    tokio::select! {
        answer = &mut setting_up => panic!("it did not wait: {}", answer.status),
        () = somebody_waits(&app) => {}
    }
    elsewhere.commit().await.unwrap();
    assert_eq!(setting_up.await.status, StatusCode::GONE);
}

async fn somebody_waits(app: &TestApp) {
    let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted)";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(app.app.system.pool()).await.unwrap() {}
}

#[tokio::test]
async fn a_restart_replaces_the_link() {
    let app = TestApp::new().await;
    let old = printed_link(&app).await.unwrap();
    let new = printed_link(&app).await.unwrap();
    let page = app.stranger().get(&old).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text("main").contains("last started"));
    assert_eq!(app.stranger().get(&new).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_setup_link_expires_after_a_week() {
    let app = TestApp::new().await;
    let link = printed_link(&app).await.unwrap();
    app.advance(Duration::from_secs(7 * 24 * 60 * 60)).await;
    let page = app.stranger().get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text("main").contains("Restart the hub"));
}
