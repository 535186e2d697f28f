//! The dashboard: first steps for new users, figures, recent jobs and activity, and connections that need their owner.

use std::time::Duration;

use craft::jobs;

use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";
const HASH: &str = "/connectors/workbench/tools/hash";
const QUERY: &str = "/connectors/workbench/tools/json_query";

/// Running now, finished, succeeded, failed.
fn stats(page: &Page) -> Vec<String> {
    page.texts(".figures dd:first-of-type")
}

/// Moves the counted figures back by `days`.
async fn age_figures(app: &TestApp, days: i32) {
    let change = sqlx::query("UPDATE job_hours SET hour = hour - make_interval(days => $1)").bind(days);
    change.execute(app.app.system.pool()).await.unwrap();
}

#[tokio::test]
async fn a_new_user_is_shown_the_first_steps_after_sign_in() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/").await;
    assert_eq!(page.path(), "/dashboard");
    assert_eq!(page.text("nav[aria-label=Main] a[aria-current]"), "Dashboard");
    assert_eq!(page.texts("ol.steps h3"), ["Try the Workbench", "Connect a service", "Choose your time zone"]);
    assert_eq!(page.text("#first-steps"), "First steps");
    assert!(!page.has("svg.chart") && !page.has(".figures"));
    assert_eq!(page.texts("section[aria-labelledby=recent-activity] tbody th a bdi"), ["Signed in", "Account created"]);
}

#[tokio::test]
async fn first_steps_leave_when_they_are_done() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let left = async || alice.get("/dashboard").await.texts("#first-steps, .steps h3");
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let expected = ["First steps 1 of 3 done", "Connect a service", "Choose your time zone"];
    assert_eq!(left().await, expected, "the list stays beside the figures");
    let server = ScriptedServer::start(tools(1), "").await;
    app.add_server(&alice, "Garden", &server.url()).await;
    assert_eq!(left().await, ["First steps 2 of 3 done", "Choose your time zone"]);

    let form = alice.get("/settings/profile").await;
    alice.submit(&form, "form[action='/settings/profile']", [("time_zone", "Asia/Tokyo")]).await;
    assert!(!alice.get("/dashboard").await.has(".steps"));
}

#[tokio::test]
async fn first_steps_can_be_removed_by_each_person_for_themselves() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let page = alice.get("/dashboard").await;
    let page = alice.submit(&page, "form[action$='/first-steps']", []).await;
    assert_eq!(page.path(), "/dashboard");
    assert!(page.text("#flash").contains("Help") && !page.has(".steps"), "{}", page.text("main"));
    assert!(!alice.get("/dashboard").await.has(".steps") && alice.get("/help").await.has(".steps"));
    assert!(bob.get("/dashboard").await.has(".steps"));
    assert_eq!(app.audit_actions().await.last().unwrap(), "appearance.changed");
}

#[tokio::test]
async fn administrators_are_told_on_the_dashboard_that_there_is_no_mail_server() {
    let app = TestApp::new().await;
    let note = "This hub has no mail server";
    assert!(app.owner().await.get("/dashboard").await.text("main").contains(note));
    assert!(!app.alice().await.get("/dashboard").await.text("main").contains(note));
}

#[tokio::test]
async fn figures_count_outcomes_and_the_table_has_the_numbers() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    for text in ["a", "b"] {
        app.run(&alice, HASH, [("v/text", text)]).await;
    }
    app.run(&bob, HASH, [("v/text", "b")]).await;
    // days later a job fails
    age_figures(&app, 2).await;
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;

    let page = alice.get("/dashboard").await;
    assert_eq!(stats(&page), ["0", "3", "66.6 %", "1"]);
    let words = page.text("figcaption");
    assert!(words.starts_with("In the last 7 days, 2 succeeded, 1 failed. The busiest day was "), "{words}");
    assert!(words.ends_with(", with 2 jobs."), "{words}");
    assert_eq!(page.texts("figure tbody tr").len(), 7);
    let numbers = |page: &Page| page.texts("figure tbody td").iter().map(|n| n.parse::<u64>().unwrap()).sum::<u64>();
    assert_eq!(numbers(&page), 3);
    assert_eq!(page.attrs("svg.chart[role=img] rect[y]", "class"), ["s1"]);
    assert_eq!(page.attrs("svg.chart[role=img] rect[y]", "fill"), ["url(#failed)"]);
    assert_eq!(
        page.texts("section[aria-labelledby=recent-jobs] tbody th a bdi"),
        ["Query JSON", "Hash a text", "Hash a text"]
    );
    let failed = alice.get(&page.attr(".figures .bad a", "href").unwrap()).await;
    assert_eq!(failed.texts("tbody th a bdi"), ["Query JSON"]);

    assert_eq!(page.texts(".legend li"), ["Succeeded", "Failed"], "only what the chart has");
    let links = page.attrs("figure tbody th a", "href");
    assert_eq!(links.len(), 2, "a day without jobs leads nowhere");
    let day = alice.get(&links[0]).await;
    assert_eq!(day.texts("tbody th a bdi").len(), 3, "all were accepted today: {}", day.text("h1"));
    let today = alice.get("/dashboard?range=24h").await;
    assert!(today.has("svg.chart[role=img]") && today.has("figure table"), "a day has its picture");
    assert_eq!((stats(&today)[1].as_str(), today.texts("figure tbody tr").len()), ("1", 24));
    assert_eq!(alice.get("/dashboard?range=30d").await.texts("figure tbody tr").len(), 30);
    assert_eq!(stats(&bob.get("/dashboard").await)[1], "1");
    // a month later no job has finished lately, and the jobs are still listed
    age_figures(&app, 40).await;
    let quiet = alice.get("/dashboard?range=30d").await;
    assert_eq!(quiet.text("figcaption"), "No job finished in the last 30 days.");
    assert!(!quiet.has("svg.chart") && quiet.has("section[aria-labelledby=recent-jobs]"));
}

#[tokio::test]
async fn figures_are_compared_with_the_time_before() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for text in ["a", "b"] {
        app.run(&alice, HASH, [("v/text", text)]).await;
    }
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    let notes = async |place: usize| {
        let page = alice.get("/dashboard").await;
        page.texts(&format!(".figures > div:nth-child({place}) dd:not(:first-of-type)"))
    };
    assert!(!notes(2).await.concat().contains("the week before"), "there was none");
    age_figures(&app, 8).await;
    app.run(&alice, HASH, [("v/text", "c")]).await;
    assert_eq!(notes(2).await, ["2 fewer than the week before"]);
    assert_eq!(notes(3).await[..2], ["66.6 % the week before", "cancelled jobs not counted"]);
    assert!(notes(3).await[2].ends_with(" s on average"), "of the jobs that succeeded");
    age_figures(&app, 20).await;
    assert!(!notes(2).await.iter().any(|note| note.contains("the week before")));
}

#[tokio::test]
async fn failures_are_grouped_by_cause_and_slow_tools_are_named() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    for _ in 0..2 {
        app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    }
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&bob, HASH, [("v/text", "b")]).await;
    assert!(!alice.get("/dashboard").await.text("main").contains("Why jobs failed"), "nothing is written yet");
    let slow = "UPDATE job_result SET started_at = finished_at - interval '42 seconds' WHERE outcome = 'ok'";
    sqlx::query(slow).execute(app.app.system.pool()).await.unwrap();
    let refresh = async || jobs::refresh_trends(&app.app.system, app.app.clock.now()).await.unwrap();
    assert_eq!(refresh().await, 2);

    let page = alice.get("/dashboard").await;
    let lists = page.texts("section[aria-labelledby=figures] .rows li");
    assert_eq!(lists, ["Workbench: the tool reported an error 2", "Hash a text (Workbench) 42 s"]);
    let links = page.attrs("section[aria-labelledby=figures] .rows a", "href");
    assert_eq!(alice.get(&links[0]).await.texts("tbody th a bdi"), ["Query JSON", "Query JSON"]);
    assert_eq!(alice.get(&links[1]).await.texts("tbody th a bdi"), ["Hash a text"]);
    assert!(!bob.get("/dashboard").await.text("main").contains("Why jobs failed"));

    // a failure that the lists do not know yet, and one that is too old for two of the ranges
    let more = "UPDATE job_hours SET failed = failed + 1";
    sqlx::query(more).execute(app.app.system.pool()).await.unwrap();
    let old = "UPDATE job_result SET finished_at = finished_at - interval '8 days' WHERE job_id = (SELECT min(job_id::text)::uuid FROM job_result)";
    sqlx::query(old).execute(app.app.system.pool()).await.unwrap();
    app.app.clock.advance(Duration::from_secs(301));
    assert_eq!(refresh().await, 2);
    for (range, causes, length) in
        [("24h", ["1", "2"], "24 hours"), ("7d", ["1", "2"], "7 days"), ("30d", ["2", "1"], "30 days")]
    {
        let page = alice.get(&format!("/dashboard?range={range}")).await;
        let figures = page.texts("section[aria-labelledby=figures] .rows .num");
        assert_eq!(figures[..2], causes, "{range}: they add up to three failed jobs");
        assert!(page.text("section[aria-labelledby=figures] .muted").starts_with(&format!("The last {length}, among")));
        assert!(page.text("main").contains("Other reasons"));
        assert_eq!(page.has("svg[role=img]"), range == "24h", "the hours of a day have their picture");
    }

    assert_eq!(refresh().await, 0, "they are as good as new");
    app.app.clock.advance(Duration::from_secs(301));
    assert_eq!(refresh().await, 2, "jobs finished in the last hour");
    age_figures(&app, 1).await;
    app.app.clock.advance(Duration::from_secs(301));
    assert_eq!(refresh().await, 0, "nothing new finished");
    app.app.clock.advance(Duration::from_secs(3_600));
    assert_eq!(refresh().await, 2, "old failures leave");
}

#[tokio::test]
async fn what_runs_is_counted_and_followed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "running").await;
    let page = alice.get("/dashboard").await;
    assert_eq!((page.text("#running-now"), stats(&page)[0].as_str()), ("1".to_owned(), "1"));
    let there = alice.get(&page.attr("#running-now", "href").unwrap()).await;
    assert_eq!(there.attrs("tbody tr", "id"), [format!("job-{job}")]);
    let mut stream = alice.stream(&page.attr("div.live", "data-hx-sse-connect").unwrap(), &[]).await;
    stream.message().await.unwrap();
    alice.post(&format!("/jobs/{job}/cancellation"), &[("a", "b")]).await;
    let told = stream.until("hx-target=\"#running-now\" hx-swap=\"innerHTML\">0<").await.data;
    assert!(!told.contains("name=\"c\"") && !told.contains("#views"), "the rows are not those of the list: {told}");
}

#[tokio::test]
async fn days_follow_the_readers_time_zone() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let zone = |zone: &'static str| {
        let change = sqlx::query("UPDATE users SET time_zone = $1").bind(zone);
        async { change.execute(app.app.system.pool()).await.unwrap() }
    };
    zone("Asia/Kolkata").await;
    let page = alice.get("/dashboard").await;
    assert!(
        page.text("figcaption").ends_with("so on your clock a day here begins at 00:30."),
        "{}",
        page.text("figcaption")
    );
    assert!(!alice.get("/dashboard?range=24h").await.text("figcaption").contains("begins at"));
    for name in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"] {
        zone(name).await;
        assert_eq!(stats(&alice.get("/dashboard").await)[1], "1", "{name}");
    }
}

#[tokio::test]
async fn a_connection_that_needs_its_owner_comes_first() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    app.run(&bob, HASH, [("v/text", "b")]).await;
    sqlx::query(
        "UPDATE user_connections SET status = 'expired', reason = 'The sign-in has run out'
         WHERE owner_id = $1",
    )
    .bind(app.owner_of("alice").await)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    let page = alice.get("/dashboard").await;
    assert_eq!(page.text(".page-head a.btn"), "Fix 1 connection");
    assert_eq!(page.text("#needs-you .state"), "Expired");
    assert!(page.text("#needs-you").contains("The sign-in has run out"));
    // the Workbench takes no credential, so only a check-up can tell more
    assert_eq!(page.text("#needs-you li > a"), "Check up: Workbench");
    let there = alice.get(&page.attr("#needs-you .grow a", "href").unwrap()).await;
    assert!(there.path().starts_with("/connections/"), "{}", there.path());
    assert!(there.text("main").contains("The sign-in has run out"));
    assert!(!bob.get("/dashboard").await.has("#needs-you"));
}

#[tokio::test]
async fn an_unknown_range_is_reported_and_a_week_is_shown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/dashboard?range=fortnight").await;
    assert_eq!(page.status.as_u16(), 422);
    assert_eq!(page.text("title"), "Error: Dashboard – Tool Connect Craft");
    assert!(page.text("main .callout").contains("“range”"));
    assert_eq!(alice.get("/dashboard?range=").await.status.as_u16(), 200);
}

#[tokio::test]
async fn recent_jobs_are_updated_in_place_and_a_new_one_is_announced() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let shown = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    let page = alice.get("/dashboard?range=24h").await;
    let address = page.attr("div.live", "data-hx-sse-connect").unwrap();
    let mut stream = alice.stream(&address, &[]).await;
    assert!(stream.message().await.unwrap().data.contains(&format!("hx-target=\"#job-{shown}\"")));
    app.start(&alice, HASH, [("v/text", "new")]).await;
    stream.until("<a href=\"/jobs\">1 new job – show</a>").await;

    assert_eq!(page.attr("#live-bar .unscripted a", "href").as_deref(), Some("/dashboard?range=24h"));
    let paused = alice.get(&page.attr("#live-bar .scripted a", "href").unwrap()).await;
    assert!(!paused.has("div.live"));
    assert!(paused.attrs("nav .chips a", "href").contains(&"/dashboard?range=7d&live=off".to_owned()));
    let odd = alice.get("/dashboard?live=on").await;
    assert_eq!(odd.status.as_u16(), 422);
    assert_eq!(odd.text("main .callout p"), "“on” was left out of “live”: the only choice is “off”.");
    assert!(!app.bob().await.get("/dashboard").await.has("div.live"), "there is nothing to follow");
}
