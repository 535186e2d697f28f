//! A refresh whose answer is lost: the provider may have spent the token, so the hub repeats the request once, after a pause.
#![expect(clippy::disallowed_methods, reason = "the test stands for the worker, which acts for the owner of a job")]

use std::time::Duration;

use craft::actor::Actor;
use craft::connections::CredentialAnswer;
use craft::ids::ConnectionId;

use super::{add, consent};
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

#[tokio::test]
async fn a_refresh_is_repeated_once_after_a_pause() {
    let (app, server) = (TestApp::new().await, SignInServer::start(SignInRules::default()).await);
    let alice = app.alice().await;
    let page = add(&alice, &server).await;
    consent(&alice, &server, &page).await;
    let connection = "SELECT id FROM user_connections WHERE secret_ref_refresh IS NOT NULL";
    let connection: ConnectionId = sqlx::query_scalar(connection).fetch_one(app.app.system.pool()).await.unwrap();
    app.app.clock.advance(Duration::from_secs(48 * 60));
    server.lose_token_answer();
    let actor = Actor::system(app.owner_of("alice").await);
    let answer = app.app.refresher.credential(&actor, &connection.into()).await.unwrap();
    assert!(matches!(answer, CredentialAnswer::Ready(it) if it.version == 2));
    assert!(server.last_pause("/token") >= Duration::from_secs(5), "{:?}", server.last_pause("/token"));
}
