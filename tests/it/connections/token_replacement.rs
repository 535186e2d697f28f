//! Replacing a connection's token, which releases the jobs that waited for it.

use http::StatusCode;

use super::{GUARDED, TOKEN, TOOL, change, count, guarded, page_of};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const NEW: &str = "an0ther-that-nobody-may-see";

#[tokio::test]
async fn a_rejected_token_changes_nothing() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let form = alice.get(&format!("{}/token", page.path())).await;
    for (typed, told) in [("wrong", None), ("  ", Some("Enter the token or key"))] {
        let refused = alice.submit(&form, "main form", [("token", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        let words = refused.text(".summary li a");
        assert!(told.is_none_or(|told| told == words), "{words}");
        assert_eq!(refused.attr(".summary li a", "href").as_deref(), Some("#f-token"));
        assert!(!refused.body.contains(typed.trim()) || typed.trim().is_empty(), "the token is shown");
    }
    assert!(!app.audit_actions().await.contains(&"credential.replaced".to_owned()));
    assert_eq!(app.run(&alice, TOOL, []).await.text("#job-result pre"), "done", "the present one is kept");
}

#[tokio::test]
async fn a_new_token_keeps_the_connection_and_releases_waiting_jobs() {
    let (app, alice, server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let path = format!("{}/token", page.path());
    // as if the service had begun to reject the old token
    change(&app, "status = 'expired', health = 'reauth_required', reason = 'Refused', last_error = 'Refused'").await;
    let job = parked(&app, &alice).await;
    let shown = alice.get(page.path()).await;
    assert!(shown.text("section[aria-labelledby=depending-heading]").contains("1 job is waiting."));

    let bob = app.bob().await;
    assert_eq!(bob.post(&path, &[("token", TOKEN)]).await.status, StatusCode::NOT_FOUND);
    let form = alice.get(&path).await;
    let replaced = alice.submit(&form, "main form", [("token", &format!("Bearer {TOKEN}"))]).await;
    assert_eq!(replaced.path(), page.path());
    assert_eq!(
        replaced.text(".flash.ok p"),
        "The token is replaced. Guarded has accepted the new one. The job that waited for it continues."
    );
    assert_eq!(replaced.texts(".kv .state"), ["Connected"]);
    assert!(!replaced.body.contains("Refused") && !replaced.body.contains(TOKEN));
    assert_eq!(app.wait_until_finished(&alice, job).await.text("#job-result pre"), "done");
    assert_eq!(count(&app, "user_connections WHERE version = 2 AND reason IS NULL").await, 1);
    assert_eq!((count(&app, "secrets").await, count(&app, "secrets WHERE version = 2").await), (1, 1));
    assert!(app.audit_actions().await.contains(&"credential.replaced".to_owned()));
    assert!(server.requests("tools/call").iter().all(|heard| heard.authorization == Some(format!("Bearer {TOKEN}"))));
}

/// Parks a job that waits for its owner to connect again.
async fn parked(app: &TestApp, alice: &crate::support::browser::Browser) -> craft::ids::JobId {
    change(app, "status = 'active'").await;
    sqlx::query("UPDATE lane SET paused = true").execute(app.app.system.pool()).await.unwrap();
    // a first job creates the lane, so that no worker claims the next one at once
    app.run(alice, TOOL, []).await;
    sqlx::query("UPDATE lane SET paused = true").execute(app.app.system.pool()).await.unwrap();
    let job = app.start(alice, TOOL, []).await;
    sqlx::query(
        "WITH ready AS (DELETE FROM job_ready WHERE job_id = $1 RETURNING *)
         INSERT INTO job_later (job_id, run_at, owner_id, queue, prio, lane, attempt, crashes, run_no, repeatable, reason)
         SELECT job_id, 'infinity', owner_id, queue, prio, lane, attempt, crashes, run_no, repeatable, 'reauth' FROM ready",
    )
    .bind(job)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    sqlx::query("UPDATE lane SET paused = false").execute(app.app.system.pool()).await.unwrap();
    change(app, "status = 'expired'").await;
    job
}

#[tokio::test]
async fn calls_present_the_new_token() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    // the server accepts every token
    let server = ScriptedServer::start(tools(1), "done").await;
    super::add(&alice, &server).await;
    let form = alice.get(&format!("{}/token", page_of(&alice, "Guarded Account 1").await.path())).await;
    alice.submit(&form, "main form", [("token", NEW)]).await;
    app.run(&alice, TOOL, []).await;
    assert_eq!(server.requests("tools/call")[0].authorization, Some(format!("Bearer {NEW}")));
    for path in [GUARDED, "/connections", "/audit", form.path()] {
        assert!(!alice.get(path).await.body.contains(NEW), "{path}");
    }
}

#[tokio::test]
async fn a_service_without_token_has_none_to_replace() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    let page = page_of(&alice, "Workbench Account 1").await;
    assert!(!page.has("a[href$='/token']"));
    let path = format!("{}/token", page.path());
    let told = alice.get(&path).await;
    assert_eq!(
        (told.path(), told.text(".flash.warn p").as_str()),
        (page.path(), "Workbench takes no token, so there is none to replace. Use the connection as it is.")
    );
    let never = alice.post(&path, &[("token", "x")]).await;
    assert_eq!((never.status, never.text("h1").as_str()), (StatusCode::CONFLICT, "This cannot be done now"));
}
