//! Sessions: when there is one, and when it ends.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use craft::app::App;
use craft::web::actor::SignedIn;
use craft::web::error::Result;
use craft::web::flash::Flash;
use craft::web::respond::see_other;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{Method, StatusCode};
use tower_sessions::Session;
use url::Url;

use crate::support::test_app::{PASSWORD, TestApp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn sessions(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM user_sessions").fetch_one(app.app.system.pool()).await.unwrap()
}

/// Changes with every write to the only session.
async fn version(app: &TestApp) -> String {
    sqlx::query_scalar("SELECT xmin::text FROM user_sessions").fetch_one(app.app.system.pool()).await.unwrap()
}

async fn private(me: SignedIn) -> String {
    me.user.display_name.clone()
}

/// Ends the session from another browser while the request still has data to save.
async fn revoked_meanwhile(State(app): State<App>, me: SignedIn) -> Result {
    sqlx::query("DELETE FROM user_sessions").execute(app.system.pool()).await?;
    me.flash(Flash::success("Saved")).await?;
    Ok(see_other("/private"))
}

/// Ends the session, and then has something to remember after all.
async fn begun_again(session: Session) {
    session.flush().await.unwrap();
    session.insert("key", "value").await.unwrap();
}

async fn app() -> TestApp {
    let pages = Router::new()
        .route("/private", get(private))
        .route("/revoked-meanwhile", get(revoked_meanwhile))
        .route("/begun-again", get(begun_again));
    TestApp::serving(pages).await
}

#[tokio::test]
async fn a_visitor_who_only_reads_has_neither_cookie_nor_session() {
    let app = TestApp::new().await;
    let visitor = app.stranger();
    for path in ["/sign-in", "/sign-up", "/sign-out", "/sign-up/check-email", "/nowhere"] {
        assert!(visitor.get(path).await.header(SET_COOKIE).is_none(), "{path} sets a cookie");
    }
    visitor.sign_in("nobody@example.com", "a guess at the password").await;
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn the_row_names_its_user_and_holds_no_id_that_would_sign_anybody_in() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let id = alice.cookie("craft-8080").unwrap();
    let row: (String, String, String) = sqlx::query_as(
        "SELECT u.email, s.agent, row_to_json(s)::text FROM user_sessions s JOIN users u ON u.id = s.user_id",
    )
    .fetch_one(app.app.system.pool())
    .await
    .unwrap();
    assert_eq!((row.0.as_str(), row.1.as_str()), ("alice@example.com", "Browser of the tests"));
    assert!(!row.2.contains(&id), "{}", row.2);
}

#[tokio::test]
async fn a_cookie_planted_before_signing_in_is_worth_nothing_after() {
    let app = app().await;
    app.account("alice", false).await;
    // the attacker has a session of their own and gives its id to alice
    let attacker = app.persona("mallory", false).await;
    let planted = attacker.cookie("craft-8080").unwrap();
    let alice = app.stranger();
    alice.set_cookie("craft-8080", &planted);
    alice.get("/sign-out").await;
    let answer = alice.post("/sign-in", &[("email", "alice@example.com"), ("password", PASSWORD)]).await;

    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(alice.cookie("craft-8080").unwrap(), planted);
    assert_eq!(alice.get("/private").await.body, "alice");
    assert_eq!(attacker.get("/private").await.text("h1"), "Sign in");
    assert_eq!(sessions(&app).await, 1);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_what_the_browser_kept() {
    let app = app().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let copy = app.stranger();
    copy.set_cookie("craft-8080", &alice.cookie("craft-8080").unwrap());

    let page = alice.get("/sign-out").await;
    assert_eq!(page.text("h1"), "Sign out");
    let answer = alice.post("/sign-out", &[("", ""); 0]).await;
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\""));
    assert_eq!(alice.cookie("craft-8080"), None);
    assert_eq!(alice.get("/sign-out").await.text("h1"), "You are signed out");
    assert_eq!(copy.get("/private").await.text("h1"), "Sign in", "a copied cookie still works");
    assert_eq!(bob.get("/private").await.body, "bob");
    assert_eq!(sessions(&app).await, 1);
    assert_eq!(app.audit_actions().await.pop().as_deref(), Some("session.ended"));
}

#[tokio::test]
async fn a_session_revoked_during_a_request_is_not_saved_back() {
    let app = app().await;
    let alice = app.alice().await;
    let page = alice.get("/revoked-meanwhile").await;
    assert_eq!(page.text("h1"), "Sign in");
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn a_session_that_begins_after_one_that_ended_has_an_id_of_its_own() {
    let app = app().await;
    let alice = app.alice().await;
    let before = alice.cookie("craft-8080");
    alice.get("/begun-again").await;
    assert_eq!(sessions(&app).await, 1);
    assert_ne!(alice.cookie("craft-8080"), before);
}

#[tokio::test]
async fn reading_pages_writes_to_the_session_once_a_minute_at_most() {
    let app = app().await;
    let alice = app.alice().await;
    let first = version(&app).await;
    alice.get("/private").await;
    app.advance(Duration::from_secs(59)).await;
    alice.get("/private").await;
    assert_eq!(version(&app).await, first);
    app.advance(Duration::from_secs(1)).await;
    alice.get("/private").await;
    assert_ne!(version(&app).await, first, "the row does not say that it is in use");
}

#[tokio::test]
async fn a_session_in_use_goes_on_and_an_idle_one_ends_after_two_weeks() {
    let app = app().await;
    let alice = app.alice().await;
    for _ in 0..3 {
        app.advance(10 * DAY).await;
        let page = alice.get("/private").await;
        assert_eq!(page.body, "alice");
        assert!(page.header(SET_COOKIE).unwrap().contains("Max-Age=1209600"), "the browser's cookie would end first");
    }
    app.advance(14 * DAY).await;
    assert_eq!(alice.get("/private").await.text("h1"), "Sign in");
    craft::accounts::purge_expired(&app.app.system, app.app.clock.now()).await.unwrap();
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_this_host() {
    let app = TestApp::with(|app| app.public_url = Url::parse("https://hub.example").unwrap()).await;
    app.account("alice", false).await;
    let alice = app.stranger();
    let answer = alice.post("/sign-in", &[("email", "alice@example.com"), ("password", PASSWORD)]).await;

    let mut cookies: Vec<_> = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    cookies.sort_unstable();
    for (cookie, name) in cookies.iter().zip(["__Host-craft-reader=", "__Host-craft="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} is missing: {cookie}");
        }
    }
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    alice.post("/sign-out", &[("", ""); 0]).await;
    assert_eq!(alice.cookie("__Host-craft"), None, "the browser kept it");
}

#[tokio::test]
async fn a_browser_stays_signed_in_at_two_hubs_of_one_host() {
    let first = TestApp::new().await;
    let second = TestApp::with(|app| app.public_url = Url::parse("http://127.0.0.1:8081").unwrap()).await;
    first.account("alice", false).await;
    second.account("alice", false).await;
    let at_first = first.stranger();
    at_first.sign_in("alice@example.com", PASSWORD).await;
    let at_second = second.stranger().with_cookies_of(&at_first);
    at_second.sign_in("alice@example.com", PASSWORD).await;
    let at_first = first.stranger().with_cookies_of(&at_second);
    assert_eq!(at_first.get("/jobs").await.text("h1"), "Jobs");
    let at_second = second.stranger().with_cookies_of(&at_first);
    assert_eq!(at_second.get("/jobs").await.text("h1"), "Jobs");
}

#[tokio::test]
async fn a_visitor_at_another_spelling_of_the_address_is_led_to_it() {
    let app = TestApp::new().await;
    let visitor = app.stranger();
    let visit =
        async |method: Method, path: &str| visitor.request(method, path, &[("host", "localhost:8080")], "").await;
    let led = visit(Method::GET, "/sign-in?next=%2Fjobs").await;
    assert_eq!(led.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(led.header(&LOCATION).unwrap(), "http://127.0.0.1:8080/sign-in?next=%2Fjobs");
    assert_eq!(led.header(&CACHE_CONTROL).unwrap(), "no-store");
    for (method, path) in [(Method::GET, "/healthz"), (Method::GET, "/metrics"), (Method::GET, "/oauth/client.json")] {
        assert_eq!(visit(method, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(visit(Method::POST, "/sign-in").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn the_mark_of_who_was_signed_in_outlives_the_session_and_signs_nobody_in() {
    let app = app().await;
    let alice = app.alice().await;
    let mark = alice.cookie("craft-reader-8080").unwrap();
    alice.post("/sign-out", &[("", ""); 0]).await;
    assert_eq!(alice.cookie("craft-reader-8080").as_ref(), Some(&mark));
    assert_eq!(alice.get("/private").await.text("h1"), "Sign in");
    let copy = app.stranger();
    copy.set_cookie("craft-8080", &mark);
    assert_eq!(copy.get("/private").await.text("h1"), "Sign in");
    assert_ne!(app.bob().await.cookie("craft-reader-8080").unwrap(), mark);
}

#[tokio::test]
async fn what_is_saved_of_a_session_is_not_the_account_that_was_loaded_with_it() {
    let pages = Router::new().route("/save_flash", get(save_flash));
    let app = TestApp::serving(pages).await;
    let alice = app.alice().await;
    alice.get("/save_flash").await;
    let data: String =
        sqlx::query_scalar("SELECT data FROM user_sessions").fetch_one(app.app.system.pool()).await.unwrap();
    assert!(data.contains("Saved") && !data.contains("alice@example.com"), "{data}");
}

/// Has something to save after the account was loaded.
async fn save_flash(me: SignedIn) -> Result<()> {
    me.flash(Flash::success("Saved")).await?;
    Ok(())
}
