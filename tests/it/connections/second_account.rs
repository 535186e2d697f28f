//! Connecting a second account of a service.

use http::StatusCode;

use super::{GUARDED, account, add, count, guarded, rows};
use crate::support::test_app::TestApp;

const FORM: &str = "/connectors/guarded/connection";

#[tokio::test]
async fn a_second_account_gets_another_label() {
    let (app, alice, server) = guarded().await;
    let service = alice.get(GUARDED).await;
    let link = ".page-head .actions a[href$='/connection']";
    assert_eq!(
        (service.text(link).as_str(), service.attr(link, "href").as_deref()),
        ("Add another account", Some(FORM))
    );
    let added = account(&alice, " Work ").await;
    assert_eq!((added.path(), added.text(".flash.ok p").as_str()), (GUARDED, "Guarded is connected."));
    assert_eq!(
        added.texts("section[aria-labelledby=connections-heading] tbody th"),
        ["Account 1 used by default", "Work"]
    );
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.created");
    assert_eq!(count(&app, "secrets").await, 2);

    // Bob has a service with the same name, and another one
    let bob = app.bob().await;
    assert_eq!(bob.get(FORM).await.status, StatusCode::NOT_FOUND);
    add(&bob, &server).await;
    account(&bob, "Work").await;
    assert_eq!(rows(&bob.get("/connections").await).len(), 2);
}

#[tokio::test]
async fn a_taken_label_and_a_rejected_token_are_reported_on_their_fields() {
    let (app, alice, server) = guarded().await;
    let form = alice.get(FORM).await;
    let visits = server.request_count();
    let blank = alice.submit(&form, "main form", [("label", ""), ("token", " ")]).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(blank.texts(".summary li a"), ["Enter a label", "Enter the token or key"]);
    assert_eq!(server.request_count(), visits, "the service was asked for nothing");
    let taken = account(&alice, "Account 1").await;
    assert_eq!(taken.attr(".summary li a", "href").as_deref(), Some("#f-label"));
    assert_eq!(taken.attr("#f-label", "value").as_deref(), Some("Account 1"));
    let refused = alice.submit(&form, "main form", [("label", "Work"), ("token", "wrong")]).await;
    assert_eq!(refused.attr(".summary li a", "href").as_deref(), Some("#f-token"));
    assert_eq!(refused.attr("#f-label", "value").as_deref(), Some("Work"));
    assert!(!refused.body.contains("wrong"));
    assert_eq!((count(&app, "secrets").await, count(&app, "user_connections").await), (1, 1));
}

#[tokio::test]
async fn a_service_without_credential_offers_no_second_account() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/connectors/workbench").await;
    assert!(!page.has("a[href$='/connection']"));
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    assert!(!alice.get("/connectors/workbench").await.has("a[href$='/connection']"));
    assert_eq!(alice.get("/connectors/workbench/connection").await.path(), "/connectors/workbench");
}
