//! Entries have the outcome of their job in the same word, and name the person who asked for it.

use std::time::Duration;

use craft::ids::AuditId;
use serde_json::{Value, json};

use super::{HASH, list};
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";
const QUERY: &str = "/connectors/workbench/tools/json_query";

/// The columns of a job's entry: actor, origin, outcome and tool, and its status in the view for reports.
async fn stored(app: &TestApp, job: &Page) -> [String; 5] {
    let statement = "SELECT ARRAY[e.actor, e.origin, e.outcome, e.tool_name, l.status]
                     FROM audit_entries e
                     JOIN action_logs l ON l.owner_id = e.owner_id AND l.id = e.id
                     WHERE e.job_id = $1::uuid AND e.action = 'job.finished'";
    let id = job.path().rsplit('/').next().unwrap().to_owned();
    let columns: Vec<String> = sqlx::query_scalar(statement).bind(id).fetch_one(app.app.system.pool()).await.unwrap();
    columns.try_into().unwrap()
}

fn entry_href(job: &Page) -> String {
    job.attr("dd a[href^='/audit/']", "href").unwrap()
}

#[tokio::test]
async fn the_outcome_of_a_job_is_one_word_everywhere() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(json!([{"name": "order", "inputSchema": {"type": "object"}}]), "in").await;
    let shop = app.add_server(&alice, "Shop", &server.url()).await;
    server.fail_with(Some(("tools/call", 500)));
    let good = app.run(&alice, HASH, [("v/text", "a")]).await;
    let failed = app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    let lost = app.run(&alice, &format!("{shop}/tools/order"), []).await;
    let stopped = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(&alice, stopped, |job| job["status"] == "running").await;
    alice.post(&format!("/jobs/{stopped}/cancellation"), &[("a", "b")]).await;
    let stopped = app.wait_until_finished(&alice, stopped).await;

    let export = alice.get("/audit/export.ndjson?action=job.finished").await;
    let lines: Vec<Value> = export.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (job, outcome, words, tool, status) in [
        (good, "succeeded", "Succeeded", "hash", "success"),
        (failed, "failed", "Failed", "json_query", "error"),
        (stopped, "canceled", "Cancelled", "countdown", "error"),
        (lost, "unknown", "Outcome unknown", "order", "error"),
    ] {
        assert_eq!(alice.get(&format!("{}.json", job.path())).await.json()["status"], outcome);
        assert_eq!(stored(&app, &job).await, ["user", "browser", outcome, tool, status]);
        let entry = alice.get(&entry_href(&job)).await;
        assert_eq!((entry.text(".state"), job.text("#job-head .state")), (words.to_owned(), words.to_owned()));
        let found = alice.get(&format!("/audit?action=job.finished&outcome={outcome}")).await;
        assert_eq!(found.attrs("tbody th a", "href"), [entry.path()]);
        assert!(lines.iter().any(|line| line["outcome"] == outcome && line["tool"] == tool), "{outcome}");
        // the stored word is American, and for programs
        assert!(!entry.text("main").contains("canceled"), "{}", entry.text("main"));
    }
}

#[tokio::test]
async fn a_tool_run_is_entered_for_the_person_who_asked_for_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.run(&alice, HASH, [("v/text", "a")]).await;
    let entry = alice.get(&entry_href(&job)).await;
    assert!(entry.text("dl.kv").contains("WhoYou, in a browser"), "{}", entry.text("dl.kv"));
    let mine = alice.get("/audit?who=browser&action=job.finished").await;
    assert_eq!(mine.attrs("tbody th a", "href"), [entry.path()]);
    assert_eq!(mine.texts("tbody td:nth-of-type(3)"), ["You, in a browser"]);
    assert!(alice.get("/audit?who=system&action=job.finished").await.has(".empty"));
}

#[tokio::test]
async fn a_run_that_could_not_be_prepared_names_its_tool_and_who_asked() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(json!([{"name": "order", "inputSchema": {"type": "object"}}]), "in").await;
    let shop = app.add_server(&alice, "Shop", &server.url()).await;
    sqlx::query("UPDATE connectors SET mcp_server_url = NULL WHERE slug = 'shop'")
        .execute(app.app.system.pool())
        .await
        .unwrap();
    let job = app.run(&alice, &format!("{shop}/tools/order"), []).await;
    assert_eq!(stored(&app, &job).await, ["user", "browser", "failed", "order", "error"]);
}

#[tokio::test]
async fn entries_of_a_former_version_stay_and_are_shown_as_succeeded_or_failed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let mut former = Vec::new();
    for (n, outcome) in ["success", "error"].into_iter().enumerate() {
        let id = AuditId::new(app.app.clock.now() - Duration::from_secs(60 + n as u64));
        former.push(format!("/audit/{id}"));
        sqlx::query(
            "INSERT INTO audit_entries (owner_id, id, action, actor, origin, tool_name, outcome, created_at)
             VALUES ($1, $2, 'job.finished', 'system', 'system', 'old', $3, $4)",
        )
        .bind(app.owner_of("alice").await)
        .bind(id)
        .bind(outcome)
        .bind(app.app.clock.now())
        .execute(app.app.system.pool())
        .await
        .unwrap();
    }
    for (entry, outcome, words, status) in
        [(&former[0], "succeeded", "Succeeded", "success"), (&former[1], "failed", "Failed", "error")]
    {
        let found = alice.get(&format!("/audit?action=job.finished&outcome={outcome}")).await;
        assert_eq!((found.attr("tbody th a", "href").as_ref(), found.texts("tbody tr").len()), (Some(entry), 1));
        assert!(found.text("tbody td:nth-of-type(3)").starts_with("The hub, for "), "a run of the hub stays one");
        assert_eq!(alice.get(entry).await.text(".state"), words);
        let file = alice.get(&format!("/audit/export.ndjson?action=job.finished&outcome={outcome}")).await;
        assert!(file.body.contains(&format!(r#""outcome":"{outcome}""#)), "{}", file.body);
        let reported: (String, String) = sqlx::query_as("SELECT status, outcome FROM action_logs WHERE id = $1::uuid")
            .bind(entry.rsplit('/').next().unwrap())
            .fetch_one(app.app.system.pool())
            .await
            .unwrap();
        assert_eq!(reported, (status.to_owned(), outcome.to_owned()));
    }
    // addresses of a former version still find what they found
    let failed = alice.get("/audit?outcome=error").await;
    assert_eq!((failed.status.as_u16(), list(&failed).len()), (200, 1));
}
