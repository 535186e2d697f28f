//! Callers in several processes that need a fresh token at once.

use std::sync::Arc;
use std::time::Duration;

use craft::actor::Actor;
use craft::connections::CredentialAnswer;
use tokio::task::JoinSet;

use super::{connect, connection};
use crate::support::guarded_server::GuardedServer;
use crate::support::test_app::TestApp;

#[tokio::test]
async fn concurrent_callers_refresh_a_token_once() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (owner, connection, ..) = connection(&app).await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    server.hold_answer().await;

    // four processes with eight workers each: they share the database, and nothing else
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let process = Arc::new(app.second_process());
        for _ in 0..8 {
            let process = process.clone();
            workers.spawn(async move {
                let actor = Actor::system(owner);
                match process.app.refresher.credential(&actor, &connection.into()).await.unwrap() {
                    CredentialAnswer::Ready(it) => (it.version, it.token.unwrap().expose().to_owned()),
                    other => panic!("{other:?}"),
                }
            });
        }
    }
    server.wait_for_held_answer().await;
    server.release_answer().await;
    let mut presented = workers.join_all().await;
    presented.dedup();
    assert_eq!((presented.len(), presented[0].0, server.count("refreshes").await), (1, 2, 1));
}
