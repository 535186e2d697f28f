//! Several tokens of one consent: each tool presents its own, and each is renewed, missing and revoked for itself.

use std::sync::Arc;
use std::time::Duration;

use craft::actor::Actor;
use craft::connections::{ConnectionToken, CredentialAnswer};
use craft::ids::{ConnectionId, JobId, OwnerId};
use tokio::task::JoinSet;

use crate::services::{ship, sign_in_at};
use crate::support::browser::Browser;
use crate::support::moorings_service::MooringsService;
use crate::support::page::Page;
use crate::support::secret_search::tables_containing;
use crate::support::test_app::TestApp;

const BERTHS: &str = "/connectors/moorings/tools/list_berths";
const STATUS: &str = "/connectors/moorings/tools/set_status";
const SET: &str = "Your status is set by the user.";

async fn start() -> (TestApp, MooringsService, Browser) {
    let (app, moorings) = (TestApp::new().await, MooringsService::start().await);
    ship(&app, [moorings.shipped()]).await;
    let owner = app.owner().await;
    let form = owner.get("/connectors/moorings/application").await;
    owner.submit(&form, "main form", [("client_id", "hub"), ("client_secret", "s3cret")]).await;
    (app, moorings, owner)
}

async fn sign_in(app: &TestApp, owner: &Browser) -> Page {
    sign_in_at(app, owner, "moorings", "Default").await
}

async fn run_berths(app: &TestApp, owner: &Browser) -> String {
    app.run(owner, BERTHS, []).await.text("#job-result tbody td")
}

async fn run_status(app: &TestApp, owner: &Browser) -> String {
    app.run(owner, STATUS, []).await.text("#job-result")
}

/// Starts the tool of the user, which has to wait. Returns the job, and what its log says.
async fn wait_with_status(app: &TestApp, owner: &Browser) -> (JobId, String) {
    let job = app.start(owner, STATUS, []).await;
    app.wait_for_job(owner, job, |job| job["status"] == "waiting_input").await;
    (job, owner.get(&format!("/jobs/{job}")).await.text("main"))
}

async fn connection(app: &TestApp) -> (OwnerId, ConnectionId) {
    let all = "SELECT owner_id, id FROM user_connections";
    let (owner, id): (uuid::Uuid, uuid::Uuid) = sqlx::query_as(all).fetch_one(app.app.system.pool()).await.unwrap();
    (OwnerId::from_uuid(owner), ConnectionId::from_uuid(id))
}

async fn connection_page(app: &TestApp, owner: &Browser) -> Page {
    owner.get(&format!("/connections/{}", connection(app).await.1)).await
}

/// Returns the number of sealed secrets without those of the application.
async fn count_secrets(app: &TestApp) -> i64 {
    let all = "SELECT count(*) FROM secrets WHERE purpose LIKE 'connection.%'";
    sqlx::query_scalar(all).fetch_one(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn each_tool_presents_its_own_token_and_no_page_shows_one() {
    let (app, moorings, owner) = start().await;
    let form = owner.get("/connectors/moorings/connection").await;
    assert_eq!(form.texts("main ul li"), ["List the berths", "Set your status"]);
    let page = sign_in(&app, &owner).await;
    assert_eq!(page.text(".flash.ok p"), "Moorings is connected as alice.");
    assert_eq!(moorings.requested(), [("berths:read".to_owned(), "status:write".to_owned())]);
    assert_eq!(count_secrets(&app).await, 4);

    assert_eq!(run_berths(&app, &owner).await, "North 7");
    let page = app.run(&owner, STATUS, []).await;
    assert!(page.text("#job-result").contains(SET), "{}", page.text("main"));
    let job = owner.get(&format!("{}.json", page.path())).await;
    for text in [&page.body, &job.body, &connection_page(&app, &owner).await.body] {
        assert!(!text.contains("user-at-") && !text.contains("bot-at-"), "{text}");
    }
    assert!(job.body.contains("[redacted]"), "the service repeated the token: {}", job.body);
    let tables =
        tables_containing(app.app.system.pool(), &["user-at-1", "user-at-2", "user-rt-", "bot-at-", "bot-rt-"]);
    assert_eq!(tables.await, Vec::<String>::new());
    let page = connection_page(&app, &owner).await;
    assert!(page.text("main").contains("List the berths") && page.text("main").contains("Set your status"));
}

#[tokio::test]
async fn a_missing_token_disables_only_its_tools() {
    let (app, moorings, owner) = start().await;
    moorings.withhold_user_token(true);
    let page = sign_in(&app, &owner).await;
    assert!(page.text(".flash.ok p").contains("Not granted: status:write."), "{}", page.text("main"));
    assert_eq!(run_berths(&app, &owner).await, "North 7");
    let (job, log) = wait_with_status(&app, &owner).await;
    assert!(log.contains("Not granted: Set your status. Sign in at Moorings again to allow it"), "{log}");
    let page = connection_page(&app, &owner).await;
    assert!(page.text("main").contains("Not granted: Set your status"), "{}", page.text("main"));

    moorings.withhold_user_token(false);
    sign_in(&app, &owner).await;
    let page = app.wait_until_finished(&owner, job).await;
    assert!(page.text("#job-result").contains(SET), "{}", page.text("main"));
    assert!(!connection_page(&app, &owner).await.text("main").contains("Not granted"));
}

#[tokio::test]
async fn a_connection_from_before_its_connector_had_two_tokens_goes_on() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    // as its connector described it then: the only token had all scopes
    for change in [
        "DELETE FROM connection_tokens",
        "UPDATE user_connections SET scopes = '{berths:read,status:write}', requested_scopes = '{berths:read,status:write}'",
    ] {
        sqlx::query(change).execute(app.app.system.pool()).await.unwrap();
    }
    assert_eq!(run_berths(&app, &owner).await, "North 7");
    let (job, log) = wait_with_status(&app, &owner).await;
    assert!(log.contains("Not granted: Set your status. Sign in at Moorings again to allow it"), "{log}");

    sign_in(&app, &owner).await;
    let requested = moorings.requested().pop().unwrap();
    assert_eq!(requested, ("berths:read".to_owned(), "status:write".to_owned()), "no scope is asked for twice");
    assert!(app.wait_until_finished(&owner, job).await.text("#job-result").contains(SET));
}

#[tokio::test]
async fn both_tokens_are_renewed_before_they_expire() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    for turn in 1..=2 {
        app.advance(Duration::from_mins(50)).await;
        assert_eq!(app.app.refresher.refresh_due().await.unwrap(), 2);
        assert_eq!(moorings.refreshes().len(), 2 * turn);
    }
    assert_eq!(moorings.refreshes(), ["bot", "bot", "user", "user"]);
    assert_eq!(
        (run_berths(&app, &owner).await, run_status(&app, &owner).await.contains(SET)),
        ("North 7".to_owned(), true)
    );
    assert_eq!(count_secrets(&app).await, 4, "new tokens take the places of former ones");
}

#[tokio::test]
async fn concurrent_callers_renew_a_further_token_once() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    let (owner_id, connection) = connection(&app).await;
    app.app.clock.advance(Duration::from_mins(50));
    let mut callers = JoinSet::new();
    for _ in 0..3 {
        let process = Arc::new(app.second_process());
        for _ in 0..4 {
            let process = process.clone();
            let token = ConnectionToken { connection, name: Some("user".to_owned()) };
            callers.spawn(async move {
                match process.app.refresher.credential(&Actor::system(owner_id), &token).await.unwrap() {
                    CredentialAnswer::Ready(it) => (it.version, it.token.unwrap().expose().to_owned()),
                    other => panic!("{other:?}"),
                }
            });
        }
    }
    let mut presented = callers.join_all().await;
    presented.dedup();
    assert_eq!((presented, moorings.refreshes()), (vec![(2, "user-at-3".to_owned())], vec!["user".to_owned()]));
}

#[tokio::test]
async fn a_rejected_token_is_renewed_and_the_other_is_left_alone() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    moorings.end_tokens("user-at-");
    let page = app.run(&owner, STATUS, []).await;
    assert!(page.text("#job-result").contains(SET), "{}", page.text("main"));
    assert_eq!(moorings.refreshes(), ["user"]);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_disables_only_its_tools() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    moorings.end_tokens("user-");
    app.advance(Duration::from_mins(50)).await;
    app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(moorings.refreshes(), ["bot"]);
    assert_eq!(run_berths(&app, &owner).await, "North 7");
    let (job, log) = wait_with_status(&app, &owner).await;
    assert!(log.contains("Not possible now: Set your status. Connect Moorings again"), "{log}");
    let page = connection_page(&app, &owner).await;
    assert!(page.text("main").contains("Not possible now: Set your status"), "{}", page.text("main"));

    app.advance(Duration::from_mins(50)).await;
    app.app.refresher.refresh_due().await.unwrap();
    let page = connection_page(&app, &owner).await;
    assert!(page.text("main").contains("Not possible now: Set your status"), "the renewed bot changes nothing");
    sign_in(&app, &owner).await;
    assert!(app.wait_until_finished(&owner, job).await.text("#job-result").contains(SET));
}

#[tokio::test]
async fn a_disconnection_revokes_and_deletes_both_tokens() {
    let (app, moorings, owner) = start().await;
    sign_in(&app, &owner).await;
    let page = connection_page(&app, &owner).await;
    let form = owner.get(&format!("{}/disconnection", page.path())).await;
    owner.submit(&form, "main form", []).await;
    assert_eq!(moorings.revoked(), ["user-at-2", "bot-at-1"]);
    assert_eq!(count_secrets(&app).await, 0);
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM connection_tokens").fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_token_that_others_use_is_not_revoked() {
    let (app, moorings, owner) = start().await;
    let mut shipped = moorings.shipped();
    let oauth = shipped.descriptor.as_mut().unwrap().oauth.as_mut().unwrap();
    oauth.revoke.as_mut().unwrap().only = Some(vec!["user".to_owned()]);
    ship(&app, [shipped]).await;
    sign_in(&app, &owner).await;
    let page = connection_page(&app, &owner).await;
    let form = owner.get(&format!("{}/disconnection", page.path())).await;
    owner.submit(&form, "main form", []).await;
    assert_eq!((moorings.revoked(), count_secrets(&app).await), (vec!["user-at-2".to_owned()], 0));
}
