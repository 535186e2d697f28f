//! A form submitted after its session expired comes back filled, to its sender only, and is never submitted again by the hub.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::{PASSWORD, TestApp};

const DIFF: &str = "/connectors/workbench/tools/text_diff";
const TOOL: &str = "form[action*='/tools/']";
const SIGN_IN: &str = "form[action='/sign-in']";
const NOTICE: &str = "You had been signed out. This is what you had filled in; nothing has been sent yet.";
const LAST_USER_COOKIE: &str = "craft-reader-8080";

const TYPED: [(&str, &str); 3] =
    [("v/before", "<what alice typed>\nas it was"), ("v/after", "else"), ("v/context", "7")];
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Signs in on the page that answered a form.
async fn sign_in(browser: &Browser, page: &Page, name: &str) -> Page {
    let email = format!("{name}@example.com");
    browser.submit(page, SIGN_IN, [("email", &email), ("password", PASSWORD)]).await
}

/// Signs in without opening the requested page.
async fn sign_in_only(browser: &Browser, kept: &str) -> Page {
    let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", DIFF), ("kept", kept)];
    let answer = browser.post("/sign-in", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some(DIFF)));
    answer
}

async fn sign_out(browser: &Browser) {
    browser.post("/sign-out", &[("", ""); 0]).await;
}

/// Submits a form of Alice's after she signed out in another tab.
async fn submit_signed_out(browser: &Browser) -> Page {
    let form = browser.get(DIFF).await;
    sign_out(browser).await;
    let page = browser.submit(&form, TOOL, TYPED).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page
}

fn sealed_form(page: &Page) -> String {
    page.attr("[name=kept]", "value").expect("the page keeps no form")
}

fn is_filled(page: &Page) -> bool {
    page.body.contains("what alice typed")
}

/// Returns the data of all sessions.
async fn sessions(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT data FROM user_sessions").fetch_all(app.app.system.pool()).await.unwrap()
}

async fn submit_and_restore(app: &TestApp, alice: &Browser, form: &Page) {
    let page = alice.submit(form, TOOL, TYPED).await;
    assert_eq!((page.status, page.text("h1").as_str()), (StatusCode::UNAUTHORIZED, "Sign in"));
    assert!(page.text(".flash.warn p").ends_with("Nothing has been sent."), "{}", page.text(".flash.warn"));
    assert_eq!((page.header("cache-control"), page.header("etag")), (Some("private, no-store"), None));
    assert!(!is_filled(&page), "what was typed is in clear on a page that anybody sees");

    let back = sign_in(alice, &page, "alice").await;
    assert_eq!((back.status, back.path()), (StatusCode::OK, DIFF));
    assert_eq!(back.text(".flash.warn p"), NOTICE);
    assert!(!back.has(".summary") && !back.has(".err"), "it came back with faults");
    assert_eq!(back.text("[name='v/before']"), "<what alice typed> as it was");
    assert_eq!(back.attr("[name='v/context']", "value").as_deref(), Some("7"));
    assert_eq!((back.header("cache-control"), back.header("etag")), (Some("private, no-store"), None));
    assert!(alice.get("/jobs").await.texts("tbody tr").is_empty(), "it was run without being asked");

    let again = alice.get(DIFF).await;
    assert!(!is_filled(&again) && !again.has(".flash.warn"), "it comes back twice");
    assert_eq!(again.header("cache-control"), Some("private, no-cache"));
    let job = alice.submit(&back, TOOL, []).await;
    assert!(job.path().starts_with("/jobs/"), "what came back cannot be sent: {}", job.text("main"));
    app.wait_until_finished(alice, job.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_returns_after_its_session_expired() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(DIFF).await;
    app.advance(15 * DAY).await;
    submit_and_restore(&app, &alice, &form).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_returns_after_its_session_was_ended_on_another_device() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(DIFF).await;
    let elsewhere = app.stranger();
    elsewhere.sign_in("alice@example.com", PASSWORD).await;
    let confirm = elsewhere.get("/settings/sessions/others").await;
    elsewhere.submit(&confirm, "main form", []).await;
    submit_and_restore(&app, &alice, &form).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_returns_after_signing_out_in_another_tab() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(DIFF).await;
    sign_out(&alice).await;
    submit_and_restore(&app, &alice, &form).await;
}

#[tokio::test]
async fn raw_json_returns_as_raw_json() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(&format!("{DIFF}?as=json")).await;
    sign_out(&alice).await;
    let page = alice.submit(&form, TOOL, [("j", "{ not even JSON")]).await;
    let back = sign_in(&alice, &page, "alice").await;
    assert_eq!((back.text("#f").as_str(), back.text(".flash.warn p").as_str()), ("{ not even JSON", NOTICE));
    assert!(!back.has(".summary"));
}

#[tokio::test]
async fn another_user_who_signs_in_there_does_not_see_the_form() {
    let app = TestApp::new().await;
    let browser = app.alice().await;
    app.account("bob", false).await;
    let page = submit_signed_out(&browser).await;
    let shown = sign_in(&browser, &page, "bob").await;
    assert_eq!((shown.status, shown.path()), (StatusCode::OK, DIFF));
    assert!(!is_filled(&shown) && !shown.has(".flash"), "{}", shown.body);
    assert!(sessions(&app).await.iter().all(|data| !data.contains("kept")), "it is in bob's session");
    sign_out(&browser).await;
    assert!(!is_filled(&sign_in(&browser, &browser.get("/sign-in?next=/jobs").await, "alice").await));
}

#[tokio::test]
async fn without_the_cookie_a_form_redirects_to_the_sign_in_page_and_nothing_is_stored() {
    let app = TestApp::new().await;
    let stranger = app.stranger();
    for mark in ["", "made-up", &"x".repeat(4_000)] {
        stranger.set_cookie(LAST_USER_COOKIE, mark);
        let answer = stranger.post(DIFF, &TYPED).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{mark}");
        assert!(answer.header("location").unwrap().starts_with("/sign-in?next="), "{mark}");
    }
    assert!(sessions(&app).await.is_empty());
}

#[tokio::test]
async fn after_an_hour_the_form_does_not_return() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (late, waiting) = (submit_signed_out(&alice).await, submit_signed_out_again(&alice).await);
    app.advance(59 * MINUTE).await;
    sign_in_only(&alice, &sealed_form(&waiting)).await;
    app.advance(MINUTE).await;
    let page = alice.get(DIFF).await;
    assert!(!is_filled(&page) && !page.has(".flash"), "it waited in the session for longer than an hour");
    assert!(sessions(&app).await.iter().all(|data| !data.contains("kept")), "it stays in the session");
    sign_out(&alice).await;
    assert!(!is_filled(&sign_in(&alice, &late, "alice").await), "the page kept it for longer than an hour");
}

/// Submits the form again from a browser that is signed out already.
async fn submit_signed_out_again(alice: &Browser) -> Page {
    let page = alice.post(DIFF, &TYPED).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page
}

#[tokio::test]
async fn other_pages_leave_the_form_and_signing_out_drops_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = submit_signed_out(&alice).await;
    sign_in_only(&alice, &sealed_form(&page)).await;
    let (profile, as_json) = ("/settings/profile", format!("{DIFF}?as=json"));
    for other in ["/jobs", profile, &as_json, "/connectors/workbench/tools/hash", "/nowhere"] {
        let shown = alice.get(other).await;
        assert!(!is_filled(&shown) && !shown.has(".flash"), "{other} shows it");
    }
    alice.request(Method::HEAD, DIFF, &[], "").await;
    assert!(is_filled(&alice.get(DIFF).await));

    let page = submit_signed_out(&alice).await;
    sign_in_only(&alice, &sealed_form(&page)).await;
    sign_out(&alice).await;
    sign_in_only(&alice, "").await;
    assert!(!is_filled(&alice.get(DIFF).await));
}

#[tokio::test]
async fn a_wrong_password_does_not_lose_the_form() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = submit_signed_out(&alice).await;
    let wrong = [("email", "alice@example.com"), ("password", "a wrong password")];
    let refused = alice.submit(&page, SIGN_IN, wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.header("cache-control"), Some("private, no-store"));
    assert!(is_filled(&sign_in(&alice, &refused, "alice").await));
}

#[tokio::test]
async fn a_sealed_text_that_is_not_her_form_is_ignored() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let (hers, his) = (sealed_form(&submit_signed_out(&alice).await), sealed_form(&submit_signed_out(&bob).await));
    let (cut, doubled) = (&hers[..hers.len() / 2], hers.repeat(2));
    let mut changed = hers.clone();
    changed.replace_range(100..101, if hers[100..].starts_with('A') { "B" } else { "A" });
    for odd in [his.as_str(), cut, &doubled, &changed, "x", "AAAA", "\u{1F4A9}", &"A".repeat(100_000)] {
        sign_in_only(&alice, odd).await;
        let page = alice.get(DIFF).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!is_filled(&page) && !page.has(".flash"), "{} letters", odd.len());
    }
    sign_in_only(&alice, &hers).await;
    assert!(is_filled(&alice.get(DIFF).await), "and hers does not open either");
}

#[tokio::test]
async fn secrets_are_stored_nowhere_in_clear_text() {
    const SECRET: &str = "hunter2-in-a-field";
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"user": text, "api_key": text}});
    let server = ScriptedServer::start(json!([{"name": "login", "inputSchema": schema}]), "in").await;
    let login = format!("{}/tools/login", app.add_server(&alice, "Vaults", &server.url()).await);
    let form = alice.get(&login).await;
    sign_out(&alice).await;
    let page = alice.submit(&form, TOOL, [("v/user", "al-the-user"), ("v/api_key", SECRET)]).await;
    assert!(!page.body.contains(SECRET) && !page.body.contains("al-the-user"));

    sign_in_only(&alice, &sealed_form(&page)).await;
    let stored = sessions(&app).await.concat();
    assert!(stored.contains("preserved form"), "it does not wait in the session: {stored}");
    assert!(!stored.contains(SECRET) && !stored.contains("al-the-user") && !stored.contains("login"), "{stored}");
    let back = alice.get(&login).await;
    assert_eq!(back.attr("[name='v/user']", "value").as_deref(), Some("al-the-user"));
    // as with a form that comes back with a fault
    assert_eq!(back.attr("[name='v/api_key']", "value").as_deref(), Some(""));
}

#[tokio::test]
async fn passwords_are_not_preserved() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get("/settings/sign-in/email").await;
    sign_out(&alice).await;
    let typed = [("email", "alice@new.example"), ("current_password", PASSWORD)];
    let page = alice.submit(&form, "main form", typed).await;
    let (vault, alices) = (&app.app.vault, alice.cookie(LAST_USER_COOKIE).unwrap().parse().unwrap());
    let carried = vault.open_from_client(
        alices,
        "preserved form",
        &sealed_form(&page),
        app.app.clock.now(),
        time::Duration::HOUR,
    );
    assert_eq!(carried.unwrap().expose(), "/settings/sign-in/email\nemail=alice%40new.example&current_password=");
    let back = sign_in(&alice, &page, "alice").await;
    assert_eq!(back.attr("[name=email]", "value").as_deref(), Some("alice@new.example"));
    assert_eq!(back.attr("[name=current_password]", "value"), None);
    assert!(back.text(".flash.warn p").contains("except for passwords and tokens"), "{}", back.text(".flash.warn"));
}

#[tokio::test]
async fn a_form_from_another_site_is_not_preserved() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    sign_out(&alice).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = alice.request(Method::POST, DIFF, &[form, foreign], "v%2Fbefore=planted").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{foreign:?}");
        assert!(!answer.has("[name=kept]"), "{foreign:?}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_preserved_redirects_to_the_sign_in_page() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    sign_out(&alice).await;
    let large = "x".repeat(64 * 1024);
    for fields in [vec![], vec![("op", "run")], vec![("v/before", large.as_str())]] {
        let answer = alice.post(DIFF, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} fields", fields.len());
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    let htmx = alice
        .request(
            Method::POST,
            DIFF,
            &[form, ("hx-request", "true"), ("accept", "text/html, text/event-stream")],
            "v%2Fbefore=a",
        )
        .await;
    assert!(htmx.has("[name=kept]"), "htmx shows the sign-in page with the form");
    let htmx = alice.request(Method::POST, DIFF, &[form, ("hx-request", "true")], "").await;
    assert_eq!(htmx.status, StatusCode::NO_CONTENT);
    assert!(htmx.header("hx-redirect").unwrap().starts_with("/sign-in?next=") && !htmx.has("[name=kept]"));
    let program = alice.request(Method::POST, DIFF, &[form, ("accept", "application/json")], "v%2Fbefore=a").await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    assert!(program.json()["error"]["message"].is_string());
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_for_signed_in_users() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert!(alice.cookie(LAST_USER_COOKIE).is_some());
    let answer = alice.post("/settings/profile", &[("display_name", "x".repeat(300_000))]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
