//! A tool runs through the chosen connection, or through the default one.

use http::StatusCode;

use super::{TOKEN, TOOL, account, guarded, page_of};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Returns the label of the connection that a job ran through.
async fn through(app: &TestApp, job: &Page) -> String {
    let id: craft::ids::JobId = job.path().strip_prefix("/jobs/").unwrap().parse().unwrap();
    sqlx::query_scalar("SELECT c.label FROM job j JOIN user_connections c ON c.id = j.connection_id WHERE j.id = $1")
        .bind(id)
        .fetch_one(app.app.system.pool())
        .await
        .unwrap()
}

async fn id_of(browser: &Browser, name: &str) -> String {
    page_of(browser, name).await.path().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_form_offers_a_choice_between_several_connections() {
    let (app, alice, _server) = guarded().await;
    assert!(!alice.get(TOOL).await.has("select[name=connection]"), "there is nothing to choose");
    account(&alice, "Work").await;
    let form = alice.get(TOOL).await;
    assert_eq!(form.texts("select[name=connection] option"), ["Account 1, used by default", "Work"]);
    let job = app.run(&alice, TOOL, []).await;
    assert_eq!(through(&app, &job).await, "Account 1");

    let work = id_of(&alice, "Guarded Work").await;
    let job = app.run(&alice, TOOL, [("connection", &work)]).await;
    assert_eq!(through(&app, &job).await, "Work");
    // a job that runs again uses the same connection, unless its owner chooses another
    let again = alice.get(&format!("{TOOL}?from={}", job.path().rsplit('/').next().unwrap())).await;
    assert_eq!(again.text("select[name=connection] option[selected]"), "Work");
    // the preview keeps the choice
    let preview = alice.submit(&form, "form[action*='/tools/']", [("connection", &work), ("op", "preview")]).await;
    assert_eq!(preview.text("section.sheet > p"), "Through the connection Work");
    assert_eq!(preview.attr("[name=connection]", "value"), Some(work.clone()));
    assert!(!preview.text("pre.code").contains(&work));
}

#[tokio::test]
async fn calls_use_the_new_default_connection() {
    let (app, alice, _server) = guarded().await;
    account(&alice, "Work").await;
    let page = page_of(&alice, "Guarded Work").await;
    let bob = app.bob().await;
    let path = format!("{}/default", page.path());
    assert_eq!(bob.post(&path, &[("a", "b")]).await.status, StatusCode::NOT_FOUND);
    let chosen = alice.submit(&page, "form[action$='/default']", []).await;
    assert_eq!(chosen.path(), page.path());
    assert_eq!(
        chosen.text(".flash.ok p"),
        "Tools of Guarded run through this connection now, unless you choose another."
    );
    assert!(!chosen.has("form[action$='/default']"));
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.preferred");
    assert_eq!(alice.get(TOOL).await.texts("select[name=connection] option"), ["Work, used by default", "Account 1"]);
    assert_eq!(through(&app, &app.run(&alice, TOOL, []).await).await, "Work");

    // the disconnected one is no longer the default, so the oldest is
    let question = alice.get(&format!("{}/disconnection", page.path())).await;
    alice.submit(&question, "main form", []).await;
    assert_eq!(through(&app, &app.run(&alice, TOOL, []).await).await, "Account 1");
    let late = alice.post(&path, &[("a", "b")]).await;
    assert_eq!((late.status, late.text("h1").as_str()), (StatusCode::CONFLICT, "This page is out of date"));
}

#[tokio::test]
async fn a_connection_of_another_user_or_service_is_reported_on_the_field() {
    let (app, alice, server) = guarded().await;
    account(&alice, "Work").await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    let bob = app.bob().await;
    super::add(&bob, &server).await;
    let foreign = id_of(&bob, "Guarded Account 1").await;
    let other = id_of(&alice, "Workbench Account 1").await;
    let work = page_of(&alice, "Guarded Work").await;
    alice.post(&format!("{}/disconnection", work.path()), &[("a", "b")]).await;
    let over = work.path().rsplit('/').next().unwrap().to_owned();
    let calls = server.requests("tools/call").len();
    for id in [foreign.as_str(), &other, &over, "nonsense", &uuid::Uuid::new_v4().to_string()] {
        let page = alice.post(TOOL, &[("op", "run"), ("idem", "1"), ("connection", id)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{id}");
        assert_eq!(page.attr(".summary li a", "href").as_deref(), Some("#f-connection"), "{id}");
        assert!(page.text("#f-connection-e").starts_with("Error: Choose one of your connections"), "{id}");
    }
    assert_eq!(server.requests("tools/call").len(), calls);
    assert!(!alice.get("/jobs").await.body.contains(TOKEN));
}

#[tokio::test]
async fn a_run_without_a_connection_keeps_the_form_and_says_how_to_connect() {
    let (_app, alice, server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    alice.post(&format!("{}/disconnection", page.path()), &[("a", "b")]).await;
    let as_json = alice.get(&format!("{TOOL}?as=json")).await;
    assert_eq!(as_json.attr("#f-connection a", "href").as_deref(), Some(super::GUARDED));
    for op in ["run", "preview"] {
        let refused = alice.submit(&as_json, "form[action*='/tools/']", [("j", "{\"typed\": 1}"), ("op", op)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text("main"));
        assert_eq!(refused.text(".summary li a"), "Guarded is not connected: connect it, then run the tool");
        assert_eq!(refused.attr(".summary li a", "href").as_deref(), Some("#f-connection"));
        assert_eq!(refused.attr("#f-connection a", "href").as_deref(), Some(super::GUARDED));
        assert_eq!(refused.text("#f"), "{\"typed\": 1}");
        assert!(!refused.has("select[name=connection]"), "there is nothing to choose");
    }
    assert!(server.requests("tools/call").is_empty());
}
