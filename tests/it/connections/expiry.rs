//! The expiry date that an owner enters for a key: pages show it, and one mail reminds of it.

use std::time::Duration;

use http::StatusCode;
use time::OffsetDateTime;

use super::{TOKEN, account, guarded, page_of};
use crate::services::{connect_by_key, start};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};
use crate::support::tides_service::KEY;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Returns the day after so many days, as a date field sends it and as pages show it.
fn day(app: &TestApp, days: i64) -> (String, String) {
    let day: OffsetDateTime = app.app.clock.now() + time::Duration::days(days);
    let day = day.date();
    (day.to_string(), format!("{} {} {}", day.day(), day.month(), day.year()))
}

/// Subjects of the reminders that are sent.
async fn reminders(app: &TestApp) -> Vec<String> {
    app.app.refresher.refresh_due().await.unwrap();
    let subject = |mail: &String| mail.lines().find_map(|line| line.strip_prefix("Subject: ")).map(str::to_owned);
    app.mails().await.iter().filter_map(subject).filter(|subject| subject.contains(" expires on ")).collect()
}

/// Connects with a key that expires on that day.
async fn connect_until(owner: &Browser, ends_on: &str) -> Page {
    let form = owner.get("/connectors/tides/connection").await;
    let fields = [("harbour", "dover"), ("api_key", KEY), ("ends_on", ends_on)];
    owner.submit(&form, "main form", fields).await
}

#[tokio::test]
async fn an_owner_is_reminded_once_a_week_before_the_expiry_date() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let (ends_on, words) = day(&app, 30);
    let page = connect_until(&owner, &ends_on).await;
    assert!(page.text("dl.kv").contains(&words), "{}", page.text("dl.kv"));
    assert!(!page.has(".callout.warn"));
    assert!(owner.get("/connections").await.text("tbody").contains(&words));
    app.advance(22 * DAY).await;
    assert!(reminders(&app).await.is_empty());

    // after eight in the morning, whatever the time of the test
    app.advance(DAY + 9 * HOUR).await;
    let subject = format!("The key of Tides expires on {words}");
    assert_eq!(reminders(&app).await, std::slice::from_ref(&subject));
    assert_eq!(app.newest_mailed_link().await, format!("{}/token", page.path()));
    // the session has expired
    owner.sign_in("owner@example.com", PASSWORD).await;
    let shown = owner.get(page.path()).await;
    assert_eq!(shown.text(".callout.warn h2"), format!("Its key ends on {words}"));
    assert_eq!(shown.attr(".callout.warn a", "href"), Some(format!("{}/token", page.path())));

    app.advance(8 * DAY).await;
    assert_eq!(reminders(&app).await, [subject], "once");
    let shown = owner.get(page.path()).await;
    assert_eq!(shown.text(".callout.warn h2"), format!("Its key ended on {words}"));
    assert_eq!(shown.texts(".kv .state"), ["Connected"], "the date changes the status");
}

#[tokio::test]
async fn replacing_a_key_removes_its_expiry_date() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let page = connect_until(&owner, &day(&app, 15).0).await;
    let path = format!("{}/token", page.path());
    let form = owner.get(&path).await;
    assert_eq!(form.attr("#f-ends_on", "value").as_deref(), Some(""), "the form shows the date of the former key");
    let (later, words) = day(&app, 25);
    let replaced = owner.submit(&form, "main form", [("api_key", KEY), ("ends_on", &later)]).await;
    assert!(replaced.text("dl.kv").contains(&words), "{}", replaced.text("main"));
    app.advance(10 * DAY).await;
    assert!(reminders(&app).await.is_empty());

    let replaced = owner.submit(&form, "main form", [("api_key", KEY)]).await;
    assert!(!replaced.text("dl.kv").contains("date you entered"), "{}", replaced.text("main"));
    app.advance(13 * DAY).await;
    assert!(reminders(&app).await.is_empty());
    assert!(!owner.get(page.path()).await.has(".callout.warn"));
}

#[tokio::test]
async fn a_date_within_a_week_is_reminded_of_the_day_before() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let (ends_on, words) = day(&app, 3);
    let page = connect_until(&owner, &ends_on).await;
    assert!(page.text(".callout.warn h2").contains(&words), "{}", page.text("main"));
    assert!(reminders(&app).await.is_empty(), "a reminder is sent on the day of entry");
    app.advance(DAY).await;
    assert!(reminders(&app).await.is_empty());
    app.advance(DAY + 9 * HOUR).await;
    assert_eq!(reminders(&app).await.len(), 1);
}

#[tokio::test]
async fn a_disconnected_connection_is_not_reminded_of() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let page = connect_until(&owner, &day(&app, 15).0).await;
    owner.submit(&owner.get(&format!("{}/disconnection", page.path())).await, "main form", []).await;
    app.advance(13 * DAY).await;
    assert!(reminders(&app).await.is_empty());
    assert!(!owner.get(page.path()).await.text("main").contains("date you entered"));
}

#[tokio::test]
async fn a_token_has_an_expiry_date_as_well() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    assert!(page.text("dl.kv").contains("Not known: the service does not say"));
    let (ends_on, words) = day(&app, 30);
    let form = alice.get(&format!("{}/token", page.path())).await;
    let replaced = alice.submit(&form, "main form", [("token", TOKEN), ("ends_on", &ends_on)]).await;
    assert!(replaced.text("dl.kv").contains(&words), "{}", replaced.text("main"));
    let form = alice.get("/connectors/guarded/connection").await;
    let fields = [("label", "Work"), ("token", TOKEN), ("ends_on", ends_on.as_str())];
    assert_eq!(alice.submit(&form, "main form", fields).await.status, StatusCode::OK);
    account(&alice, "Home").await;
    app.advance(24 * DAY).await;
    let mut told = reminders(&app).await;
    told.sort();
    assert_eq!(
        told,
        [format!("The token of Guarded expires on {words}"), format!("The token of Guarded, Work expires on {words}")]
    );
}

#[tokio::test]
async fn an_invalid_expiry_date_is_reported_on_its_field() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    let key = connect_by_key(&owner, "dover", KEY).await.path().to_owned();
    let (url, looks) = ("http://127.0.0.1:9/mcp", tides.account_requests());
    let forms = [
        ("/connectors/tides/connection".to_owned(), vec![("harbour", "hull"), ("api_key", KEY), ("label", "Hull")]),
        (format!("{key}/token"), vec![("harbour", "hull"), ("api_key", KEY)]),
        ("/connectors/new/mcp".to_owned(), vec![("url", url), ("auth", "bearer"), ("token", TOKEN)]),
    ];
    for (path, fields) in &forms {
        for (typed, told) in [
            ("soon", "Enter a date like 2027-03-31"),
            ("2020-02-02", "That day is in the past"),
            ("2199-01-01", "That is more than ten years ahead"),
        ] {
            let form = owner.get(path).await;
            assert_eq!(form.attr("#f-ends_on", "type").as_deref(), Some("date"));
            let fields: Vec<_> = fields.iter().copied().chain([("ends_on", typed)]).collect();
            let page = owner.post(path, &fields).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}, {typed}: {}", page.text("main"));
            assert!(page.text("#f-ends_on-e").contains(told), "{path}: {}", page.text("main"));
            assert_eq!(page.attr("#f-ends_on", "value").as_deref(), Some(typed));
            assert_eq!(page.texts(".summary a").len(), 1);
        }
    }
    assert_eq!(tides.account_requests(), looks, "the service is asked although the form is invalid");

    let (_app, alice, _server) = guarded().await;
    let token = format!("{}/token", page_of(&alice, "Guarded Account 1").await.path());
    for (path, faults) in [("/connectors/guarded/connection".to_owned(), 3), (token, 2)] {
        let page = alice.post(&path, &[("label", " "), ("ends_on", "soon")]).await;
        assert_eq!(page.texts(".summary a").len(), faults, "all faults at once: {}", page.text("main"));
        assert_eq!(page.attr("#f-ends_on", "value").as_deref(), Some("soon"));
    }
}
