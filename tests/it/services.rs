//! Shipped REST services: visible to administrators, connected with a key or a sign-in, refreshed, replaced and revoked.

use std::time::Duration;

use craft::connectors::{AuthKind, FieldKind, Shipped, Transport, shipped};
use craft::serve;
use craft::workbench::Workbench;
use http::StatusCode;
use url::Url;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;
use crate::support::tides_service::{CLIENT, KEY, OTHERS_KEY, TidesService};

/// Starts a hub that also ships the test service.
pub(crate) async fn start() -> (TestApp, TidesService) {
    let (app, tides) = (TestApp::new().await, TidesService::start().await);
    ship(&app, tides.shipped()).await;
    (app, tides)
}

/// Ships these connectors beside those of the hub.
pub(crate) async fn ship(app: &TestApp, connectors: impl IntoIterator<Item = Shipped>) {
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    let all: Vec<Shipped> = shipped().unwrap().into_iter().chain(connectors).collect();
    serve::ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let all = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(app.app.system.pool()).await.unwrap()
}

pub(crate) async fn connect_by_key(owner: &Browser, harbour: &str, key: &str) -> Page {
    let page = owner.get("/connectors/tides/connection").await;
    owner.submit(&page, "main form", [("harbour", harbour), ("api_key", key)]).await
}

/// Enters the OAuth application that the provider knows.
async fn enter_application(owner: &Browser) {
    let page = owner.get("/connectors/harbours/application").await;
    let page = owner.submit(&page, "main form", [("client_id", CLIENT.0), ("client_secret", CLIENT.1)]).await;
    assert_eq!(page.text(".flash.ok p"), "The OAuth application is stored. Harbours can be connected now.");
}

/// Signs in for the connection with this label, and returns the page after the callback.
async fn sign_in(app: &TestApp, owner: &Browser, label: &str) -> Page {
    sign_in_at(app, owner, "harbours", label).await
}

/// Signs in for the connection of this connector, and returns the page after the callback.
pub(crate) async fn sign_in_at(app: &TestApp, owner: &Browser, connector: &str, label: &str) -> Page {
    let page = owner.get(&format!("/connectors/{connector}/connection?label={}", label.replace(' ', "%20"))).await;
    let page = owner.submit(&page, "main form", [("harbour", "dover")]).await;
    let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("{}", page.text("main")));
    let request = craft::egress::Request::new(http::Method::GET, Url::parse(&link).unwrap());
    let answer = app.app.egress.send(request).await.unwrap();
    let home = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    owner.get(&format!("{}?{}", home.path(), home.query().unwrap())).await
}

#[tokio::test]
async fn only_administrators_see_a_service_without_tools() {
    let (app, _tides) = start().await;
    let (alice, owner) = (app.alice().await, app.owner().await);
    assert_eq!(owner.get("/connectors?q=harbours").await.texts(".card h3"), ["Harbours"]);
    let page = owner.get("/connectors/harbours").await;
    assert!(page.text("main").contains("Other users do not see this page"), "{}", page.text("main"));
    assert!(alice.get("/connectors?q=harbours").await.texts(".card h3").is_empty());
    for path in ["/connectors/harbours", "/connectors/harbours/connection", "/connectors/harbours/application"] {
        assert_eq!(alice.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(alice.post(path, &[("client_id", "x")]).await.status.as_u16() / 100, 4, "{path}");
    }
    // an MCP connector has no application
    assert_eq!(owner.get("/connectors/workbench/application").await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/connectors/stripe/application").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_is_stored_after_the_service_accepted_it() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let page = owner.submit(&owner.get("/connectors/tides/connection").await, "main form", [("label", "")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.texts(".summary a").len(), 3, "all faults are told at once: {}", page.text("main"));

    let page = connect_by_key(&owner, "dover", "tk_wr0ng").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text("#f-api_key-e").contains("127.0.0.1 did not accept the credential (HTTP 401)"));
    assert_eq!(page.attr("#f-harbour", "value").as_deref(), Some("dover"));
    assert!(!page.text("body").contains("tk_wr0ng") && page.attr("#f-api_key", "value").is_none());
    assert_eq!((count(&app, "user_connections").await, count(&app, "secrets").await), (0, 0));

    let page = connect_by_key(&owner, "dover", KEY).await;
    assert_eq!(page.text(".flash.ok p"), "Tides has accepted the key, and is connected.");
    assert_eq!(page.text("h1"), "Tides");
    assert!(page.text("dl.kv").contains("alice of dover"), "{}", page.text("dl.kv"));
    assert!(page.text("dl.kv").contains("A key, stored encrypted"), "{}", page.text("dl.kv"));
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.created");
}

#[tokio::test]
async fn a_key_is_replaced_by_another_of_the_same_account() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let connection = connect_by_key(&owner, "dover", KEY).await.path().to_owned();
    let form = format!("{connection}/token");
    let page = owner.get(&form).await;
    assert_eq!(page.text("h1"), "Replace the key of Tides");
    assert_eq!(page.attr("#f-harbour", "value").as_deref(), Some("dover"), "what was entered is to be typed again");

    let page = owner.submit(&page, "main form", [("api_key", OTHERS_KEY)]).await;
    let told = page.text("#f-api_key-e");
    assert!(told.contains("This is the account bob of dover, and the connection is that of alice of dover"), "{told}");
    let page = owner.submit(&owner.get(&form).await, "main form", [("harbour", "hull"), ("api_key", KEY)]).await;
    assert_eq!(page.text(".flash.ok p"), "The key is replaced. Tides has accepted the new one.");
    assert_eq!(page.path(), connection);
    assert!(page.text("dl.kv").contains("alice of hull"));
    assert_eq!(count(&app, "secrets").await, 1, "the former key is still there");

    let page = owner.submit(&owner.get(&format!("{connection}/disconnection")).await, "main form", []).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(count(&app, "secrets").await, 0);
}

#[tokio::test]
async fn an_administrator_enters_the_application_for_all_users() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let page = owner.get("/connectors/harbours/connection").await;
    assert!(page.text(".callout.warn").contains("Not ready yet") && !page.has("main form[method=post]"));
    assert_eq!(page.attr(".callout.warn a", "href").as_deref(), Some("/connectors/harbours/application"));

    let page = owner.get("/connectors/harbours/application").await;
    assert_eq!(page.text("#callback"), "http://127.0.0.1:8080/oauth/callback");
    let page = owner.submit(&page, "main form", [("client_id", CLIENT.0)]).await;
    assert_eq!(page.text("#f-client_secret-e"), "Error: Enter the client secret");
    assert_eq!(page.attr("#f-client_id", "value").as_deref(), Some(CLIENT.0));
    enter_application(&owner).await;

    let page = owner.get("/connectors/harbours/application").await;
    assert_eq!(page.attr("#f-client_id", "value").as_deref(), Some(CLIENT.0));
    assert!(!page.text("html").contains(CLIENT.1));
    // an empty secret field keeps the stored secret
    let page = owner.submit(&page, "main form", []).await;
    assert!(page.has(".flash.ok"), "{}", page.text("main"));
    let page = sign_in(&app, &owner, "Account 1").await;
    assert_eq!(page.text(".flash.ok p"), "Harbours is connected as alice of dover.", "{}", page.text("main"));
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT o::text FROM oauth_clients o UNION ALL SELECT s::text FROM secrets s")
            .fetch_all(app.app.system.pool())
            .await
            .unwrap();
    assert!(!stored.is_empty() && stored.iter().all(|row| !row.contains(CLIENT.1)));
}

#[tokio::test]
async fn a_grant_is_refreshed_and_revoked_with_its_own_application() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    enter_application(&owner).await;
    sign_in(&app, &owner, "Account 1").await;
    // the next account connects with the application that is entered now
    tides.add_client("newer", "n3wer-secret");
    let page = owner.get("/connectors/harbours/application").await;
    owner.submit(&page, "main form", [("client_id", "newer"), ("client_secret", "n3wer-secret")]).await;
    sign_in(&app, &owner, "Second").await;

    app.app.clock.advance(Duration::from_secs(48 * 60));
    let renewed = app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(renewed, 2);
    let asked = tides.token_requests();
    for of in [
        "authorization_code of hub-at-tides",
        "authorization_code of newer",
        "refresh_token of hub-at-tides",
        "refresh_token of newer",
    ] {
        assert!(asked.iter().any(|it| it == of), "{of}: {asked:?}");
    }
    let page = owner.get("/connections").await;
    for place in page.attrs("tbody th a", "href") {
        let page = owner.get(&place).await;
        assert!(page.text("dl.kv").contains("Read the water levels"), "{}", page.text("dl.kv"));
        let page = owner.submit(&owner.get(&format!("{place}/disconnection")).await, "main form", []).await;
        assert!(page.has(".flash.ok"), "{}", page.text("main"));
    }
    let ended = tides.revoked_tokens();
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert!(ended.iter().all(|token| token.starts_with("rt-alice-")), "{ended:?}");
}

#[tokio::test]
async fn a_connection_keeps_its_account() {
    let (app, tides) = start().await;
    let owner = app.owner().await;
    enter_application(&owner).await;
    sign_in(&app, &owner, "Account 1").await;
    tides.set_account("bob");
    let page = sign_in(&app, &owner, "Account 1").await;
    assert_eq!(page.text("h1"), "Not connected");
    let told = page.text("main .lede");
    assert!(told.contains("This is the account bob of dover, and the connection is that of alice of dover"), "{told}");
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.refused!another_account");
    let page = sign_in(&app, &owner, "Bob").await;
    assert_eq!(page.text(".flash.ok p"), "Harbours is connected as bob of dover.");
    tides.hide_account();
    let told = sign_in(&app, &owner, "Bob").await.text("main .lede");
    assert!(told.contains("did not say whose account this is, and the connection is that of bob of dover"), "{told}");
    assert_eq!(count(&app, "user_connections").await, 2);
}

#[tokio::test]
async fn every_shipped_service_shows_its_fields_and_links_to_its_provider() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let rest = |it: &Shipped| it.transport == Transport::Rest;
    let services: Vec<_> = shipped().unwrap().into_iter().filter(rest).collect();
    assert!(services.len() >= 21);
    for service in services {
        let (slug, descriptor) = (service.slug.as_str(), service.descriptor.unwrap());
        let place = format!("/connectors/{slug}/connection");
        if service.auth == AuthKind::OAuth {
            let page = owner.get(&format!("/connectors/{slug}/application")).await;
            let client = [("client_id".to_owned(), "hub"), ("client_secret".to_owned(), "hush")];
            let others = descriptor.application_fields.iter().map(|field| (field.name.clone(), "acme"));
            let typed: Vec<_> = client.into_iter().chain(others).collect();
            let stored = owner.post(page.path(), &typed).await;
            assert_eq!(stored.status, StatusCode::SEE_OTHER, "{slug}: {}", stored.text("main"));
        }
        let page = owner.get(&place).await;
        assert_eq!(page.text("h1"), format!("Connect {}", service.name), "{}", page.text("main"));
        for field in &descriptor.fields {
            assert!(page.has(&format!("#f-{}", field.name)), "{slug} does not ask for {}", field.name);
        }
        let empty = owner.submit(&page, "main form", []).await;
        let needed = descriptor.fields.iter().filter(|field| !field.optional).count();
        assert_eq!(empty.texts(".summary a").len(), needed, "{slug}: {}", empty.text("main"));
        // no typed value changes the provider's host
        for field in descriptor.fields.iter().filter(|it| matches!(it.kind, FieldKind::Domain | FieldKind::DomainLabel))
        {
            for evil in ["evil.example/?x=", "127.0.0.1", "localhost"] {
                let page = owner.submit(&page, "main form", [(field.name.as_str(), evil)]).await;
                let is_word = evil == "localhost" && field.kind == FieldKind::DomainLabel;
                assert_eq!(!page.has(&format!("#f-{}-e", field.name)), is_word, "{slug}, {}: {evil}", field.name);
                // a word is a host of the provider, so the sign-in goes on there
                if !(is_word && service.auth == AuthKind::OAuth) {
                    assert_eq!(page.attr(&format!("#f-{}", field.name), "value").as_deref(), Some(evil));
                }
            }
        }
        if service.auth == AuthKind::OAuth {
            let typed: Vec<_> = descriptor
                .fields
                .iter()
                .map(|field| (field.name.clone(), field.example.clone().unwrap_or_else(|| "acme".to_owned())))
                .chain([("label".to_owned(), "Account 1".to_owned())])
                .collect();
            let page = owner.post(&place, &typed).await;
            let page =
                owner.get(page.header("location").unwrap_or_else(|| panic!("{slug}: {}", page.text("main")))).await;
            let link = Url::parse(&page.attr("main a.btn", "href").unwrap()).unwrap();
            assert_eq!(link.scheme(), "https");
            let query: Vec<_> = link.query_pairs().map(|(name, _)| name.into_owned()).collect();
            assert!(query.iter().any(|name| name == "state") && query.iter().any(|name| name == "client_id"), "{link}");
        }
    }
}

/// Checks a connection; returns the results and the page that shows them.
async fn check_up(app: &TestApp, owner: &Browser, connection: &str) -> (Vec<String>, Page) {
    let form = owner.get(&format!("{connection}/checkup")).await;
    let job = owner.submit(&form, "form[action$='/checkup']", []).await;
    let page = app.wait_until_finished(owner, job.path().rsplit('/').next().unwrap().parse().unwrap()).await;
    (page.attrs(".checks > li", "data-result"), page)
}

#[tokio::test]
async fn a_rest_service_is_checked_with_its_check_call() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    let by_key = connect_by_key(&owner, "dover", KEY).await.path().to_owned();
    let (results, page) = check_up(&app, &owner, &by_key).await;
    assert_eq!(results, ["passed"; 3], "{}", page.text("main"));

    enter_application(&owner).await;
    sign_in(&app, &owner, "Account 1").await;
    let places = owner.get("/connections").await.attrs("tbody th a", "href");
    let signed_in = places.into_iter().find(|place| *place != by_key).unwrap();
    let (results, page) = check_up(&app, &owner, &signed_in).await;
    assert_eq!(results, ["passed"; 5], "{}", page.text("main"));

    // a wrong client secret prevents refreshes, but the current token stays valid
    let page = owner.get("/connectors/harbours/application").await;
    owner.submit(&page, "main form", [("client_id", CLIENT.0), ("client_secret", "wr0ng")]).await;
    let (results, page) = check_up(&app, &owner, &signed_in).await;
    assert_eq!(results, ["passed", "passed", "failed", "passed", "passed"], "{}", page.text("main"));
    assert!(
        page.text("[data-result=failed]").contains("An administrator has to check the hub’s OAuth application there.")
    );
}

#[tokio::test]
async fn administrators_hear_once_that_the_shared_application_is_rejected() {
    let (app, _tides) = start().await;
    let owner = app.owner().await;
    enter_application(&owner).await;
    sign_in(&app, &owner, "Account 1").await;
    let path = "/connectors/harbours/application";
    let enter = async |secret: &str| {
        owner.submit(&owner.get(path).await, "main form", [("client_id", CLIENT.0), ("client_secret", secret)]).await
    };
    enter("wr0ng").await;
    assert!(!owner.get(path).await.has(".callout.warn"), "nobody has tried it yet");
    let told =
        async || app.mails().await.iter().filter(|mail| mail.contains("/connectors/harbours/application")).count();
    for _ in 0..2 {
        app.app.clock.advance(Duration::from_secs(48 * 60));
        app.app.refresher.refresh_due().await.unwrap();
        assert_eq!(told().await, 1);
    }
    let page = owner.get(path).await;
    assert_eq!(page.text(".callout.warn h2"), "Harbours does not accept this application");
    assert!(page.text(".callout.warn p").starts_with("127.0.0.1 does not accept the hub’s client id or secret"));

    // a sign-in fails too; the repaired application serves the waiting jobs
    enter(CLIENT.1).await;
    assert!(!owner.get(path).await.has(".callout.warn"));
    enter("wr0ng").await;
    let refused = sign_in(&app, &owner, "Second").await;
    assert_eq!(refused.text("h1"), "Not connected");
    let advice = "Ask an administrator to check the hub’s OAuth application there";
    assert!(refused.text("main").contains(advice), "{}", refused.text("main"));
    assert!(owner.get(path).await.has(".callout.warn"));
    app.app.refresher.refresh_due().await.unwrap();
    assert_eq!(told().await, 2);
    enter(CLIENT.1).await;
    app.app.refresher.refresh_due().await.unwrap();
    assert!(!owner.get(path).await.has(".callout.warn"));
    assert_eq!(
        sign_in(&app, &owner, "Second").await.text(".flash.ok p"),
        "Harbours is connected as alice of dover. “Account 1” leads to the same account: if one is enough, disconnect the other."
    );
}
