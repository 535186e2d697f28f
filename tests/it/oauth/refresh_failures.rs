//! Failed refreshes: back-off, exhaustion after four days, one mail to the owner, rejected OAuth clients.

use std::time::Duration;

use craft::actor::Actor;
use craft::connections::CredentialAnswer;

use super::{ECHO, connect, connection, finish_sign_in, reconnect, shows_answer, start_sign_in};
use crate::support::guarded_server::GuardedServer;
use crate::support::test_app::TestApp;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Status, health and failed refreshes of the only connection with a token.
async fn state(app: &TestApp) -> (String, String, i32) {
    sqlx::query_as("SELECT status, health, failures FROM user_connections WHERE secret_ref_access IS NOT NULL")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap()
}

fn as_tuple(state: &(String, String, i32)) -> (&str, &str, i32) {
    (&state.0, &state.1, state.2)
}

#[tokio::test]
async fn a_failing_provider_is_asked_with_growing_delays() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (owner, id, ..) = connection(&app).await;
    let actor = Actor::system(owner);
    let present = || async { app.app.refresher.credential(&actor, &id.into()).await.unwrap() };
    server.control("fail?status=503").await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    let mut asked = Vec::new();
    for seconds in [0, 0, 20, 15, 40, 25, 60] {
        app.app.clock.advance(Duration::from_secs(seconds));
        assert!(matches!(present().await, CredentialAnswer::Ready(it) if it.version == 1), "its token is still valid");
        asked.push(server.count("refreshes").await);
    }
    assert_eq!(asked, [1, 1, 1, 2, 2, 3, 3], "30 s, a minute, and then two");

    // the token has expired: callers get the delay that the provider requests
    server.control("fail?status=429&after=7200").await;
    app.app.clock.advance(Duration::from_secs(12 * 60));
    for _ in 0..3 {
        let CredentialAnswer::ProviderUnavailable { message, after } = present().await else {
            panic!("the expired token is presented")
        };
        assert!(message.contains("asks the hub to slow down"), "{message}");
        assert_eq!(after, 2 * HOUR);
    }
    assert_eq!(server.count("refreshes").await, 4);
    server.control("fail").await;
    app.app.clock.advance(HOUR);
    assert!(matches!(present().await, CredentialAnswer::ProviderUnavailable { after, .. } if after == HOUR));
    app.app.clock.advance(HOUR);
    assert!(matches!(present().await, CredentialAnswer::Ready(it) if it.version == 2));
    assert_eq!(as_tuple(&state(&app).await), ("active", "ok", 0));
}

#[tokio::test]
async fn a_connection_that_fails_on_four_days_is_exhausted_and_recovers_by_itself() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    let before = app.mails().await.len();
    server.control("fail?status=500").await;
    for _ in 0..3 {
        app.advance(DAY).await;
        app.app.refresher.refresh_due().await.unwrap();
    }
    assert_eq!(as_tuple(&state(&app).await), ("active", "degraded", 3));
    assert_eq!(app.mails().await.len(), before, "the owner is mailed before the connection is exhausted");

    app.advance(DAY).await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    assert_eq!(as_tuple(&state(&app).await), ("error", "exhausted", 4));
    let page = alice.get(&format!("/connections/{id}")).await;
    assert!(
        page.text("main").contains("This has failed on 4 days. The hub now tries once a day"),
        "{}",
        page.text("main")
    );

    // one attempt a day, and one mail
    let asked = server.count("refreshes").await;
    for hours in [1, 22, 2] {
        app.advance(hours * HOUR).await;
        app.app.refresher.refresh_due().await.unwrap();
    }
    assert_eq!(server.count("refreshes").await, asked + 1);
    let mails = app.mails().await;
    assert_eq!(mails.len(), before + 1, "{mails:?}");
    assert_eq!(app.newest_mailed_link().await, format!("/connections/{id}"));
    let mail = mails.last().unwrap();
    assert!(mail.contains("Subject: Guarded is waiting for you to connect it again"), "{mail}");
    assert!(mail.contains("failed on its side (HTTP 500)"), "{mail}");

    server.control("fail").await;
    app.advance(DAY).await;
    app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(as_tuple(&state(&app).await), ("active", "ok", 0));
    assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "patience"));
}

#[tokio::test]
async fn an_owner_is_mailed_once_for_each_expiry() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let before = app.mails().await.len();
    for ends in 1..3 {
        server.control("kill").await;
        let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
        app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
        app.app.refresher.refresh_due().await.unwrap();
        let mails = app.mails().await;
        assert_eq!(mails.len(), before + ends);
        assert!(mails.last().unwrap().contains("no longer accepts this sign-in (Access was withdrawn"), "{mails:?}");
        server.control("revive").await;
        reconnect(&alice, &server).await;
        assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "patience"));
    }
}

#[tokio::test]
async fn a_notice_whose_mail_cannot_be_stored_is_enqueued_by_a_later_sweep() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let before = app.mails().await.len();
    let pool = app.app.system.pool();
    sqlx::query("ALTER TABLE mail_outbox ADD CONSTRAINT planted CHECK (attempts < 0)").execute(pool).await.unwrap();
    server.control("kill").await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(app.mails().await.len(), before);

    sqlx::query("ALTER TABLE mail_outbox DROP CONSTRAINT planted").execute(pool).await.unwrap();
    for _ in 0..2 {
        app.app.refresher.refresh_due().await.unwrap();
        assert_eq!(app.mails().await.len(), before + 1);
    }
}

#[tokio::test]
async fn a_provider_that_lost_the_client_gets_a_new_one_with_the_next_sign_in() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (owner, id, ..) = connection(&app).await;
    server.control("forget-clients").await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let actor = Actor::system(owner);
    for _ in 0..3 {
        app.app.refresher.refresh_after_rejection(&actor, &id.into(), 1, "not accepted").await.unwrap();
    }
    assert_eq!(as_tuple(&state(&app).await), ("active", "degraded", 1), "a rejected client sent requests again");
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("Sign in again: the hub then registers there anew"), "{}", page.text("main"));
    assert_eq!(server.count("clients").await, 0);

    let page = reconnect(&alice, &server).await;
    assert!(page.text(".flash.ok p").contains("Guarded is connected again."), "{}", page.text("main"));
    assert_eq!(server.count("clients").await, 1);
    assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "patience"));
}

#[tokio::test]
async fn a_sign_in_that_fails_with_an_unknown_client_can_register_a_new_one() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    let page = start_sign_in(&alice, &server).await;
    server.control("forget-clients").await;
    let page = alice.submit(&page, "main form", []).await;
    assert!(page.text("h1").starts_with("Continue to 127.0.0.1:"), "{}", page.text("main"));
    assert_eq!(finish_sign_in(&alice, &server, &page).await.text("h1"), "Guarded");
    assert_eq!(server.count("clients").await, 1);
}

#[tokio::test]
async fn registering_a_new_client_for_one_account_keeps_the_client_of_others() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let page = alice.get("/connectors/guarded/connection?label=Work").await;
    let page = alice.submit(&page, "main form", []).await;
    let page = alice.submit(&page, "main form", []).await;
    assert!(
        page.text("h1").starts_with("Continue to 127.0.0.1:"),
        "no new client was registered: {}",
        page.text("main")
    );
    finish_sign_in(&alice, &server, &page).await;
    assert_eq!(server.count("clients").await, 2);

    app.app.clock.advance(Duration::from_secs(48 * 60));
    assert_eq!(app.app.refresher.refresh_due().await.unwrap(), 2);
    assert_eq!(server.count("refreshes").await, 2);
    let well = "SELECT count(*) FROM user_connections WHERE version = 2 AND status = 'active' AND health = 'ok'";
    let well: i64 = sqlx::query_scalar(well).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(well, 2, "a grant was refreshed with another client than its own");
}
