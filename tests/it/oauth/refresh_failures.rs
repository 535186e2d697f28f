//! Refreshes that fail: a provider is left alone for longer each time, a connection is given up after days, and its owner
//! is told once.

use std::time::Duration;

use craft::actor::{Actor, Origin};
use craft::connections::Credential;

use super::{ECHO, answered, begin, come_back, connect, connect_again, connection};
use crate::support::guarded_server::GuardedServer;
use crate::support::test_app::TestApp;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How the one connection stands: status, health, and how many refresher have failed.
async fn stands(app: &TestApp) -> (String, String, i32) {
    sqlx::query_as("SELECT status, health, failures FROM user_connections WHERE secret_ref_access IS NOT NULL")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap()
}

fn as_words(stands: &(String, String, i32)) -> (&str, &str, i32) {
    (&stands.0, &stands.1, stands.2)
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_longer_each_time() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (user, id, ..) = connection(&app).await;
    let actor = Actor::new(user, Origin::System);
    let present = || async { app.app.refresher.credential(&actor, id).await.unwrap() };
    server.control("fail?status=503").await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    let mut asked = Vec::new();
    for seconds in [0, 0, 20, 15, 40, 25, 60] {
        app.app.clock.advance(Duration::from_secs(seconds));
        assert!(matches!(present().await, Credential::Ready(it) if it.version == 1), "its token is good still");
        asked.push(server.count("refreshes").await);
    }
    assert_eq!(asked, [1, 1, 1, 2, 2, 3, 3], "30 s, a minute, and then two");

    // its token is over: who needs it is told when to come back, and the provider is asked no sooner than it wants
    server.control("fail?status=429&after=7200").await;
    app.app.clock.advance(Duration::from_secs(12 * 60));
    for _ in 0..3 {
        let Credential::ProviderUnavailable { message, after } = present().await else {
            panic!("it has nothing to present")
        };
        assert!(message.contains("asks the hub to slow down"), "{message}");
        assert_eq!(after, 2 * HOUR);
    }
    assert_eq!(server.count("refreshes").await, 4);
    server.control("fail").await;
    app.app.clock.advance(HOUR);
    assert!(matches!(present().await, Credential::ProviderUnavailable { after, .. } if after == HOUR));
    app.app.clock.advance(HOUR);
    assert!(matches!(present().await, Credential::Ready(it) if it.version == 2));
    assert_eq!(as_words(&stands(&app).await), ("active", "ok", 0));
}

#[tokio::test]
async fn a_connection_that_fails_on_four_days_is_given_up_and_comes_back_by_itself() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    let before = app.mails().len();
    server.control("fail?status=500").await;
    for _ in 0..3 {
        app.advance(DAY).await;
        app.app.refresher.refresh_due().await.unwrap();
    }
    assert_eq!(as_words(&stands(&app).await), ("active", "degraded", 3));
    assert_eq!(app.all_mails().await.len(), before, "it may pass");

    app.advance(DAY).await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    assert_eq!(as_words(&stands(&app).await), ("error", "exhausted", 4));
    let page = alice.get(&format!("/connections/{id}")).await;
    assert!(page.text("main").contains("This has failed on 4 days, and is tried once a day"), "{}", page.text("main"));

    // it is tried once a day, and its owner is told once
    let asked = server.count("refreshes").await;
    for hours in [1, 22, 2] {
        app.advance(hours * HOUR).await;
        app.app.refresher.refresh_due().await.unwrap();
    }
    assert_eq!(server.count("refreshes").await, asked + 1);
    let mails = app.all_mails().await;
    assert_eq!(mails.len(), before + 1, "{mails:?}");
    assert_eq!(app.newest_mailed_link(), format!("/connections/{id}"));
    let mail = mails.last().unwrap();
    assert!(mail.contains("Subject: Guarded is waiting for you to connect it again"), "{mail}");
    assert!(mail.contains("failed on its side (HTTP 500)"), "{mail}");

    server.control("fail").await;
    app.advance(DAY).await;
    app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(as_words(&stands(&app).await), ("active", "ok", 0));
    assert!(answered(&app.wait_until_finished(&alice, job).await, "patience"));
}

#[tokio::test]
async fn an_owner_is_told_once_of_each_end() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let before = app.mails().len();
    for ends in 1..3 {
        server.control("kill").await;
        let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
        app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
        app.app.refresher.refresh_due().await.unwrap();
        let mails = app.all_mails().await;
        assert_eq!(mails.len(), before + ends);
        assert!(mails.last().unwrap().contains("no longer accepts this sign-in (The grant was taken"), "{mails:?}");
        server.control("revive").await;
        connect_again(&alice, &server).await;
        assert!(answered(&app.wait_until_finished(&alice, job).await, "patience"));
    }
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_hub_is_told_again_who_it_is() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (user, id, ..) = connection(&app).await;
    server.control("forget-clients").await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let actor = Actor::new(user, Origin::System);
    for _ in 0..3 {
        app.app.refresher.refresh_after_rejection(&actor, id, 1, "not accepted").await.unwrap();
    }
    assert_eq!(as_words(&stands(&app).await), ("active", "degraded", 1), "the server was asked again and again");
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("made known there anew when you sign in again"), "{}", page.text("main"));
    assert_eq!(server.count("clients").await, 0);

    let page = connect_again(&alice, &server).await;
    assert!(page.text(".note.ok p").contains("Guarded is connected again."), "{}", page.text("main"));
    assert_eq!(server.count("clients").await, 1);
    assert!(answered(&app.wait_until_finished(&alice, job).await, "patience"));
}

#[tokio::test]
async fn who_meets_a_page_that_does_not_know_the_hub_can_make_it_known_again() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    let page = begin(&alice, &server).await;
    server.control("forget-clients").await;
    let page = alice.submit(&page, "main form", []).await;
    assert_eq!(page.text("h1"), "Continue to 127.0.0.1", "{}", page.text("main"));
    assert_eq!(come_back(&alice, &server, &page).await.text("h1"), "Guarded");
    assert_eq!(server.count("clients").await, 1);
}

#[tokio::test]
async fn a_hub_that_introduces_itself_again_for_one_account_leaves_the_others_their_client() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let page = alice.get("/connectors/guarded/connection?label=Work").await;
    let page = alice.submit(&page, "main form", []).await;
    let page = alice.submit(&page, "main form", []).await;
    assert_eq!(page.text("h1"), "Continue to 127.0.0.1", "the hub was not introduced again: {}", page.text("main"));
    come_back(&alice, &server, &page).await;
    assert_eq!(server.count("clients").await, 2);

    app.app.clock.advance(Duration::from_secs(48 * 60));
    assert_eq!(app.app.refresher.refresh_due().await.unwrap(), 2);
    assert_eq!(server.count("refreshes").await, 2);
    let well = "SELECT count(*) FROM user_connections WHERE version = 2 AND status = 'active' AND health = 'ok'";
    let well: i64 = sqlx::query_scalar(well).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(well, 2, "a grant was renewed with another client than its own");
}
