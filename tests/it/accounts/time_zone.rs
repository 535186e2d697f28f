//! The time zone of pages: that of the browser, and named, until the person has chosen one.

use craft::accounts;

use super::sign_up::sign_up;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const LINE: &str = "#time-zone";

/// Returns the time of the newest entry in the audit log.
async fn newest(browser: &Browser) -> (Page, String) {
    let page = browser.get("/audit").await;
    let time = page.texts("tbody td time").remove(0);
    (page, time)
}

#[tokio::test]
async fn times_are_in_the_zone_of_the_browser_until_the_person_chooses_one() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (page, in_utc) = newest(&alice).await;
    assert_eq!(page.text(LINE), "Times are in UTC, until you choose a time zone in Settings.");

    alice.set_cookie("tz", "Asia%2FTokyo");
    let (page, in_tokyo) = newest(&alice).await;
    assert_eq!(page.text(LINE), "Times are in Asia/Tokyo, until you choose a time zone in Settings.");
    assert_ne!(in_tokyo, in_utc);
    assert!(!alice.get("/settings/appearance").await.has(LINE), "a page without times names no zone");
    assert_eq!(alice.get("/no-such-page").await.texts(LINE), [""; 0]);

    // the form shows the zone of the pages, and saving it is a choice
    let form = alice.get("/settings/profile").await;
    assert_eq!(form.attr("#f-time_zone option[selected]", "value").as_deref(), Some("Asia/Tokyo"));
    alice.submit(&form, "form[action='/settings/profile']", [("time_zone", "UTC")]).await;
    let (page, chosen) = newest(&alice).await;
    assert!(!page.has(LINE));
    assert_eq!(
        page.texts("tbody td time").last(),
        Some(&in_utc),
        "{chosen}: the browser is in Tokyo, and alice chose UTC"
    );
}

#[tokio::test]
async fn a_zone_that_nobody_knows_counts_as_none() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for unknown in ["Europe%2FAtlantis", "..%2F..%2Fetc%2Fpasswd", "%00", ""] {
        alice.set_cookie("tz", unknown);
        assert!(alice.get("/audit").await.text(LINE).starts_with("Times are in UTC, "), "{unknown}");
    }
}

#[tokio::test]
async fn an_account_begins_in_the_zone_of_the_browser_that_makes_it() {
    let app = TestApp::new().await;
    let token = accounts::issue_setup_link(&app.app.system, app.app.clock.now()).await.unwrap().unwrap();
    let (olive, carol) = (app.stranger(), app.stranger());
    olive.set_cookie("tz", "America%2FNew_York");
    let form = olive.get(&format!("/setup/{token}")).await;
    let fields = [("email", "olive@example.com"), ("display_name", "Olive"), ("password", PASSWORD)];
    olive.submit(&form, "main form", fields).await;
    carol.set_cookie("tz", "Europe%2FBerlin");
    sign_up(&carol, "carol@example.com", PASSWORD).await;

    // her other browser runs no script, and names no zone
    let other = app.stranger();
    other.sign_in("olive@example.com", PASSWORD).await;
    let page = other.get("/audit").await;
    assert_eq!(page.text(LINE), "Times are in America/New_York, until you choose a time zone in Settings.");
    let zones = sqlx::query_scalar::<_, String>("SELECT time_zone FROM users ORDER BY email");
    let zones = zones.fetch_all(app.app.system.pool()).await.unwrap();
    assert_eq!(zones, ["Europe/Berlin", "America/New_York"]);
}
