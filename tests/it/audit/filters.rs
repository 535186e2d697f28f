//! The log narrowed: by period, who, what, outcome, connector and words; and what happens to a filter that is none.

use super::{HASH, list};
use crate::support::test_app::TestApp;

const FORM: &str = "form[role=search]";
const QUERY: &str = "/connectors/workbench/tools/json_query";

/// Old entries of alice, one every second before now: `n` of them ended well, in front of one that did not.
async fn history(app: &TestApp, n: i32) {
    sqlx::query(
        "INSERT INTO audit_entries (owner_id, id, action, actor, origin, tool_name, outcome, created_at)
         SELECT $3, (left(uuid_floor(at)::text, 14) || '7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'job.finished',
                'system', 'system', CASE n WHEN 0 THEN 'needle' ELSE 'straw' END, 'success', at
         FROM generate_series(0, $2) n, LATERAL (SELECT $1 + make_interval(secs => n / 1000.0) AS at) moment",
    )
    .bind(app.app.clock.now())
    .bind(n)
    .bind(app.owner_of("alice").await)
    .execute(app.app.system.pool())
    .await
    .unwrap();
}

#[tokio::test]
async fn the_log_is_narrowed_by_its_form_and_says_so() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    app.run(&bob, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    let all = alice.get("/audit").await;
    assert_eq!(list(&all).len(), 5);
    assert_eq!((all.text("details.further summary"), all.has("details.further[open]")), ("More filters".into(), false));

    let failed = alice.submit(&all, FORM, [("outcome", "failed")]).await;
    assert_eq!(list(&failed), ["Query JSON · Workbench Tool run"]);
    assert_eq!(failed.text("title"), "Audit log: failed – Tool Connect Craft");
    assert!(failed.text("main").contains("1 filter is on: failed. Clear filters"));
    assert_eq!(failed.attr("#f-outcome option[selected]", "value").as_deref(), Some("failed"));
    assert!(!failed.has("details.further[open]"), "none of the further filters is on");

    let runs = [("outcome", ""), ("action", "job.finished"), ("connector", "workbench"), ("who", "browser")];
    let runs = alice.submit(&failed, FORM, runs).await;
    assert_eq!(list(&runs), ["Query JSON · Workbench Tool run", "Hash a text · Workbench Tool run"]);
    assert!(runs.text("main").contains("3 filters are on: Tool run, Workbench, by "));
    assert_eq!(runs.text("details.further[open] summary"), "More filters (3 on)");
    assert_eq!(list(&alice.get("/audit?action=connections").await), ["Connection created Workbench"]);
    assert_eq!(list(&alice.get("/audit?who=browser&action=sessions").await), ["Signed in"]);

    let none = alice.submit(&runs, FORM, [("who", "cli")]).await;
    assert_eq!(none.text(".empty h2"), "No entries match");
    assert!(none.text("title").starts_with("No matches: Audit log: Tool run, Workbench"), "{}", none.text("title"));
    assert_eq!(none.attr(".empty a", "href").as_deref(), Some("/audit"));
}

#[tokio::test]
async fn words_are_found_in_titles_tools_services_and_errors() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&alice, QUERY, [("v/filter", "."), ("v/json", "{")]).await;
    let found = async |text: &str| {
        let page = alice.get("/audit").await;
        list(&alice.submit(&page, FORM, [("text", text)]).await)
    };
    assert_eq!(found("SIGNED in").await, ["Signed in"]);
    assert_eq!(found("a TEXT").await, ["Hash a text · Workbench Tool run"], "the title that the list shows");
    assert_eq!(found("hash").await, ["Hash a text · Workbench Tool run"]);
    // in any order, and not beside each other
    assert_eq!(found(" workbench   created ").await, ["Connection created Workbench"]);
    assert_eq!(found("cannot be read").await, ["Query JSON · Workbench Tool run"]);
    // what a pattern would mean is text
    assert_eq!(found("%").await, Vec::<String>::new());
    assert_eq!(list(&bob.get("/audit?text=hash").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_period_is_of_whole_days_on_the_readers_clock() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/audit").await;
    let newest: craft::ids::AuditId =
        page.attr("tbody a", "href").unwrap().rsplit('/').next().unwrap().parse().unwrap();
    let day = |days: i64| (newest.made_at() + time::Duration::days(days)).date().to_string();
    let count = async |from: &str, to: &str| list(&alice.get(&format!("/audit?from={from}&to={to}")).await).len();
    assert_eq!(count(&day(0), &day(0)).await, 2);
    assert_eq!(count("", &day(-1)).await, 0);
    assert_eq!(count(&day(1), "").await, 0);
    assert_eq!(count(&day(-30), &day(30)).await, 2);
    // on the clock of Kiritimati the day of UTC began fourteen hours ago
    sqlx::query("UPDATE users SET time_zone = 'Pacific/Kiritimati'").execute(app.app.system.pool()).await.unwrap();
    let late = newest.made_at().time().hour() >= 10;
    assert_eq!(count(&day(1), "").await > 0, late, "the day did not follow the reader’s zone");

    let backwards = alice.get(&format!("/audit?from={}&to={}", day(0), day(-1))).await;
    assert_eq!((backwards.status.as_u16(), list(&backwards).len()), (422, 2));
    assert_eq!(backwards.text("main .callout li"), "The last day is before the first: swap them.");
    assert!(backwards.has("details.further[open]"), "a fault is not folded away");
    assert_eq!(backwards.attr("#f-from", "value"), Some(day(0)));
    assert_eq!(backwards.attr("#f-to", "value"), Some(day(-1)));
}

#[tokio::test]
async fn pages_keep_the_filters_and_drop_what_is_empty() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.record_sign_ins("alice", 51).await;
    let first = alice.get("/audit?text=signed&action=session.started&who=&from=").await;
    assert_eq!(list(&first).len(), 50);
    let older = first.attr("nav.pager a[rel=next]", "href").unwrap();
    assert!(older.starts_with("/audit?action=session.started&text=signed&before="), "{older}");
    let second = alice.get(&older).await;
    assert_eq!(list(&second).len(), 2);
    assert_eq!(second.attr("nav.pager a", "href").as_deref(), Some("/audit?action=session.started&text=signed"));
}

#[tokio::test]
async fn what_is_no_filter_is_told_and_the_rest_is_shown() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let job = app.start(&alice, HASH, [("v/text", "a")]).await;
    app.wait_until_finished(&alice, job).await;
    let page =
        alice.get("/audit?who=me&action=job&connector=nowhere&from=x&before=7&outcome=succeeded&text=hash").await;
    assert_eq!((page.status.as_u16(), list(&page)), (422, vec!["Hash a text · Workbench Tool run".to_owned()]));
    assert!(page.text("title").starts_with("Error: Audit log"), "{}", page.text("title"));
    let told = page.texts("main .callout li");
    for name in ["action", "connector", "who", "from", "before"] {
        assert!(told.iter().any(|told| told.contains(&format!("“{name}”"))), "{name}: {told:?}");
    }
    // cursors of another list or of another user do not belong to this one
    let entry = alice.get("/audit").await.attr("tbody a", "href").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(alice.get(&format!("/audit?before={entry}")).await.status.as_u16(), 200);
    for (who, place) in [(&alice, job.to_string()), (&bob, entry)] {
        let page = who.get(&format!("/audit?before={place}")).await;
        assert_eq!(page.status.as_u16(), 422, "{place}");
        assert!(page.text("main .callout li").contains("it is not a position in this log"));
        assert!(page.has("tbody tr"));
    }
    let long = "x".repeat(10_000);
    let page = alice.get(&format!("/audit?text={long}")).await;
    assert_eq!((page.status.as_u16(), page.attr("#f-text", "value")), (422, Some(long)));
    assert!(page.text("#f-text-e").contains("a search has at most 200 characters"));
    assert_eq!(alice.get("/audit?text=%00").await.status.as_u16(), 422);
}

#[tokio::test]
async fn a_search_that_finds_little_stops_and_says_where_it_goes_on() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    history(&app, 2_000).await;
    let first = alice.get("/audit?text=needle&who=system").await;
    assert_eq!(first.text(".empty h2"), "Nothing found yet");
    assert!(first.text("main").contains("Older entries may match as well"));
    let further = alice.get(&first.attr(".empty a", "href").unwrap()).await;
    assert_eq!(list(&further), ["needle Tool run"]);
    assert!(!further.text("main").contains("searched back"));
}
