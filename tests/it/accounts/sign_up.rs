//! Making an account.

use craft::accounts::{self, NewAccount, NewUser, Visitor};
use craft::config::SignUp;
use craft::error::Error;
use craft::secret::Secret;
use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

pub(super) async fn sign_up(browser: &Browser, email: &str, password: &str) -> Page {
    let page = browser.get("/sign-up").await;
    let fields = [("email", email), ("display_name", "Carol"), ("password", password)];
    browser.submit(&page, "form[action='/sign-up']", fields).await
}

#[tokio::test]
async fn a_visitor_signs_up_confirms_by_mail_and_signs_in() {
    let app = TestApp::new().await;
    let carol = app.stranger();

    let page = sign_up(&carol, "carol@example.com", PASSWORD).await;
    assert_eq!(page.path(), "/sign-up/check-email");
    assert!(page.text("main").contains("carol@example.com"), "{}", page.text("main"));

    let page = carol.get(&app.newest_mailed_link().await).await;
    assert_eq!(page.text("h1"), "Confirm your email address");
    let page = carol.submit(&page, "main form", []).await;
    assert_eq!(page.path(), "/sign-in");
    assert!(page.text("#flash").contains("confirmed"));

    assert_eq!(carol.sign_in("carol@example.com", PASSWORD).await.path(), "/dashboard");
    assert_eq!(app.audit_actions().await, ["account.created", "account.confirmed", "session.started"]);
}

#[tokio::test]
async fn what_was_typed_is_kept_except_the_password() {
    let app = TestApp::new().await;
    let page = sign_up(&app.stranger(), "carol@example", "too short").await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text("title").starts_with("Error: "));
    assert_eq!(page.texts(".summary li"), ["Enter a password of 10 characters or more"]);
    assert_eq!(page.attr("#f-email", "value").as_deref(), Some("carol@example"));
    assert_eq!(page.attr("#f-password", "aria-invalid").as_deref(), Some("true"));
    assert!(!page.body.contains("too short"));
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn a_taken_address_gets_the_same_page_and_its_owner_a_note() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let (taken, free) = (app.stranger(), app.stranger());
    let other = "a password of my own";

    let for_taken = sign_up(&taken, "ALICE@example.com", other).await;
    let note = app.mails().await.pop().unwrap();
    let for_free = sign_up(&free, "carol@example.com", other).await;

    assert_eq!(for_taken.text("main").replace("ALICE", "carol"), for_free.text("main"));
    assert!(note.contains("already has an account"), "{note}");
    assert!(note.contains("/sign-in"), "{note}");
    assert_eq!(app.stranger().sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
    assert_eq!(app.stranger().sign_in("alice@example.com", other).await.path(), "/sign-in");
}

#[tokio::test]
async fn a_stranger_cannot_prepare_an_account_for_somebody_elses_address() {
    let app = TestApp::new().await;
    let theirs = "the stranger knows this";
    sign_up(&app.stranger(), "carol@example.com", theirs).await;
    let old_link = app.newest_mailed_link().await;

    let carol = app.stranger();
    sign_up(&carol, "carol@example.com", PASSWORD).await;
    assert_eq!(carol.get(&old_link).await.status, StatusCode::NOT_FOUND);
    let page = carol.get(&app.newest_mailed_link().await).await;
    carol.submit(&page, "main form", []).await;

    assert_eq!(app.stranger().sign_in("carol@example.com", theirs).await.path(), "/sign-in");
    assert_eq!(carol.sign_in("carol@example.com", PASSWORD).await.path(), "/dashboard");
}

#[tokio::test]
async fn a_hub_that_is_not_open_says_who_makes_accounts() {
    let headings = [(SignUp::Invite, "You need an invitation"), (SignUp::Closed, "Accounts are made by the owner")];
    for (mode, heading) in headings {
        let app = TestApp::with(|app| app.sign_up = mode).await;
        let visitor = app.stranger();

        let page = visitor.get("/sign-up").await;
        assert_eq!(page.text("h1"), heading);
        assert!(!page.has("form[action='/sign-up']"));
        assert!(!visitor.get("/sign-in").await.has("a[href='/sign-up']"), "a link to what cannot be done");

        let fields = [("email", "carol@example.com"), ("display_name", "Carol"), ("password", PASSWORD)];
        assert_eq!(visitor.post("/sign-up", &fields).await.status, StatusCode::FORBIDDEN);
        assert!(app.mails().await.is_empty());
    }
}

#[tokio::test]
async fn the_command_line_makes_confirmed_accounts_but_no_second_one_for_an_address() {
    let app = TestApp::new().await;
    let owner = app.account("owner", true).await;
    assert!(owner.is_admin && owner.confirmed_at.is_some());

    let again = NewUser::parse("Owner@Example.com", "Somebody", &Secret::new("another password")).unwrap();
    let (visitor, now) = (Visitor::from_command_line(), app.app.clock.now());
    let account = NewAccount { user: &again, visitor: &visitor };
    let second = accounts::create(&app.app.system, &app.app.passwords, account, false, now).await;
    assert!(matches!(second, Err(Error::Invalid(faults)) if faults.message_for("email").is_some()));
    assert_eq!(app.audit_actions().await, ["account.created"]);
}

#[tokio::test]
async fn a_mailbox_is_the_same_in_every_spelling_of_its_domain() {
    let app = TestApp::new().await;
    let (visitor, now) = (Visitor::from_command_line(), app.app.clock.now());
    let create = async |email: &str| {
        let new = NewUser::parse(email, "Somebody", &Secret::new(PASSWORD)).unwrap();
        let account = NewAccount { user: &new, visitor: &visitor };
        accounts::create(&app.app.system, &app.app.passwords, account, false, now).await
    };
    create("user@B\u{fc}cher.test").await.unwrap();
    for spelling in ["user@xn--bcher-kva.test", "USER@XN--BCHER-KVA.test", "user@bu\u{308}cher.test"] {
        assert!(matches!(create(spelling).await, Err(Error::Invalid(_))), "{spelling}");
        assert_eq!(app.stranger().sign_in(spelling, PASSWORD).await.path(), "/dashboard", "{spelling}");
        sign_up(&app.stranger(), spelling, PASSWORD).await;
        assert!(app.mails().await.pop().unwrap().contains("already has an account"), "{spelling}");
    }
}

#[tokio::test]
async fn two_accounts_that_an_older_version_made_of_one_mailbox_stay_usable() {
    let app = TestApp::new().await;
    let user = app.account("ada", false).await;
    let insert = "INSERT INTO users (id, email, display_name, password_hash, confirmed_at, created_at)
                  SELECT gen_random_uuid(), $2, $2, password_hash, confirmed_at, created_at FROM users WHERE id = $1";
    let spellings = ["user@b\u{fc}cher.test", "user@xn--bcher-kva.test"];
    for email in spellings {
        sqlx::query(insert).bind(user.id).bind(email).execute(app.app.system.pool()).await.unwrap();
    }
    for email in spellings {
        let page = app.stranger().sign_in(email, PASSWORD).await;
        assert_eq!(page.text(".who"), format!("Signed in as {email}"));
    }
    assert_eq!(accounts::list_doubled_mailboxes(&app.app.system).await.unwrap(), [spellings[0]]);
}
