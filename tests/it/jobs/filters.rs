//! Filters of the list: status, connector, tool and time, and filters that are unknown.

use std::time::Duration;

use serde_json::json;

use super::{COUNTDOWN, HASH, QUERY};
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const FORM: &str = "form[role=search]";

fn tools(page: &Page) -> Vec<String> {
    page.texts("tbody th a bdi")
}

#[tokio::test]
async fn the_form_filters_the_list_and_the_page_names_the_filters() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    app.run(&bob, HASH, [("v/text", "b")]).await;
    let all = alice.get("/jobs").await;
    assert_eq!(tools(&all), ["Query JSON", "Hash a text"]);

    let failed = alice.submit(&all, FORM, [("status", "failed")]).await;
    assert_eq!(
        (failed.text("h1"), tools(&failed)),
        ("Failed or unknown jobs".to_owned(), vec!["Query JSON".to_owned()])
    );
    assert_eq!(failed.text("title"), "Failed or unknown jobs – Tool Connect Craft");
    assert_eq!(failed.attr("#f-status option[selected]", "value").as_deref(), Some("failed"));

    let good =
        alice.submit(&failed, FORM, [("status", "succeeded"), ("connector", "workbench"), ("tool", "hash")]).await;
    assert_eq!(
        (good.text("h1"), tools(&good)),
        ("Succeeded jobs of “hash” (Workbench)".to_owned(), vec!["Hash a text".to_owned()])
    );
    let told = "3 filters are on: succeeded, Workbench, tool “hash”. Clear filters";
    assert!(good.text("main").contains(told), "{}", good.text("main"));
    assert!(!good.has("form[role=search] a"), "a link beside the button moves it");

    let none = alice.submit(&good, FORM, [("status", "canceled")]).await;
    assert_eq!(none.text("main h2"), "No jobs match");
    assert_eq!(none.text("title"), "No matches: Cancelled jobs of “hash” (Workbench) – Tool Connect Craft");
    assert_eq!(none.attr(".empty a", "href").as_deref(), Some("/jobs"));
    // a user without any job sees another text
    assert_eq!(app.persona("carol", false).await.get("/jobs").await.text("main h2"), "No jobs yet");
    assert_eq!(tools(&bob.get("/jobs?status=failed").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_job_is_found_by_a_part_of_its_tools_name_or_title() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let tool = |name: &str, title: &str| json!({"name": name, "title": title, "inputSchema": {"type": "object"}});
    let server = ScriptedServer::start(json!([tool("get-sum", "Add Numbers"), tool("get-env", "Settings")]), "3").await;
    let place = app.add_server(&alice, "Sums", &server.url()).await;
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&alice, &format!("{place}/tools/get-sum"), []).await;
    app.run(&alice, &format!("{place}/tools/get-env"), []).await;
    let found = async |query: &str| tools(&alice.get(&format!("/jobs?{query}")).await);
    assert_eq!(found("tool=GET").await, ["Settings", "Add Numbers"]);
    assert_eq!(found("tool=numbers").await, ["Add Numbers"]);
    assert_eq!(found("tool=get&connector=workbench").await, Vec::<String>::new());
    assert_eq!(found("tool=get&status=succeeded&connector=sums").await, ["Settings", "Add Numbers"]);
    assert_eq!(found("tool=%25").await, Vec::<String>::new());
    assert_eq!(alice.get("/jobs?tool=get").await.text("h1"), "Jobs of “get”");
    assert_eq!(tools(&bob.get("/jobs?tool=get").await), Vec::<String>::new());
    // a tool that is gone takes its title with it, and leaves its jobs
    sqlx::query("DELETE FROM connector_tools WHERE name = 'get-sum'").execute(app.app.system.pool()).await.unwrap();
    assert_eq!(found("tool=sum").await, ["get-sum"]);
}

#[tokio::test]
async fn a_job_is_found_in_each_of_its_states() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    // the four slots run; the fifth waits
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.push(app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await);
    }
    for job in &jobs[..4] {
        app.wait_for_job(&alice, *job, |job| job["status"] == "running").await;
    }
    assert_eq!(tools(&alice.get("/jobs?status=running").await).len(), 4);
    let queued = alice.get("/jobs?status=queued&tool=countdown").await;
    assert_eq!(queued.attrs("tbody tr", "id"), [format!("job-{}", jobs[4])]);
    alice.post(&format!("/jobs/{}/cancellation", jobs[4]), &[("a", "b")]).await;
    assert!(alice.get("/jobs?status=queued").await.has(".empty"));
    let canceled = alice.get("/jobs?status=canceled&connector=workbench").await;
    assert_eq!(canceled.attrs("tbody tr", "id"), [format!("job-{}", jobs[4])]);
}

#[tokio::test]
async fn since_begins_with_the_day_of_the_viewer() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, HASH, [("v/text", "a")]).await;
    app.wait_until_finished(&alice, job).await;
    let day = |at: craft::clock::Timestamp| at.date().to_string();
    // by its id, which another story’s clock may have moved on
    let today = day(job.made_at());
    let tomorrow = day(job.made_at() + Duration::from_secs(86_400));
    assert_eq!(tools(&alice.get(&format!("/jobs?since={today}")).await), ["Hash a text"]);
    let none = alice.get(&format!("/jobs?since={tomorrow}&status=&tool=")).await;
    assert_eq!((none.status.as_u16(), none.text("main h2")), (200, "No jobs match".to_owned()));
    // on the clock of Kiritimati the day of UTC began fourteen hours ago
    sqlx::query("UPDATE users SET time_zone = 'Pacific/Kiritimati'").execute(app.app.system.pool()).await.unwrap();
    let late = job.made_at().time().hour() >= 10;
    let seen = alice.get(&format!("/jobs?since={tomorrow}")).await.has("tbody tr");
    assert_eq!(seen, late, "the day did not follow the reader’s zone");
}

#[tokio::test]
async fn page_links_keep_the_filters_and_drop_empty_ones() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let mut jobs = Vec::new();
    for n in 0..52 {
        jobs.push(app.start(&alice, HASH, [("v/text", &*n.to_string())]).await);
    }
    for job in jobs {
        app.wait_until_finished(&alice, job).await;
    }
    let first = alice.get("/jobs?status=&connector=workbench&tool=hash&since=").await;
    assert_eq!(tools(&first).len(), 50);
    let older = first.attr("nav.pager a[rel=next]", "href").unwrap();
    assert!(older.starts_with("/jobs?connector=workbench&tool=hash&before="), "{older}");
    let second = alice.get(&older).await;
    assert_eq!(tools(&second).len(), 2);
    assert_eq!(second.attr("nav.pager a", "href").as_deref(), Some("/jobs?connector=workbench&tool=hash"));
}

#[tokio::test]
async fn an_unknown_filter_is_named_and_the_others_apply() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let page = alice.get("/jobs?status=lost&connector=nowhere&since=yesterday&before=7&tool=hash").await;
    assert_eq!(page.status.as_u16(), 422);
    assert!(page.text("title").starts_with("Error: "), "{}", page.text("title"));
    let told = page.texts("main .callout li");
    assert_eq!(told.len(), 4, "{told:?}");
    for (told, name) in told.iter().zip(["status", "connector", "since", "before"]) {
        assert!(told.contains(&format!("“{name}”")), "{told}");
    }
    assert_eq!((page.text("h1"), tools(&page)), ("Jobs of “hash”".to_owned(), vec!["Hash a text".to_owned()]));
    let long = format!("/jobs?tool={}", "x".repeat(10_000));
    assert_eq!((alice.get(&long).await.status.as_u16(), bob.get("/jobs?tool=%00").await.status.as_u16()), (422, 422));
    // a cursor of another user or list is only a point in time
    let entry = alice.get("/audit").await.attr("tbody a", "href").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(bob.get(&format!("/jobs?before={entry}")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_scan_with_few_matches_stops_and_links_to_its_continuation() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    // 1,000 newer runs of the same tool stand before the one that matches
    sqlx::query(
        "WITH other AS (
             INSERT INTO connectors (id, name, slug, auth_type, transport, created_at)
             VALUES (gen_random_uuid(), 'Other', 'other', 'none', 'builtin', $1)
             RETURNING id, slug
         ),
         linked AS (
             INSERT INTO user_connections (owner_id, id, connector_id, status, created_at, updated_at)
             SELECT $2, gen_random_uuid(), c.id, 'active', $1, $1
             FROM (SELECT id FROM other UNION ALL SELECT id FROM connectors WHERE slug = 'workbench') c
             RETURNING owner_id, id, connector_id
         ),
         past AS (
             INSERT INTO job (owner_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at)
             SELECT l.owner_id,
                    (left(uuid_floor($1 + make_interval(secs => n / 1000.0))::text, 14) || '7000-8000-' || lpad(n::text, 12, '0'))::uuid,
                    l.connector_id, l.id, gen_random_uuid(), 'same', 'browser', '{}', $1
             FROM generate_series(0, 1000) n
             JOIN linked l ON (l.connector_id = (SELECT id FROM other)) = (n = 0)
             RETURNING owner_id, id
         )
         INSERT INTO job_result (owner_id, job_id, run_no, outcome, finished_at)
         SELECT owner_id, id, 1, 'ok', $1 FROM past",
    )
    .bind(app.app.clock.now())
    .bind(app.owner_of("alice").await)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    let first = alice.get("/jobs?tool=same&connector=other").await;
    assert_eq!(first.text("main h2"), "Nothing found yet");
    assert!(first.text("main").contains("Older jobs may match as well"));
    let further = first.attr(".empty a", "href").unwrap();
    assert_eq!(tools(&alice.get(&further).await), ["same"]);
    assert_eq!(tools(&alice.get("/jobs?connector=other").await), ["same"]);
}
