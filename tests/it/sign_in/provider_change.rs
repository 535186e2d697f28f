//! A server that names another authorization server than before: the user confirms it before the hub sends anything there.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::{add, consent};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

/// Adds a server to alice's connectors and signs in there.
async fn connected(server: &SignInServer) -> (TestApp, Browser) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = add(&alice, server).await;
    let page = consent(&alice, server, &page).await;
    assert_eq!(page.text(".flash.ok p"), "Odd is connected. It has 1 tool.");
    (app, alice)
}

/// Submits the form that signs in again, for the account with this label.
async fn sign_in_again(browser: &Browser, label: &str) -> Page {
    let form = browser.get(&format!("/connectors/odd/connection?label={}", label.replace(' ', "%20"))).await;
    browser.submit(&form, "main form", []).await
}

async fn count(app: &TestApp, action: &str) -> usize {
    app.audit_actions().await.iter().filter(|recorded| *recorded == action).count()
}

/// Asserts that no request to `provider` has a client id or a token of another provider.
fn assert_nothing_of(other: &SignInServer, provider: &SignInServer) {
    let port = other.url().port().unwrap();
    for request in provider.all_requests() {
        let shows = [format!("client-of-{port}"), format!("{port}-access"), format!("{port}-refresh")];
        assert!(!shows.iter().any(|secret| request.text.contains(secret)), "{request:?}");
    }
}

#[tokio::test]
async fn another_provider_is_named_and_gets_nothing_until_the_user_continues() {
    let (server, other) =
        (SignInServer::start(SignInRules::default()).await, SignInServer::start(SignInRules::default()).await);
    let (app, alice) = connected(&server).await;
    server.name_issuers(&[&other]);
    let page = sign_in_again(&alice, "Account 1").await;
    assert_eq!((page.status, page.text("h1").as_str()), (StatusCode::OK, "Continue to 127.0.0.1"));
    assert_eq!(page.texts(".kv dd"), [server.issuer(), other.issuer()]);
    for path in ["/register", "/authorize", "/token"] {
        assert!(other.requests(path).is_empty(), "{path} was requested before the user continued");
    }
    assert_eq!((count(&app, "provider.changed").await, count(&app, "client.registered").await), (0, 1));

    let page = alice.submit(&page, "main form", []).await;
    assert_eq!((count(&app, "provider.changed").await, count(&app, "client.registered").await), (1, 2));
    let page = consent(&alice, &other, &page).await;
    assert_eq!(page.text(".flash.ok p"), "Odd is connected again. It has 1 tool.");
    assert_nothing_of(&server, &other);
    // the next sign-in knows the new provider
    let page = sign_in_again(&alice, "Account 1").await;
    assert_eq!(
        page.attrs("main form", "action"),
        ["/connectors/odd/connection"],
        "only the new registration is a form"
    );
    consent(&alice, &other, &page).await;
    assert_eq!((count(&app, "provider.changed").await, other.requests("/register").len()), (1, 1));
}

#[tokio::test]
async fn grants_of_the_former_provider_are_not_shown_to_the_new_one() {
    let (server, other) =
        (SignInServer::start(SignInRules::default()).await, SignInServer::start(SignInRules::default()).await);
    let (app, alice) = connected(&server).await;
    let page = sign_in_again(&alice, "Work").await;
    consent(&alice, &server, &page).await;
    // a grant of an older hub has no recorded client
    let statement = "UPDATE user_connections SET oauth_client_id = NULL WHERE label = 'Work'";
    sqlx::query(statement).execute(app.app.system.pool()).await.unwrap();
    server.name_issuers(&[&other]);
    let page = sign_in_again(&alice, "Account 1").await;
    let page = alice.submit(&page, "main form", []).await;
    consent(&alice, &other, &page).await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    app.app.refresher.refresh_due().await.unwrap();
    assert_nothing_of(&server, &other);
    let reason = "SELECT reason FROM user_connections WHERE label = 'Work'";
    let reason: Option<String> = sqlx::query_scalar(reason).fetch_one(app.app.system.pool()).await.unwrap();
    assert!(reason.as_ref().is_some_and(|reason| reason.contains("Sign in again")), "{reason:?}");
}

#[tokio::test]
async fn a_known_provider_that_is_still_named_is_kept() {
    let (server, other) =
        (SignInServer::start(SignInRules::default()).await, SignInServer::start(SignInRules::default()).await);
    let (_app, alice) = connected(&server).await;
    server.name_issuers(&[&other, &server]);
    let page = sign_in_again(&alice, "Account 1").await;
    let link = page.attr("main a.btn", "href").unwrap();
    assert!(link.starts_with(&server.issuer()), "{link}");
    assert!(other.all_requests().is_empty());
}

#[tokio::test]
async fn a_new_provider_that_registers_nobody_asks_for_a_client_id() {
    let metadata = json!({ "registration_endpoint": null });
    let (server, other) = (
        SignInServer::start(SignInRules::default()).await,
        SignInServer::start(SignInRules { metadata, ..SignInRules::default() }).await,
    );
    let (app, alice) = connected(&server).await;
    server.name_issuers(&[&other]);
    let page = sign_in_again(&alice, "Account 1").await;
    let page = alice.submit(&page, "main form", []).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text("#f-client_id-e").contains("does not register clients by itself"), "{}", page.text("main"));
    let page = alice.submit(&page, "main form", [("client_id", "my-own")]).await;
    let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("{}", page.text("main")));
    assert!(link.starts_with(&other.issuer()) && link.contains("client_id=my-own"), "{link}");
    consent(&alice, &other, &page).await;
    assert_nothing_of(&server, &other);
    assert_eq!(count(&app, "provider.changed").await, 1);
}
