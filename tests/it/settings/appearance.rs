//! Colours, contrast, motion and announcements.

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::test_app::{PASSWORD, TestApp};

const FORM: &str = "form[action='/settings/appearance']";

#[tokio::test]
async fn appearance_applies_to_every_page_and_browser_of_the_user_only() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let form = alice.get("/settings/appearance").await;
    let chosen = [("theme", "dark"), ("contrast", "more"), ("motion", "reduce"), ("announce", "ends"), ("keys", "off")];
    let page = alice.submit(&form, FORM, chosen).await;
    assert_eq!(page.path(), "/settings/appearance");
    assert_eq!(page.attrs("main input[checked]", "value"), ["dark", "more", "reduce", "ends", "off"]);

    let elsewhere = app.stranger();
    elsewhere.sign_in("alice@example.com", PASSWORD).await;
    let html = "html[data-theme=dark][data-contrast=more][data-motion=reduce]";
    for page in [alice.get("/jobs").await, elsewhere.get("/nowhere").await] {
        assert!(page.has(html), "{}", page.path());
    }
    assert!(bob.get("/jobs").await.has("html[data-theme=auto][data-contrast=auto][data-motion=auto]"));
    assert_eq!(app.audit_actions().await.iter().filter(|action| *action == "appearance.changed").count(), 1);
}

#[tokio::test]
async fn the_key_for_the_search_can_be_turned_off() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let key = async |browser: &Browser| browser.get("/jobs").await.attr("nav a[href='/search']", "aria-keyshortcuts");
    assert_eq!(key(&alice).await.as_deref(), Some("/"));
    let form = alice.get("/settings/appearance").await;
    alice.submit(&form, FORM, [("keys", "off")]).await;
    assert_eq!((key(&alice).await, key(&bob).await.as_deref()), (None, Some("/")));
}

#[tokio::test]
async fn an_unknown_option_is_refused() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.post("/settings/appearance", &[("theme", "pink"), ("contrast", "more")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.attrs(".summary a", "href"), ["#f-theme", "#f-motion", "#f-announce", "#f-keys"]);
    assert!(page.has("input[name=contrast][value=more][checked]"), "the valid choice must stay");
    assert!(alice.get("/jobs").await.has("html[data-contrast=auto]"));
}

#[tokio::test]
async fn job_announcements_follow_the_setting() {
    let app = TestApp::new().await;
    for (name, announce, expected) in [("alice", "all", true), ("carol", "regular", true), ("bob", "none", false)] {
        let browser = app.persona(name, false).await;
        let form = browser.get("/settings/appearance").await;
        browser.submit(&form, FORM, [("announce", announce)]).await;
        let job = app.start(&browser, "/connectors/workbench/tools/countdown", [("v/seconds", "1")]).await;
        let stream = browser.get(&format!("/jobs/{job}/events?after=0.0")).await;
        assert!(stream.body.contains("event: end"), "{}", stream.body);
        assert_eq!(stream.body.contains("hx-target=\"#live\""), expected, "{announce}: {}", stream.body);
    }
}
