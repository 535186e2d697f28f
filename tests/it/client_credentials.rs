//! A service whose users enter the id and the secret of an application: the hub gets access tokens with them.

use std::time::Duration;

use craft::connectors::Shipped;
use http::StatusCode;

use crate::services::ship;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;
use crate::support::tides_service::{CLIENT, KEY, TidesService};

const FORM: &str = "/connectors/lighthouses/connection";

async fn start() -> (TestApp, TidesService, Browser) {
    let (app, tides) = (TestApp::new().await, TidesService::start().await);
    let lighthouses: Shipped = tides.lighthouses();
    ship(&app, [lighthouses]).await;
    let owner = app.owner().await;
    (app, tides, owner)
}

async fn connect(owner: &Browser, id: &str, secret: &str) -> Page {
    let form = owner.get(FORM).await;
    owner.submit(&form, "main form", [("harbour", "dover"), ("app_id", id), ("app_secret", secret)]).await
}

/// Returns whether each connection has a secret to refresh with, and whether its token expires.
async fn stored(app: &TestApp) -> Vec<(bool, bool)> {
    let all = "SELECT secret_ref_refresh IS NOT NULL, expires_at IS NOT NULL FROM user_connections ORDER BY id";
    sqlx::query_as(all).fetch_all(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn the_application_is_exchanged_for_a_token_that_is_renewed() {
    let (app, tides, owner) = start().await;
    let page = connect(&owner, CLIENT.0, CLIENT.1).await;
    assert_eq!(page.text(".flash.ok p"), "Lighthouses has accepted the key, and is connected.");
    assert!(page.text("dl.kv").contains("client of dover"), "{}", page.text("dl.kv"));
    assert_eq!(tides.token_requests(), ["client_credentials of hub-at-tides"]);
    assert_eq!(stored(&app).await, [(true, true)]);
    assert!(!page.text("body").contains(CLIENT.1));

    app.advance(Duration::from_mins(55)).await;
    assert_eq!(app.app.refresher.refresh_due().await.unwrap(), 1);
    assert_eq!(tides.token_requests().len(), 2);
    app.advance(Duration::from_mins(30)).await;
    let checked = owner.get(page.path()).await;
    assert!(checked.text("main").contains("Connected"), "{}", checked.text("main"));
}

#[tokio::test]
async fn a_wrong_secret_is_told_at_its_field_and_a_withdrawn_one_asks_for_another() {
    let (app, tides, owner) = start().await;
    let page = connect(&owner, CLIENT.0, "wr0ng").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = page.text("#f-app_secret-e");
    assert!(told.contains("127.0.0.1 does not accept the client id or the client secret. Check that both"), "{told}");
    assert_eq!(page.attr("#f-app_id", "value").as_deref(), Some(CLIENT.0), "what was typed stays");
    assert!(!page.body.contains("wr0ng") && stored(&app).await.is_empty());

    let connection = connect(&owner, CLIENT.0, CLIENT.1).await.path().to_owned();
    tides.remove_client(CLIENT.0);
    app.advance(Duration::from_mins(55)).await;
    app.app.refresher.refresh_due().await.unwrap();
    let page = owner.get(&connection).await;
    assert!(page.text("main").contains("does not accept the client id or the client secret"), "{}", page.text("main"));

    tides.add_client("new-client", "new-secret");
    let form = owner.get(&format!("{connection}/token")).await;
    let form = owner.submit(&form, "main form", [("app_id", "new-client"), ("app_secret", "new-secret")]).await;
    assert_eq!(form.text(".flash.ok p"), "The key is replaced. Lighthouses has accepted the new one.");
    assert_eq!(stored(&app).await, [(true, true)]);
}

#[tokio::test]
async fn an_older_token_can_be_entered_instead_and_not_both() {
    let (app, _tides, owner) = start().await;
    let told = |page: &Page, field: &str| page.text(&format!("#f-{field}-e"));
    let page = connect(&owner, "", "").await;
    assert_eq!(told(&page, "app_id"), "Error: Enter the client ID and the client secret, or the access token");
    let page = connect(&owner, CLIENT.0, "").await;
    assert_eq!(told(&page, "app_secret"), "Error: Enter the client secret that belongs to the client ID");
    let page = connect(&owner, "", CLIENT.1).await;
    assert_eq!(told(&page, "app_id"), "Error: Enter the client ID that belongs to the client secret");
    let both = [("harbour", "dover"), ("app_id", CLIENT.0), ("access_token", KEY)];
    let page = owner.submit(&owner.get(FORM).await, "main form", both).await;
    assert_eq!(
        told(&page, "access_token"),
        "Error: Enter either the access token, or the client ID and the client secret"
    );

    let token = [("harbour", "dover"), ("access_token", KEY)];
    let page = owner.submit(&owner.get(FORM).await, "main form", token).await;
    assert!(page.text("dl.kv").contains("alice of dover"), "{}", page.text("dl.kv"));
    assert_eq!(stored(&app).await, [(false, false)]);
}
