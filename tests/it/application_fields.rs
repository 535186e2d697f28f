//! Values that an administrator enters with the hub's application: the token of a bot, which some tools present.

use http::StatusCode;

use crate::services::{ship, sign_in_at};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;
use crate::support::tides_service::{BOT_TOKEN, CLIENT, TidesService};

const APPLICATION: &str = "/connectors/beacons/application";
const TOOL: &str = "/connectors/beacons/tools/list_levels";

async fn start() -> (TestApp, TidesService) {
    let (app, tides) = (TestApp::new().await, TidesService::start().await);
    ship(&app, [tides.beacons()]).await;
    (app, tides)
}

async fn enter_application<const N: usize>(owner: &Browser, fields: [(&str, &str); N]) -> Page {
    owner.submit(&owner.get(APPLICATION).await, "main form", fields).await
}

#[tokio::test]
async fn a_tool_presents_the_token_of_the_bot_and_nobody_reads_it() {
    let (app, _tides) = start().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    let client = [("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
    let page = enter_application(&owner, client).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.text("#f-bot_token-e"), "Error: Enter the token of the bot");
    assert_eq!(page.attr("#f-client_id", "value").as_deref(), Some(CLIENT.0));

    let [id, secret] = client;
    let page = enter_application(&owner, [id, secret, ("bot_token", BOT_TOKEN), ("slug", "north")]).await;
    assert!(page.has(".flash.ok"), "{}", page.text("main"));
    let page = owner.get(APPLICATION).await;
    assert_eq!(page.attr("#f-slug", "value").as_deref(), Some("north"));
    assert!(!page.body.contains(BOT_TOKEN));

    assert!(sign_in_at(&app, &alice, "beacons", "Default").await.has(".flash.ok"));
    let page = app.run(&alice, TOOL, []).await;
    assert_eq!(page.text("#job-result tbody td"), "north");
    assert!(!page.body.contains(BOT_TOKEN), "the service repeated the token, and the page shows it");
    let job = alice.get(&format!("{}.json", page.path())).await;
    assert!(job.body.contains("north") && !job.body.contains(BOT_TOKEN), "{}", job.body);
}

#[tokio::test]
async fn an_empty_secret_keeps_the_former_one_and_a_new_client_asks_for_it() {
    let (app, tides) = start().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    let (id, secret) = (("client_id", CLIENT.0), ("client_secret", CLIENT.1));
    enter_application(&owner, [id, secret, ("bot_token", BOT_TOKEN), ("slug", "north")]).await;
    let page = enter_application(&owner, [("slug", "south")]).await;
    assert!(page.has(".flash.ok"), "{}", page.text("main"));
    sign_in_at(&app, &alice, "beacons", "Default").await;
    assert_eq!(app.run(&alice, TOOL, []).await.text("#job-result tbody td"), "south");

    tides.add_client("another", "s3cret");
    let page = enter_application(&owner, [("client_id", "another"), ("client_secret", "s3cret")]).await;
    assert_eq!(page.text("#f-bot_token-e"), "Error: Enter the token of the bot");
}
