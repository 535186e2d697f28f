//! Disconnecting a connection, with the jobs that depend on it.

use craft::ids::JobId;
use http::StatusCode;

use super::{GUARDED, TOKEN, TOOL, account, count, guarded, page_of, rows};
use crate::support::test_app::TestApp;

const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";

#[tokio::test]
async fn disconnecting_deletes_the_secret_keeps_the_jobs_and_allows_another_connection() {
    let (app, alice, server) = guarded().await;
    let job = app.run(&alice, TOOL, []).await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let question = alice.get(&page.attr("a[href$='/disconnection']", "href").unwrap()).await;
    assert_eq!(question.text("h1"), "Disconnect Guarded?");
    assert!(question.text("main").contains("The hub deletes the credential for good."));
    let bob = app.bob().await;
    assert_eq!(bob.post(question.path(), &[("a", "b")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(count(&app, "secrets").await, 1);

    let list = alice.submit(&question, "main form", []).await;
    assert_eq!((list.path(), list.text(".flash.ok p").as_str()), ("/connections", "Guarded is disconnected."));
    assert!(!list.has("input[type=checkbox]"), "there is nothing left to disconnect");
    assert_eq!(rows(&alice.get("/connections?state=disconnected").await), ["Guarded"]);
    assert!(rows(&alice.get("/connections?state=connected").await).is_empty());
    assert_eq!(
        (count(&app, "secrets").await, count(&app, "user_connections WHERE secret_ref_access IS NULL").await),
        (0, 1)
    );
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.disconnected");
    assert_eq!(alice.get(job.path()).await.text("#job-result pre"), "done");
    assert!(!alice.get("/dashboard").await.has("#needs-you"), "what its owner ended does not need them");

    // no job runs through the connection any more
    let over = alice.get(page.path()).await;
    assert_eq!(over.text(".callout h2"), "This connection is disconnected");
    assert!(!over.has(".btn-danger"));
    let visits = server.request_count();
    assert_eq!(alice.post(TOOL, &[("op", "run"), ("idem", "x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        alice.get(TOOL).await.text(".callout.warn").starts_with("There is no connection to run this tool through.")
    );
    assert_eq!(server.request_count(), visits);

    // its label is free again
    let service = alice.get(GUARDED).await;
    assert_eq!(service.text("dl .state"), "Disconnected");
    let form = alice.get(&service.attr(".page-head .actions a.btn", "href").unwrap()).await;
    let again = alice.submit(&form, "main form", [("label", "Account 1"), ("token", TOKEN)]).await;
    assert_eq!(again.text(".flash.ok p"), "Guarded is connected.");
    assert_eq!(app.run(&alice, TOOL, []).await.text("#job-result pre"), "done");
    assert_eq!(rows(&alice.get("/connections").await), ["Guarded Account 1", "Guarded Account 1"]);
}

#[tokio::test]
async fn waiting_jobs_are_canceled_and_running_ones_are_asked_to_stop() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let theirs = app.start(&bob, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    app.wait_until_finished(&bob, theirs).await;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await);
    }
    for job in &running {
        app.wait_for_job(&alice, *job, |job| job["status"] == "running").await;
    }
    let waiting: JobId = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;

    let page = page_of(&alice, "Workbench Account 1").await;
    let depending = page.text("section[aria-labelledby=depending-heading]");
    assert!(depending.contains("4 jobs are running. 1 job is waiting."), "{depending}");
    let question = alice.get(&format!("{}/disconnection", page.path())).await;
    assert!(
        question.text("main").contains("1 job is waiting: cancelled before they begin."),
        "{}",
        question.text("main")
    );
    assert_eq!(question.texts("tbody tr").len(), 5);
    let list = alice.submit(&question, "main form", []).await;
    assert_eq!(
        list.text(".flash.ok p"),
        "Workbench is disconnected. 1 job that had not begun was cancelled. 4 jobs that had begun were asked to stop."
    );
    let ended = app.wait_until_finished(&alice, waiting).await;
    assert_eq!(ended.texts("ol.thread .line > span:first-of-type").last().unwrap(), "Its connection was disconnected");
    for job in running {
        assert_eq!(app.wait_until_finished(&alice, job).await.text("#job-head .state"), "Cancelled");
    }
    let audited = app.audit_actions().await;
    assert_eq!(audited.iter().filter(|action| *action == "job.cancel_requested").count(), 4);
    assert_eq!(audited.iter().filter(|action| *action == "job.finished!canceled").count(), 5);
    app.run(&bob, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;

    // a run does not reconnect what its owner has disconnected
    assert_eq!(
        alice.post(COUNTDOWN, &[("v/seconds", "1"), ("op", "run")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let form = alice.get("/connectors/workbench/connection").await;
    assert!(!form.has("main form input"));
    alice.submit(&form, "main form", []).await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    let told = alice.get("/connectors/workbench/connection").await;
    assert_eq!(told.text(".flash.warn p"), "There is nothing to connect: Workbench can be used as it is.");
}

#[tokio::test]
async fn a_job_accepted_while_disconnecting_finds_no_connection() {
    let (app, alice, server) = guarded().await;
    app.run(&alice, TOOL, []).await;
    let calls = server.requests("tools/call").len();
    sqlx::query("UPDATE lane SET paused = true").execute(app.app.system.pool()).await.unwrap();
    let job = app.start(&alice, TOOL, []).await;
    super::change(&app, "status = 'revoked', secret_ref_access = NULL").await;
    sqlx::query("UPDATE lane SET paused = false").execute(app.app.system.pool()).await.unwrap();
    app.app.live.notify_queue();
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text(".callout.bad").contains("The connection was disconnected"), "{}", page.text("main"));
    assert_eq!(server.requests("tools/call").len(), calls, "it was called without a credential");
}

#[tokio::test]
async fn several_connections_are_disconnected_from_the_list() {
    let (app, alice, _server) = guarded().await;
    for label in ["Work", "Play"] {
        account(&alice, label).await;
    }
    let list = alice.get("/connections").await;
    let none = alice.submit(&list, "main form", []).await;
    assert_eq!(
        (none.path(), none.text(".flash.warn p").as_str()),
        ("/connections", "Select the connections to disconnect first.")
    );

    let chosen: Vec<_> = list.attrs("input[name=c]", "value").into_iter().take(2).collect();
    let address = format!("/connections/disconnection?c={}&c={}&c={}", chosen[0], chosen[1], chosen[1]);
    let question = alice.get(&address).await;
    assert_eq!(question.text("h1"), "Disconnect 2 connections?");
    assert_eq!(question.texts("main > ul li"), ["Guarded", "Guarded, Play"]);
    let bob = app.bob().await;
    assert_eq!(bob.get(&address).await.status, StatusCode::NOT_FOUND);
    let pairs = [("c", chosen[0].as_str()), ("c", chosen[1].as_str())];
    assert_eq!(bob.post("/connections/disconnection", &pairs).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get("/connections/disconnection?c=nonsense").await.status, StatusCode::NOT_FOUND);
    assert_eq!(count(&app, "secrets").await, 3);

    let sent = alice.submit(&question, "main form", []).await;
    assert_eq!(sent.text(".flash.ok p"), "2 connections are disconnected.");
    assert_eq!(rows(&sent), ["Guarded Work", "Guarded Account 1", "Guarded Play"]);
    assert_eq!(count(&app, "secrets").await, 1);
    let again = alice.submit(&question, "main form", []).await;
    assert_eq!(again.text(".flash.warn p"), "They were disconnected before.");
    let ended = app.audit_actions().await.into_iter().filter(|action| action == "connection.disconnected");
    assert_eq!(ended.count(), 2);
}
