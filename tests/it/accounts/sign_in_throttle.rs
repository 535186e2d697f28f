//! Guessing passwords: slower and slower, the same for every address, and never a lock.

use std::time::Duration;

use craft::accounts::Passwords;
use craft::app::Handles;
use http::{Method, StatusCode};

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const GUESS: &str = "a guess at the password";
const CAP: Duration = Duration::from_secs(15 * 60);

async fn guess(app: &TestApp, email: &str, times: usize) -> Page {
    let mut last = None;
    for _ in 0..times {
        last = Some(app.stranger().sign_in(email, GUESS).await);
    }
    last.unwrap()
}

/// A sign-in from a network address, through the proxy of the tests.
async fn sign_in_from(browser: &Browser, ip: &str, email: &str, password: &str) -> Page {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", ip)];
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", password)])
        .finish();
    browser.request(Method::POST, "/sign-in", &headers, &body).await
}

fn retry_after(page: &Page) -> u64 {
    page.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn after_five_wrong_passwords_even_the_right_one_waits_and_is_told_until_when() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    assert_eq!(guess(&app, "alice@example.com", 5).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let checks = app.app.passwords.checks();
    let page = app.stranger().sign_in("ALICE@example.com", PASSWORD).await;
    assert_eq!((page.status, retry_after(&page)), (StatusCode::TOO_MANY_REQUESTS, 30));
    let sentence = "Too many wrong passwords. Try again in 30 seconds, or choose a new password.";
    assert_eq!(page.texts(".summary p"), [sentence]);
    assert!(!page.has("[aria-invalid]"), "no field is wrong");
    assert_eq!(page.attr(".summary a", "href").unwrap(), "/forgot?email=ALICE%40example.com");
    assert_eq!(app.app.passwords.checks(), checks, "the wait must not cost the hub any work");

    app.advance(Duration::from_secs(30)).await;
    assert_eq!(app.stranger().sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
    assert_eq!(guess(&app, "alice@example.com", 4).await.status, StatusCode::UNPROCESSABLE_ENTITY, "counted anew");
}

#[tokio::test]
async fn an_address_without_an_account_waits_just_the_same() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let mut pages = Vec::new();
    for (email, name) in [("alice@example.com", "alice"), ("nobody@example.com", "nobody")] {
        let page = guess(&app, email, 6).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        pages.push(page.body.replace(name, "…"));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_hundred_wrong_passwords_keep_the_owner_out_no_longer_than_the_cap() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let mut read = 0;
    for _ in 0..100 {
        let page = app.stranger().sign_in("alice@example.com", GUESS).await;
        read += usize::from(page.status == StatusCode::UNPROCESSABLE_ENTITY);
        app.advance(Duration::from_secs(60)).await;
    }
    assert!(read < 20, "{read} of a hundred guesses were read");
    app.advance(CAP).await;
    assert_eq!(app.stranger().sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
}

#[tokio::test]
async fn the_wait_is_audited_once_when_it_begins() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    guess(&app, "alice@example.com", 9).await;
    let mut expected = vec!["session.refused!password"; 5];
    expected.push("session.delayed!too_many");
    assert_eq!(app.audit_actions().await[2..], expected);
    assert_eq!(alice.get("/audit").await.texts("tbody a bdi")[0], "Sign-in slowed down");
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_no_way_around_it() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let guesses = (0..20).map(|_| async { app.stranger().sign_in("alice@example.com", GUESS).await.status });
    let statuses = futures_util::future::join_all(guesses).await;
    let read = statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(read, 5, "{statuses:?}");
}

#[tokio::test]
async fn another_process_knows_of_the_wait() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    guess(&app, "alice@example.com", 5).await;
    let other = web_of_another_process(&app);
    assert_eq!(other.sign_in("alice@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Shares nothing but the database.
fn web_of_another_process(app: &TestApp) -> Browser {
    let mut other = Handles::clone(&app.app);
    other.passwords = Passwords::default();
    app.browser_of(other.into())
}

#[tokio::test]
async fn a_new_password_by_mail_ends_the_wait() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let page = guess(&app, "alice@example.com", 6).await;
    let visitor = app.stranger();
    let form = visitor.get(&page.attr("main a[href^='/forgot']", "href").unwrap()).await;
    visitor.submit(&form, "main form", []).await;
    let form = visitor.get(&app.newest_mailed_link().await).await;
    visitor.submit(&form, "main form", [("password", "a kettle under the stairs")]).await;
    assert_eq!(visitor.sign_in("alice@example.com", "a kettle under the stairs").await.path(), "/dashboard");
}

#[tokio::test]
async fn guesses_at_many_accounts_slow_down_their_network_address_and_no_other() {
    let app = TestApp::with(|app| app.proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    app.account("alice", false).await;
    for n in 0..50 {
        let page = sign_in_from(&app.stranger(), "198.51.100.7", &format!("user{n}@example.com"), GUESS).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "guess {n}");
    }
    let here = sign_in_from(&app.stranger(), "198.51.100.7", "alice@example.com", PASSWORD).await;
    assert_eq!((here.status, retry_after(&here)), (StatusCode::TOO_MANY_REQUESTS, 30));
    let elsewhere = sign_in_from(&app.stranger(), "198.51.100.8", "alice@example.com", PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_header_that_anybody_can_send_changes_nothing() {
    let app = TestApp::new().await;
    for n in 0..51 {
        let email = format!("user{n}@example.com");
        let page = sign_in_from(&app.stranger(), &format!("198.51.100.{n}"), &email, GUESS).await;
        let expected = if n < 50 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(page.status, expected, "guess {n}");
    }
}

#[tokio::test]
async fn what_no_longer_counts_is_removed_by_what_comes_next() {
    let app = TestApp::new().await;
    for n in 0..8 {
        guess(&app, &format!("user{n}@example.com"), 1).await;
    }
    app.advance(Duration::from_secs(60 * 60)).await;
    guess(&app, "another@example.com", 1).await;
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sign_in_attempts").fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(rows, 2, "one of the account, one of the network address");
}
