//! Issued tokens are not lost: not to an unavailable database, not to an older result. Unused tokens are revoked.

use std::sync::OnceLock;
use std::time::Duration;

use craft::actor::Actor;
use craft::app::App;
use craft::connections::CredentialAnswer;
use craft::db::{Db, SystemDb};
use craft::error::Error;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;

use super::{ECHO, connect, connection, local_path, shows_answer, start_sign_in};
use crate::support::database_switch::DatabaseSwitch;
use crate::support::guarded_server::GuardedServer;
use crate::support::lossy_proxy::LossyProxy;
use crate::support::test_app::TestApp;

/// Starts a refresh by a process whose answer the provider holds until `release_answer`.
async fn start_held_refresh(
    app: &TestApp,
    process: &App,
    server: &GuardedServer,
) -> JoinHandle<craft::error::Result<CredentialAnswer>> {
    let (owner, id, ..) = connection(app).await;
    server.hold_answer().await;
    let refresher = process.refresher.clone();
    let renewing = tokio::spawn(async move { refresher.credential(&Actor::system(owner), &id.into()).await });
    server.wait_for_held_answer().await;
    renewing
}

async fn change(app: &TestApp, set: &'static str) {
    let statement = format!("UPDATE user_connections SET {set} WHERE secret_ref_access IS NOT NULL");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(app.app.system.pool()).await.unwrap();
}

#[tokio::test]
async fn a_token_that_arrives_after_disconnecting_is_revoked() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    let renewing = start_held_refresh(&app, &app.app, &server).await;
    let page = alice.get(&format!("/connections/{id}/disconnection")).await;
    alice.submit(&page, "main form", []).await;
    server.release_answer().await;
    assert!(matches!(renewing.await.unwrap(), Err(Error::Stale(_))));
    assert_eq!((server.count("revocations").await, server.count("tokens").await), (1, 0));
}

#[tokio::test]
async fn an_issued_token_reactivates_a_connection_that_expired_meanwhile() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    server.control("kill").await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    server.control("revive").await;
    change(&app, "status = 'active', next_attempt_at = created_at").await;
    let renewing = start_held_refresh(&app, &app.app, &server).await;
    // another process stores that the token was rejected
    change(&app, "status = 'expired', health = 'reauth_required', reason = 'Rejected'").await;
    server.release_answer().await;
    assert!(matches!(renewing.await.unwrap().unwrap(), CredentialAnswer::Ready(it) if it.version == 2));
    let (.., status, reason) = connection(&app).await;
    assert_eq!((status.as_str(), reason), ("active", None));
    assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "patience"));
}

#[tokio::test]
async fn storing_a_refreshed_token_is_retried_until_the_database_is_back() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    // of a process that does nothing else, so that a refused connection is that of the attempt to store
    let switch = DatabaseSwitch::start(&app.app.system);
    let process = app.second_process_with(|it| it.databases.system = SystemDb::new(switch.pool("on")));
    let renewing = start_held_refresh(&app, &process.app, &server).await;
    switch.turn_off();
    server.release_answer().await;
    switch.wait_for_refusal().await;
    switch.turn_on();
    assert!(matches!(renewing.await.unwrap().unwrap(), CredentialAnswer::Ready(it) if it.version == 2));
    assert_eq!(connection(&app).await.2, "active");
}

#[tokio::test]
async fn storing_a_sign_in_is_retried_until_the_database_is_back() {
    let switch = OnceLock::new();
    let app = TestApp::with(|dependencies| {
        let switch = switch.get_or_init(|| DatabaseSwitch::start(&dependencies.databases.system));
        dependencies.databases.web = Db::new(switch.pool("off"));
    });
    let (app, server, switch) = (app.await, GuardedServer::start().await, switch.get().unwrap());
    let alice = app.alice().await;
    let page = start_sign_in(&alice, &server).await;
    let home = local_path(&server.consent(&page.attr("main a.btn", "href").unwrap()).await);
    server.hold_answer().await;
    let coming = alice.get(&home);
    let cutting = async {
        server.wait_for_held_answer().await;
        switch.turn_off();
        server.release_answer().await;
        switch.wait_for_refusal().await;
        switch.turn_on();
    };
    let (page, ()) = tokio::join!(coming, cutting);
    assert_eq!(page.text("h1"), "Guarded", "{}", page.text("main"));
    assert_eq!(connection(&app).await.2, "active");
}

#[tokio::test]
async fn a_sign_in_whose_commit_answer_is_lost_is_stored_once() {
    let lossy = OnceLock::new();
    let app = TestApp::with(|dependencies| {
        let options = dependencies.databases.system.pool().connect_options();
        let lossy = lossy.get_or_init(|| LossyProxy::start(&options, "connection.created"));
        let options = lossy.options((*options).clone()).options([("app.system", "off")]);
        dependencies.databases.web = Db::new(PgPoolOptions::new().max_connections(4).connect_lazy_with(options));
    });
    let (app, server) = (app.await, GuardedServer::start().await);
    let alice = app.alice().await;
    let page = connect(&alice, &server).await;
    assert!(lossy.get().unwrap().lost_count() > 0, "no answer was lost");
    assert_eq!(page.text(".flash.ok p"), "Guarded is connected. It has 1 tool.");
    let created = app.audit_actions().await.iter().filter(|action| *action == "connection.created").count();
    assert_eq!((created, server.count("tokens").await), (1, 1));
    assert!(shows_answer(&app.run(&alice, ECHO, [("v/text", "once")]).await, "once"));
}
