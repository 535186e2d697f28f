//! OAuth sign-in to an MCP server: connecting, refreshing, disconnecting and connecting again.
#![expect(clippy::disallowed_methods, reason = "the tests stand for the worker, which acts for the owner of a job")]

mod concurrent_refresh;
mod further_tokens;
mod reauthorization;
mod refresh_failures;
mod retry_storage;

use std::time::Duration;

use craft::actor::Actor;
use craft::connections::CredentialAnswer;
use craft::ids::{ConnectionId, OwnerId};
use http::StatusCode;
use url::Url;

use crate::support::browser::Browser;
use crate::support::guarded_server::GuardedServer;
use crate::support::page::Page;
use crate::support::secret_search::tables_containing;
use crate::support::test_app::{PASSWORD, TestApp};

const ECHO: &str = "/connectors/guarded/tools/echo";

/// Enters the server's URL and returns the page that leads to the provider.
async fn start_sign_in(browser: &Browser, server: &GuardedServer) -> Page {
    let page = browser.get("/connectors/new/mcp").await;
    let fields = [("url", server.url().to_string()), ("name", "Guarded".to_owned())];
    let page = browser.submit(&page, "main form", fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text("main"));
    page
}

/// Consents at the provider and follows its redirect to the callback.
async fn finish_sign_in(browser: &Browser, server: &GuardedServer, page: &Page) -> Page {
    let home = server.consent(&page.attr("main a.btn", "href").unwrap()).await;
    browser.get(&local_path(&home)).await
}

fn local_path(home: &Url) -> String {
    assert_eq!(home.path(), "/oauth/callback");
    format!("{}?{}", home.path(), home.query().unwrap())
}

/// Adds the server as "Guarded" and signs in there.
pub(crate) async fn connect(browser: &Browser, server: &GuardedServer) -> Page {
    let page = start_sign_in(browser, server).await;
    let page = finish_sign_in(browser, server, &page).await;
    assert_eq!(page.text("h1"), "Guarded", "{}", page.text("main"));
    page
}

/// Signs in again from the connector's page.
async fn reconnect(browser: &Browser, server: &GuardedServer) -> Page {
    let page = browser.get("/connectors/guarded/connection?label=Account%201").await;
    let page = browser.submit(&page, "main form", []).await;
    finish_sign_in(browser, server, &page).await
}

/// Returns true if the job's page shows this text as the tool's result.
fn shows_answer(page: &Page, text: &str) -> bool {
    page.texts("#job-result pre").iter().any(|shown| shown == text)
}

async fn connection(app: &TestApp) -> (OwnerId, ConnectionId, String, Option<String>) {
    sqlx::query_as("SELECT owner_id, id, status, reason FROM user_connections WHERE secret_ref_access IS NOT NULL")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap()
}

async fn connections(app: &TestApp) -> i64 {
    let all = "SELECT count(*) FROM user_connections WHERE connector_id IN (SELECT id FROM connectors WHERE slug = 'guarded')";
    sqlx::query_scalar(all).fetch_one(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn a_server_that_requires_sign_in_is_connected_from_its_url() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, bob) = (app.alice().await, app.bob().await);

    let page = start_sign_in(&alice, &server).await;
    assert!(page.text("h1").starts_with("Continue to 127.0.0.1:"));
    let page = finish_sign_in(&alice, &server, &page).await;
    assert_eq!(page.text(".flash.ok p"), "Guarded is connected. It has 1 tool.");
    let job = app.run(&alice, ECHO, [("v/text", "hello")]).await;
    assert!(shows_answer(&job, "hello"));
    assert_eq!(
        app.audit_actions().await[4..],
        ["connector.added", "client.registered", "connection.created", "tools.discovered", "job.finished",]
    );

    // the second sign-in uses the registered client, and updates the connection
    reconnect(&alice, &server).await;
    assert_eq!((server.count("clients").await, connections(&app).await), (1, 1));
    assert_eq!(bob.get("/connectors/guarded").await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.get("/connectors/guarded/connection").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_callback_for_another_users_or_a_used_sign_in_stores_nothing() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, bob) = (app.alice().await, app.bob().await);
    let elsewhere = app.stranger();
    elsewhere.sign_in("alice@example.com", PASSWORD).await;
    let page = start_sign_in(&alice, &server).await;
    let home = local_path(&server.consent(&page.attr("main a.btn", "href").unwrap()).await);

    let refused = |page: Page, told: &str| {
        assert_eq!((page.status, page.text("h1").as_str()), (StatusCode::CONFLICT, "Not connected"));
        assert!(page.text("main").contains(told), "{}", page.text("main"));
    };
    refused(bob.get(&home).await, "You did not start this sign-in here");
    refused(elsewhere.get(&home).await, "was started in another browser");
    refused(alice.get("/oauth/callback?code=abc").await, "You did not start this sign-in here");
    refused(alice.get("/oauth/callback?code=abc&state=made-up").await, "You did not start this sign-in here");
    let stranger = app.stranger().get(&home).await;
    assert_eq!(stranger.text("h1"), "Sign in");
    assert_eq!(connections(&app).await, 0, "another user's callback was accepted");

    assert_eq!(alice.get(&home).await.text("h1"), "Guarded");
    refused(alice.get(&home).await, "has already been used");
    assert_eq!(connections(&app).await, 1);
}

#[tokio::test]
async fn an_expired_or_denied_sign_in_is_explained_and_can_be_repeated() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    let page = start_sign_in(&alice, &server).await;
    let late = local_path(&server.consent(&page.attr("main a.btn", "href").unwrap()).await);
    app.app.clock.advance(Duration::from_secs(600));
    let page = alice.get(&late).await;
    assert!(page.text("main").contains("took longer than ten minutes"), "{}", page.text("main"));
    assert_eq!(page.attr("main a.btn", "href").as_deref(), Some("/connectors/guarded/connection"));

    let page = alice.get("/connectors/guarded/connection").await;
    assert_eq!(page.texts("main ul li"), ["read"]);
    let page = alice.submit(&page, "main form", []).await;
    let link = Url::parse(&page.attr("main a.btn", "href").unwrap()).unwrap();
    let state = link.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let denied = format!("/oauth/callback?error=access_denied&error_description=You+said+no&state={state}");
    let page = alice.get(&denied).await;
    let told = "127.0.0.1 says that access was denied (You said no). Start again, and allow the access.";
    assert_eq!(page.text("main .lede"), told);
    assert_eq!(connections(&app).await, 0);
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.refused!access_denied");
    // a denied sign-in is used too
    let page = alice.get(&denied).await;
    assert!(page.text("main").contains("has already been used"), "{}", page.text("main"));

    assert_eq!(reconnect(&alice, &server).await.text("h1"), "Guarded");
}

#[tokio::test]
async fn without_client_registration_the_form_asks_for_a_client_id_and_keeps_its_values() {
    let (app, server) = (TestApp::new().await, GuardedServer::with(&["3600", "no-registration"]).await);
    let alice = app.alice().await;
    let page = start_sign_in(&alice, &server).await;
    assert_eq!((page.text("h1").as_str(), page.path()), ("Connect Guarded", "/connectors/guarded/connection"));
    let page = alice.submit(&page, "main form", [("label", "Work")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text("#f-client_id-e").contains("http://127.0.0.1:8080/oauth/callback"), "{}", page.text("main"));
    assert_eq!(page.attr("#f-label", "value").as_deref(), Some("Work"));
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_expires_and_once_after_a_rejection() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    app.run(&alice, ECHO, [("v/text", "fresh")]).await;
    assert_eq!(server.count("refreshes").await, 0, "a new token was refreshed");

    // a fifth of its lifetime is left
    app.advance(Duration::from_secs(48 * 60)).await;
    let job = app.run(&alice, ECHO, [("v/text", "ahead")]).await;
    assert!(shows_answer(&job, "ahead"));
    assert_eq!(server.count("refreshes").await, 1);

    server.control("end-access").await;
    let job = app.run(&alice, ECHO, [("v/text", "after a refusal")]).await;
    assert!(shows_answer(&job, "after a refusal"));
    assert_eq!(server.count("refreshes").await, 2);
    assert!(job.text("main").contains("The token was renewed; calling once more"), "{}", job.text("main"));
    let renewed = app.audit_actions().await.iter().filter(|action| *action == "connection.renewed").count();
    assert_eq!(renewed, 2);
}

#[tokio::test]
async fn a_revoked_grant_parks_its_jobs_until_the_owner_connects_again() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, before, ..) = connection(&app).await;
    server.control("kill").await;
    let job = app.start(&alice, ECHO, [("v/text", "patience")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let (_, _, status, reason) = connection(&app).await;
    assert_eq!(status, "expired");
    assert!(reason.as_ref().unwrap().contains("no longer accepts this sign-in"), "{reason:?}");
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("no longer accepts this sign-in (Access was withdrawn). Connect Guarded again"));
    assert_eq!(page.text(".verdict"), "Waiting for you. Then the job continues.");
    assert!(page.text("#job-head .step").contains("no longer accepts this sign-in"), "the head does not say why");
    let sign_in = alice.get(&page.attr("main .actions a.btn", "href").unwrap()).await;
    assert_eq!(sign_in.path(), "/connectors/guarded/connection?label=Account%201");
    assert_eq!(sign_in.text("h1"), "Connect Guarded");

    server.control("revive").await;
    let page = reconnect(&alice, &server).await;
    assert_eq!(
        page.text(".flash.ok p"),
        "Guarded is connected again. It has 1 tool. 1 job that waited for it will run now."
    );
    let page = app.wait_until_finished(&alice, job).await;
    assert!(shows_answer(&page, "patience"));
    let (_, after, status, reason) = connection(&app).await;
    assert_eq!((after, status.as_str(), reason), (before, "active", None), "a new connection was created");
}

#[tokio::test]
async fn a_late_invalid_grant_does_not_expire_a_new_sign_in() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (owner, id, ..) = connection(&app).await;
    app.app.clock.advance(Duration::from_secs(48 * 60));
    server.control("kill").await;
    server.hold_answer().await;
    let renewing = tokio::spawn({
        let refresher = app.app.refresher.clone();
        async move { refresher.credential(&Actor::system(owner), &id.into()).await }
    });
    server.wait_for_held_answer().await;
    // a new sign-in is stored meanwhile
    sqlx::query("UPDATE user_connections SET version = version + 1, next_attempt_at = NULL WHERE id = $1")
        .bind(id)
        .execute(app.app.system.pool())
        .await
        .unwrap();
    server.release_answer().await;
    assert!(matches!(renewing.await.unwrap().unwrap(), CredentialAnswer::Ready(it) if it.version == 2));
    assert_eq!(connection(&app).await.2, "active");
}

#[tokio::test]
async fn an_unreachable_provider_expires_no_connection() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = GuardedServer::start().await;
    connect(&alice, &server).await;
    let (owner, id, ..) = connection(&app).await;
    drop(server);
    app.app.clock.advance(Duration::from_secs(48 * 60));
    let process = app.second_process();
    let refresher = &process.app.refresher;
    let actor = Actor::system(owner);
    // the token is still valid for a fifth of its lifetime
    assert!(
        matches!(refresher.credential(&actor, &id.into()).await.unwrap(), CredentialAnswer::Ready(it) if it.version == 1)
    );
    app.app.clock.advance(Duration::from_secs(13 * 60));
    assert!(matches!(
        refresher.credential(&actor, &id.into()).await.unwrap(),
        CredentialAnswer::ProviderUnavailable { .. }
    ));
    let (.., status, reason) = connection(&app).await;
    assert_eq!(status, "active");
    assert!(reason.unwrap().contains("could not be reached"), "the page does not mention the failure");
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_and_deletes_both_tokens() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    let page = alice.get(&format!("/connections/{id}/disconnection")).await;
    assert!(page.text("main").contains("asks the service to revoke the access"), "{}", page.text("main"));
    let page = alice.submit(&page, "main form", []).await;
    assert_eq!(page.text(".flash.ok p"), "Guarded is disconnected.");
    assert_eq!((server.count("revocations").await, server.count("tokens").await), (1, 0));
    let tokens = "SELECT count(*) FROM secrets WHERE purpose LIKE 'connection.%'";
    let left: i64 = sqlx::query_scalar(tokens).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(left, 0);

    // the label is free again: the next sign-in creates a new connection
    assert_eq!(reconnect(&alice, &server).await.text(".flash.ok p"), "Guarded is connected. It has 1 tool.");
    let (_, again, ..) = connection(&app).await;
    assert_ne!(again, id);
}

#[tokio::test]
async fn a_failed_revocation_does_not_prevent_disconnecting() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    drop(server);
    let page = alice.get(&format!("/connections/{id}/disconnection")).await;
    let page = alice.submit(&page, "main form", []).await;
    let told = page.text(".flash.ok p");
    assert!(told.starts_with("Guarded is disconnected. A service could not be asked to end the access: "), "{told}");
    assert!(told.ends_with("End the access there as well."), "{told}");
}

#[tokio::test]
async fn signing_in_again_updates_the_connection_and_another_label_adds_one() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    let (_, id, ..) = connection(&app).await;
    let page = alice.get(&format!("/connections/{id}")).await;
    let again = page.attrs("main a", "href").into_iter().find(|href| href.contains("/connection?label=")).unwrap();
    let form = alice.get(&again).await;
    assert_eq!(form.attr("#f-label", "value").as_deref(), Some("Account 1"));
    let page = alice.submit(&form, "main form", []).await;
    assert_eq!(
        finish_sign_in(&alice, &server, &page).await.text(".flash.ok p"),
        "Guarded is connected again. It has 1 tool."
    );

    let form = alice.get("/connectors/guarded/connection").await;
    let refused = alice.submit(&form, "main form", [("label", "")]).await;
    assert_eq!(refused.text("#f-label-e"), "Error: Enter a label");
    let page = alice.submit(&refused, "main form", [("label", "Work")]).await;
    finish_sign_in(&alice, &server, &page).await;
    let labels: Vec<String> =
        sqlx::query_scalar("SELECT label FROM user_connections WHERE secret_ref_access IS NOT NULL ORDER BY id")
            .fetch_all(app.app.system.pool())
            .await
            .unwrap();
    assert_eq!((labels, connections(&app).await), (vec!["Account 1".to_owned(), "Work".to_owned()], 2));
}

#[tokio::test]
async fn no_token_verifier_or_client_secret_is_stored_or_shown_in_clear() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let alice = app.alice().await;
    let page = start_sign_in(&alice, &server).await;
    let secrets = || async {
        let rows: Vec<(OwnerId, uuid::Uuid)> =
            sqlx::query_as("SELECT owner_id, id FROM secrets").fetch_all(app.app.system.pool()).await.unwrap();
        let mut opened = Vec::new();
        for (owner, id) in rows {
            let mut tx = app.app.system.begin().await.unwrap();
            let reference =
                sqlx::query_scalar("SELECT 'vault://secrets/' || $1::text").bind(id).fetch_one(&mut *tx).await.unwrap();
            opened.push(app.app.vault.open(&mut tx, owner, &reference).await.unwrap().expose().to_owned());
        }
        opened
    };
    let mut known = secrets().await;
    assert_eq!(known.len(), 2, "the client's secret and the verifier");
    finish_sign_in(&alice, &server, &page).await;
    server.control("end-access").await;
    app.run(&alice, ECHO, [("v/text", "a row that is found")]).await;
    known.extend(secrets().await);
    assert_eq!(known.len(), 5, "the client's secret and both tokens; the verifier is gone");
    assert!(
        !tables_containing(app.app.system.pool(), &["a row that is found"]).await.is_empty(),
        "the search finds nothing"
    );
    assert_eq!(tables_containing(app.app.system.pool(), &known).await, [""; 0]);
    for path in ["/connections", "/connectors/guarded", "/audit", "/audit/export.ndjson"] {
        let page = alice.get(path).await.body;
        assert!(known.iter().all(|secret| !page.contains(secret.as_str())), "{path} shows a secret");
    }
}
