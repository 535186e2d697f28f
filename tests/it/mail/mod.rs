//! Mail: written with the change that it tells of, sealed while it waits, and sent once.

mod processes;
mod retries;

use std::time::Duration;

use craft::actor::{Actor, Origin};
use craft::clock::Clock;
use craft::ids::UserId;
use craft::mail::{Mail, MailKind, NOTICE_TTL};
use craft::secret::Secret;
use craft::vault::{KeySource, Vault};
use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::smtp_server::SmtpServer;
use crate::support::test_app::{PASSWORD, TestApp};

const MINUTE: Duration = Duration::from_secs(60);

/// Kind, attempts, failure and last reply of a mail in the outbox.
type OutboxRow = (String, i32, Option<String>, Option<String>);

/// A hub that sends its mail to `server`.
async fn hub_with(server: &SmtpServer) -> TestApp {
    TestApp::with(|hub| hub.mailer = server.mailer()).await
}

/// Returns the mails in the outbox, oldest first.
async fn outbox(app: &TestApp) -> Vec<OutboxRow> {
    let rows = sqlx::query_as("SELECT kind, attempts, failure, last_reply FROM mail_outbox ORDER BY id");
    rows.fetch_all(app.app.system.pool()).await.unwrap()
}

fn row(kind: &str, attempts: i32, failure: Option<&str>, reply: Option<&str>) -> OutboxRow {
    (kind.to_owned(), attempts, failure.map(str::to_owned), reply.map(str::to_owned))
}

/// Returns the number of rows that `query` counts.
async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(app.app.system.pool()).await.unwrap()
}

/// Returns the number of sealed secrets of the hub; the outbox has the only ones.
async fn sealed_texts(app: &TestApp) -> i64 {
    count(app, "SELECT count(*) FROM secrets WHERE purpose = 'mail_outbox.text'").await
}

/// Asks for a new password of alice, as a stranger.
async fn ask_for_password(app: &TestApp) -> Page {
    let visitor = app.stranger();
    let form = visitor.get("/forgot").await;
    let page = visitor.submit(&form, "main form", [("email", "alice@example.com")]).await;
    app.app.background_tasks.finish().await;
    page
}

async fn sign_up(browser: &Browser) -> Page {
    let form = browser.get("/sign-up").await;
    let fields = [("email", "carol@example.com"), ("display_name", "Carol"), ("password", PASSWORD)];
    browser.submit(&form, "form[action='/sign-up']", fields).await
}

fn notice(to: &str) -> Mail {
    let (kind, text) = (MailKind::KeyExpiring, Secret::new("A key expires."));
    Mail { kind, to: to.to_owned(), subject: "A key expires".to_owned(), text, ttl: NOTICE_TTL }
}

#[tokio::test]
async fn a_change_that_is_rolled_back_sends_no_mail() {
    let app = TestApp::new().await;
    let mut tx = app.app.system.begin().await.unwrap();
    app.app.outbox.enqueue(&mut tx, &notice("alice@example.com"), app.app.clock.now()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(app.mails().await, [""; 0]);
    assert_eq!((outbox(&app).await, sealed_texts(&app).await), (vec![], 0));
}

#[tokio::test]
async fn a_change_whose_mail_cannot_be_stored_is_not_made() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    ask_for_password(&app).await;
    let reset = app.newest_mailed_link().await;
    let refusal = "ALTER TABLE mail_outbox ADD CHECK (attempts < 0) NOT VALID";
    sqlx::query(refusal).execute(app.app.system.pool()).await.unwrap();
    let before = app.audit_actions().await;

    let new = "a kettle under the stairs";
    let changes = [
        ("/settings/sign-in/password", vec![("current_password", PASSWORD), ("new_password", new)]),
        ("/settings/sign-in/email", vec![("email", "alice@new.example"), ("current_password", PASSWORD)]),
        (reset.as_str(), vec![("password", new)]),
        ("/sign-up", vec![("email", "carol@example.com"), ("display_name", "Carol"), ("password", PASSWORD)]),
    ];
    for (path, fields) in changes {
        assert_eq!(alice.post(path, &fields).await.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    assert_eq!(app.audit_actions().await, before);
    assert_eq!(count(&app, "SELECT count(*) FROM users").await, 1, "carol has an account without a link");
    assert_eq!(
        count(&app, "SELECT count(*) FROM email_tokens WHERE used_at IS NULL").await,
        1,
        "the reset link is used"
    );
    assert_eq!(app.stranger().sign_in("alice@example.com", PASSWORD).await.path(), "/dashboard");
}

#[tokio::test]
async fn a_dump_of_the_database_contains_no_link_of_a_waiting_mail() {
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = hub_with(&server).await;
    let alice = app.alice().await;
    sign_up(&app.stranger()).await;
    ask_for_password(&app).await;
    let form = alice.get("/settings/sign-in/email").await;
    let fields = [("email", "alice@new.example"), ("current_password", PASSWORD)];
    alice.submit(&form, "form[action='/settings/sign-in/email']", fields).await;
    app.send_mail().await;
    assert_eq!(sealed_texts(&app).await, 4);
    let public_url = app.app.public_url.as_str().to_owned();
    assert_eq!(app.tables_with(&public_url).await, [""; 0], "a table contains a link of the hub");

    server.set_away(false);
    app.advance(2 * MINUTE).await;
    app.send_mail().await;
    let mails = server.received();
    assert_eq!((mails.len(), sealed_texts(&app).await), (4, 0), "{mails:?}");
    for mail in mails {
        let link = app.link_in(&mail.text);
        let token = link.rsplit('/').next().unwrap();
        assert_eq!(app.tables_with(token).await, [""; 0], "{token}");
    }
}

#[tokio::test]
async fn a_waiting_mail_survives_a_change_of_the_master_key() {
    let folder = std::env::temp_dir().join(format!("craft-mail-key-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let open = || Vault::from_source(KeySource::ensure_file(folder.join("master.key")).unwrap()).unwrap();
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = TestApp::with(|hub| (hub.mailer, hub.vault) = (server.mailer(), open())).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    app.send_mail().await;

    #[expect(clippy::disallowed_methods, reason = "the test acts as the command line")]
    let operator = Actor::new(UserId::HUB, Origin::Cli);
    open().rotate(&app.app.system, &operator, Clock::real().now(), |_, _| {}).await.unwrap();
    server.set_away(false);
    app.advance(2 * MINUTE).await;
    app.send_mail().await;
    let link = app.link_in(&server.received()[0].text);
    assert_eq!(app.stranger().get(&link).await.text("h1"), "Choose a new password");
    std::fs::remove_dir_all(folder).unwrap();
}
