//! A server that rejects a token: after any request the token is refreshed once, or the connection's state says that it is over.

use std::time::Duration;

use super::{add, consent};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

/// Adds a server with these rules to alice's connectors and signs in there. Returns the page after the callback.
async fn signed_in(rules: SignInRules) -> (TestApp, Browser, SignInServer, Page) {
    let (app, server) = (TestApp::new().await, SignInServer::start(rules).await);
    let alice = app.alice().await;
    let page = add(&alice, &server).await;
    let page = consent(&alice, &server, &page).await;
    (app, alice, server, page)
}

/// Returns status and reason of the only connection with a token.
async fn state(app: &TestApp) -> (String, Option<String>) {
    let statement = "SELECT status, reason FROM user_connections WHERE secret_ref_access IS NOT NULL";
    sqlx::query_as(statement).fetch_one(app.app.system.pool()).await.unwrap()
}

async fn discover(app: &TestApp, browser: &Browser) -> Page {
    app.advance(Duration::from_secs(61)).await;
    let page = browser.get("/connectors/odd").await;
    browser.submit(&page, "form[action$='/discovery']", []).await
}

#[tokio::test]
async fn a_token_that_is_rejected_right_after_the_callback_is_refreshed() {
    let (app, _alice, server, page) = signed_in(SignInRules { refused_tokens: 1, ..SignInRules::default() }).await;
    assert_eq!(page.text(".flash.ok p"), "Odd is connected. It has 1 tool.");
    assert_eq!((server.requests("/token").len(), state(&app).await), (2, ("active".to_owned(), None)));
}

#[tokio::test]
async fn a_sign_in_whose_tokens_are_all_rejected_expires_and_says_so() {
    for (rules, reason) in [
        (
            SignInRules { refused_tokens: 9, ..SignInRules::default() },
            "Odd did not accept a token that it had just issued",
        ),
        (
            SignInRules { refused_tokens: 9, without_refresh: true, ..SignInRules::default() },
            "Odd no longer accepts the credential",
        ),
    ] {
        let (app, alice, _server, page) = signed_in(rules).await;
        assert_eq!(page.text(".flash.warn p"), format!("{reason}. Connect Odd again."));
        assert_eq!(state(&app).await, ("expired".to_owned(), Some(reason.to_owned())));
        let list = alice.get("/connections").await;
        assert!(list.text("main").contains(reason), "{}", list.text("main"));
    }
}

#[tokio::test]
async fn a_discovery_of_tools_refreshes_a_rejected_token() {
    let (app, alice, server, _) = signed_in(SignInRules::default()).await;
    server.refuse_tokens(0);
    let page = discover(&app, &alice).await;
    assert_eq!(page.text(".flash.ok p"), "Nothing has changed. Odd lists 1 tool as before.");
    assert_eq!((server.requests("/token").len(), state(&app).await.0.as_str()), (2, "active"));

    server.refuse_tokens(9);
    let page = discover(&app, &alice).await;
    let reason = "Odd did not accept a token that it had just issued";
    assert!(page.text(".flash.warn").contains(reason), "{}", page.text("main"));
    assert_eq!(state(&app).await, ("expired".to_owned(), Some(reason.to_owned())));
}
