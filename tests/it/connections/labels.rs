//! Changing a connection's label.

use http::StatusCode;

use super::{account, guarded, page_of};

#[tokio::test]
async fn a_label_change_is_stored_and_recorded() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let path = format!("{}/label", page.path());
    let form = alice.get(&path).await;
    assert_eq!(form.attr("#f-label", "value").as_deref(), Some("Account 1"));
    let saved = alice.submit(&form, "main form", [("label", "  At <home> ")]).await;
    assert_eq!((saved.path(), saved.text("h1")), (page.path(), "Guarded, At <home>".to_owned()));
    assert_eq!(app.audit_actions().await.last().unwrap(), "connection.renamed");

    let bob = app.bob().await;
    assert_eq!(bob.post(&path, &[("label", "Mine")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(page.path()).await.text("h1"), "Guarded, At <home>");
    // the same label again changes nothing
    alice.submit(&form, "main form", [("label", "At <home>")]).await;
    assert_eq!(app.audit_actions().await.iter().filter(|action| *action == "connection.renamed").count(), 1);
}

#[tokio::test]
async fn an_empty_long_or_taken_label_is_reported() {
    let (_app, alice, _server) = guarded().await;
    account(&alice, "Work").await;
    let form = alice.get(&format!("{}/label", page_of(&alice, "Guarded Work").await.path())).await;
    let long = "x".repeat(61);
    let taken = "You already have a connection to this service called “Account 1”. Choose another label";
    for (typed, told) in
        [("  ", "Enter a label"), (&long, "Enter a label of 60 characters or fewer"), ("Account 1", taken)]
    {
        let page = alice.submit(&form, "main form", [("label", typed)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(page.text(".summary li a"), told);
        assert_eq!(page.attr("#f-label", "value").as_deref(), Some(typed));
    }
}
