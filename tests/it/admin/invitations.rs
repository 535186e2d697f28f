//! Invitations: from the form to the new account.

use std::time::Duration;

use craft::config::SignUp;
use http::StatusCode;

use super::{hub_log, sign_up};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

async fn invite(administrator: &Browser, email: &str) -> Page {
    let form = administrator.get("/admin/invitations").await;
    administrator.submit(&form, "form[action='/admin/invitations']", [("email", email)]).await
}

async fn accept(browser: &Browser, link: &str) -> Page {
    let form = browser.get(link).await;
    browser.submit(&form, "main form", [("display_name", "Carol"), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn an_invited_person_makes_an_account_although_sign_up_needs_an_invitation() {
    let app = TestApp::with(|it| it.sign_up = SignUp::Invite).await;
    let (owner, carol) = (app.owner().await, app.stranger());
    let page = invite(&owner, "carol@example.com").await;
    assert_eq!(page.texts("tbody th bdi"), ["carol@example.com"]);
    let mail = app.mails().await.pop().unwrap();
    assert!(mail.contains("To: carol@example.com") && mail.contains("owner invites you"), "{mail}");
    let link = app.link_in(&mail);
    let token = link.rsplit('/').next().unwrap();
    assert!(app.tables_with(token).await.is_empty(), "the token is stored");

    let form = carol.get(&link).await;
    assert!(form.text("main .lede").contains("carol@example.com"));
    let short = carol.submit(&form, "main form", [("display_name", "Carol"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(short.attr("#f-display_name", "value").as_deref(), Some("Carol"));
    let page = accept(&carol, &link).await;
    assert_eq!(page.path(), "/dashboard");
    assert_eq!(page.text(".who"), "Signed in as Carol", "an invited person does not administer the hub");
    assert_eq!(app.stranger().sign_in("carol@example.com", PASSWORD).await.path(), "/dashboard");

    let used = app.stranger().get(&link).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert!(!owner.get("/admin/invitations").await.has("tbody"), "a used invitation is not open");
    assert_eq!(hub_log(&app).await, ["person.invited by owner"]);
    let own = app.audit_actions().await.into_iter().filter(|action| action == "account.created").count();
    assert_eq!(own, 2, "the owner and carol");
}

#[tokio::test]
async fn an_invitation_expires_is_replaced_and_is_withdrawn() {
    let app = TestApp::with(|it| it.sign_up = SignUp::Invite).await;
    let (owner, carol) = (app.owner().await, app.stranger());
    invite(&owner, "carol@example.com").await;
    let first = app.newest_mailed_link().await;
    let page = invite(&owner, "CAROL@example.com").await;
    assert_eq!(page.texts("tbody th bdi"), ["CAROL@example.com"], "one invitation for an address");
    let second = app.newest_mailed_link().await;
    assert_eq!(carol.get(&first).await.status, StatusCode::NOT_FOUND);

    let withdrawal = page.attr("tbody a", "href").unwrap();
    let form = owner.get(&withdrawal).await;
    assert_eq!(form.text("h1"), "Withdraw the invitation to CAROL@example.com?");
    owner.submit(&form, "main form", []).await;
    assert_eq!(carol.get(&second).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get(&withdrawal).await.status, StatusCode::NOT_FOUND);

    invite(&owner, "carol@example.com").await;
    let third = app.newest_mailed_link().await;
    app.advance(Duration::from_hours(7 * 24)).await;
    let expired = carol.get(&third).await;
    assert_eq!(expired.status, StatusCode::GONE);
    assert!(expired.text("main").contains("work for 7 days"));
    let invited = "person.invited by owner";
    assert_eq!(hub_log(&app).await, [invited, invited, "invitation.withdrawn by owner", invited]);
}

#[tokio::test]
async fn an_address_with_an_account_is_not_invited() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("alice", false).await;
    for (email, fault) in [("alice@example.com", "already an account"), ("nonsense", "format name@example.com")] {
        let page = invite(&owner, email).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(page.text(".summary li").contains(fault), "{}", page.text(".summary"));
        assert_eq!(page.attr("#f-email", "value").as_deref(), Some(email));
    }
    assert!(app.mails().await.is_empty() && hub_log(&app).await.is_empty());
}

#[tokio::test]
async fn an_invitation_whose_address_got_an_account_changes_nothing() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    invite(&owner, "alice@example.com").await;
    let link = app.newest_mailed_link().await;
    app.account("alice", false).await;
    let page = app.stranger().get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text("main").contains("has an account already"), "{}", page.text("main"));
}

#[tokio::test]
async fn an_unconfirmed_sign_up_does_not_stand_in_the_way_of_the_invited_person() {
    let app = TestApp::new().await;
    let (owner, mallory, carol) = (app.owner().await, app.stranger(), app.stranger());
    sign_up(&mallory, "carol@example.com", "the password of mallory").await;
    let confirmation = app.newest_mailed_link().await;
    invite(&owner, "carol@example.com").await;
    let link = app.newest_mailed_link().await;
    assert_eq!(accept(&carol, &link).await.path(), "/dashboard");
    assert_eq!(mallory.get(&confirmation).await.status, StatusCode::NOT_FOUND);
    let stranger = mallory.sign_in("carol@example.com", "the password of mallory").await;
    assert_eq!(stranger.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_hub_that_is_closed_invites_nobody_and_takes_no_invitation() {
    let app = TestApp::with(|it| it.sign_up = SignUp::Invite).await;
    let owner = app.owner().await;
    invite(&owner, "carol@example.com").await;
    let link = app.newest_mailed_link().await;
    let closed = app.second_process_with(|it| it.sign_up = SignUp::Closed);
    let visitor = app.browser_of(closed.app.clone());
    let page = visitor.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text("main").contains("does not take new accounts"), "{}", page.text("main"));
    closed.stop().await;
}

#[tokio::test]
async fn without_a_mail_server_the_page_says_where_the_invitation_is() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let page = owner.get("/admin/invitations").await;
    assert!(page.text(".callout").contains("outbox folder of its data directory"), "{}", page.text("main"));
    let page = invite(&owner, "carol@example.com").await;
    assert!(page.text("#flash").contains("is a file in the outbox folder"), "{}", page.text("#flash"));
}
