//! Exports of the log are complete, in order, of one user only, audited, and cut off rather than wrong.

use std::time::Duration;

use craft::ids::AuditId;
use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::Value;

use super::{HASH, list};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// More than a page, and more than twenty batches.
const MANY: i32 = 20_001;

/// Entries of these people, `n` of each, one a millisecond; the clock is moved behind them.
async fn history(app: &TestApp, people: &[&str], n: i32) {
    let mut owners = Vec::new();
    for name in people {
        owners.push(app.owner_of(name).await.uuid());
    }
    sqlx::query(
        "INSERT INTO audit_entries (owner_id, id, action, actor, origin, tool_name, outcome, created_at)
         SELECT u.owner, (left(uuid_floor(at)::text, 14) || '7000-8000-' || lpad((2 * n + nth)::text, 12, '0'))::uuid,
                'job.finished', 'system', 'system', CASE n WHEN 1 THEN '=1+1' ELSE u.name END, 'success', at
         FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS u (owner, name, nth), generate_series(1, $2) n,
              LATERAL (SELECT $1 + make_interval(secs => n / 1000.0) AS at) moment",
    )
    .bind(app.app.clock.now())
    .bind(n)
    .bind(owners)
    .bind(people)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    app.advance(Duration::from_secs(60)).await;
}

/// The ids of alice's entries as the database has them, newest first.
async fn hers(app: &TestApp) -> Vec<String> {
    let statement = sqlx::query_scalar("SELECT id FROM audit_entries WHERE owner_id = $1 ORDER BY id DESC");
    let ids: Vec<AuditId> = statement.bind(app.owner_of("alice").await).fetch_all(app.app.system.pool()).await.unwrap();
    ids.iter().map(ToString::to_string).collect()
}

/// The file behind a link of the page.
async fn file(browser: &Browser, page: &Page, format: &str) -> Page {
    browser.get(&page.attr(&format!("a[href^='/audit/export.{format}']"), "href").unwrap()).await
}

fn objects(file: &Page) -> Vec<Value> {
    file.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_file_has_every_entry_once_and_in_order_and_nobody_elses() {
    let app = TestApp::new().await;
    let (alice, _bob) = (app.alice().await, app.bob().await);
    history(&app, &["alice", "bob"], MANY).await;
    let before = hers(&app).await;
    let page = alice.get("/audit").await;

    let csv = file(&alice, &page, "csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let name = format!("attachment; filename=\"audit-log-{}.csv\"", app.app.clock.now().date());
    assert_eq!(csv.header("content-disposition"), Some(name.as_str()));
    let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
    let at = |name: &str, head: &csv::StringRecord| head.iter().position(|column| column == name).unwrap();
    let (id, tool) = (at("id", reader.headers().unwrap()), at("tool", reader.headers().unwrap()));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert!(rows.iter().map(|row| row[id].to_owned()).eq(before.iter().cloned()), "{} rows", rows.len());
    assert!(rows.len() > 20_000 && rows.iter().all(|row| !row[tool].contains("bob")));
    // what a spreadsheet would run is text
    assert_eq!(rows.iter().filter(|row| &row[tool] == "'=1+1").count(), 1);

    // the first export is in the second
    let before = hers(&app).await;
    let ndjson = file(&alice, &page, "ndjson").await;
    assert_eq!(ndjson.header("content-type"), Some("application/x-ndjson; charset=utf-8"));
    let lines = objects(&ndjson);
    assert!(lines.iter().map(|line| line["id"].as_str().unwrap()).eq(before.iter()));
    assert_eq!((&lines[0]["what"], &lines[0]["outcome"]), (&"Audit log exported".into(), &"succeeded".into()));
    assert!(lines.iter().any(|line| line["tool"] == "=1+1" && line["latency_ms"].is_null()));
    assert_eq!(list(&alice.get("/audit?action=log").await), ["Audit log exported", "Audit log exported"]);
}

#[tokio::test]
async fn a_file_is_narrowed_as_its_page_is_and_the_log_says_how() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let page = alice.get("/audit?connector=workbench&text=run").await;
    let link = page.texts("a[href^='/audit/export.csv']");
    assert_eq!(link, ["Export CSV: Workbench, “run”"]);
    let lines = objects(&file(&alice, &page, "ndjson").await);
    assert_eq!((lines.len(), &lines[0]["tool"], &lines[0]["connector"]), (1, &"hash".into(), &"Workbench".into()));
    let seen: Vec<_> = objects(&alice.get("/audit/export.ndjson?text=signed").await);
    assert_eq!((&seen[0]["address"], &seen[0]["agent"]), (&"127.0.0.1".into(), &"Browser of the tests".into()));
    assert!(lines[0]["latency_ms"].is_number() && lines[0]["time"].as_str().unwrap().ends_with('Z'));

    let entry = alice.get("/audit").await;
    assert_eq!(list(&entry)[..2], ["Audit log exported", "Audit log exported"]);
    let entry = super::entry(&alice, 1).await;
    let request: Value = serde_json::from_str(&entry.text("pre")).unwrap();
    let filter = serde_json::json!({"connector": "workbench", "text": "run"});
    assert_eq!(request, serde_json::json!({"format": "ndjson", "filter": filter}));
}

#[tokio::test]
async fn a_filter_that_is_none_exports_nothing() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let before = app.audit_actions().await;
    for query in ["outcome=lost", "from=2026-11-24&to=2026-11-20", "before=7", "text=%00"] {
        let page = alice.get(&format!("/audit/export.csv?{query}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    let page = alice.get("/audit/export.csv?outcome=lost").await;
    assert!(page.text("main").contains("Nothing was exported. “lost” was left out of “outcome”"));
    // nor is it an export to ask what one would be
    let head = alice.request(Method::HEAD, "/audit/export.csv", &[], "").await;
    assert_eq!((head.status, head.header("cache-control")), (StatusCode::OK, Some("no-store")));
    assert!(head.header("content-disposition").is_some_and(|name| name.starts_with("attachment")));
    assert_eq!(app.audit_actions().await, before);
}

#[tokio::test]
async fn a_batch_is_read_when_it_is_asked_for_and_holds_nothing_until_the_next() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    history(&app, &["alice"], 5_000).await;
    let mut body = alice.body("/audit/export.ndjson", &[]).await.into_data_stream();
    let mut taken = 0;
    while taken == 0 {
        taken = String::from_utf8_lossy(&body.next().await.unwrap().unwrap()).lines().count();
    }
    assert_eq!(taken, 1_000);
    // a reader in a transaction would block changes of the table
    let away = "ALTER TABLE audit_bodies RENAME TO away";
    sqlx::query(away).execute(app.app.system.pool()).await.unwrap();
    assert!(body.next().await.unwrap().is_err(), "the next batch had been read ahead");
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn a_fault_is_a_broken_file_and_not_a_short_one_also_when_it_is_packed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let mut body = alice.body("/audit/export.csv", &[("accept-encoding", "gzip")]).await.into_data_stream();
    sqlx::query("ALTER TABLE audit_bodies RENAME TO away").execute(app.app.system.pool()).await.unwrap();
    let mut is_broken = false;
    while let Some(piece) = body.next().await {
        is_broken |= piece.is_err();
    }
    assert!(is_broken);
}

#[tokio::test]
async fn a_reader_who_leaves_ends_the_export() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    history(&app, &["alice"], 5_000).await;
    let mut body = alice.body("/audit/export.csv", &[]).await.into_data_stream();
    assert!(body.next().await.unwrap().is_ok());
    assert!(body.next().await.unwrap().is_ok());
    drop(body);
    // a statement that waits for every reader of the table
    sqlx::query("LOCK TABLE audit_entries IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *app.app.system.begin().await.unwrap())
        .await
        .unwrap();
    assert_eq!(app.audit_actions().await.last().map(String::as_str), Some("audit.exported"));
}
