//! Mail servers that are away, that greylist, and that refuse.

use craft::db::SystemDb;

use super::{MINUTE, ask_for_password, hub_with, notice, outbox, row, sealed_texts, sign_up};
use crate::support::database_switch::DatabaseSwitch;
use crate::support::secret_search::LogCapture;
use crate::support::smtp_server::SmtpServer;
use crate::support::test_app::TestApp;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

/// Moves the clock to the next attempt after a delay of `minutes`, of which a fifth more is random, and makes it.
async fn retry_after(app: &TestApp, minutes: u32) {
    app.advance((minutes * MINUTE).mul_f64(1.2)).await;
    app.send_mail().await;
}

#[tokio::test]
async fn a_greylisted_mail_is_sent_once_when_it_comes_again() {
    let server = SmtpServer::start().await;
    server.reply_to_next_recipient("451 4.7.1 Greylisted, come back in five minutes");
    server.reply_to_next_recipient("450 4.2.0 Still greylisted");
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    app.send_mail().await;
    assert_eq!(outbox(&app).await, [row("password_reset", 1, None, Some("451 4.7.1"))]);
    app.send_mail().await;
    assert_eq!(server.connections(), 1, "the mail was sent again at once");

    retry_after(&app, 1).await;
    assert_eq!(outbox(&app).await, [row("password_reset", 2, None, Some("450 4.2.0"))]);
    retry_after(&app, 5).await;
    let mails = server.received();
    assert_eq!((mails.len(), mails[0].recipient.as_str()), (1, "alice@example.com"));
    assert_eq!((outbox(&app).await, sealed_texts(&app).await), (vec![], 0));
    let form = app.stranger().get(&app.link_in(&mails[0].text)).await;
    assert_eq!(form.text("h1"), "Choose a new password");
}

#[tokio::test]
async fn a_server_that_is_away_costs_nobody_their_account_or_their_link() {
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = hub_with(&server).await;
    let carol = app.stranger();
    let page = sign_up(&carol).await;
    assert_eq!(page.text("h1"), "Check your email");
    assert!(page.text("main").contains("An email is on its way to carol@example.com."), "{}", page.text("main"));
    app.send_mail().await;
    for minutes in [1, 5, 15] {
        retry_after(&app, minutes).await;
    }
    assert_eq!(server.connections(), 4);

    server.set_away(false);
    retry_after(&app, 30).await;
    let mails = server.received();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let form = carol.get(&app.link_in(&mails[0].text)).await;
    assert_eq!(carol.submit(&form, "main form", []).await.path(), "/sign-in");
    app.advance(DAY).await;
    app.send_mail().await;
    assert_eq!(server.connections(), 5, "a mail that was sent was sent again");
}

#[tokio::test]
async fn a_link_that_was_asked_for_twice_while_the_server_was_away_is_sent_once() {
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    for _ in 0..3 {
        ask_for_password(&app).await;
        app.send_mail().await;
        app.advance(MINUTE).await;
    }
    assert_eq!((outbox(&app).await.len(), sealed_texts(&app).await), (1, 1));
    server.set_away(false);
    retry_after(&app, 1).await;
    let mails = server.received();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(app.stranger().get(&app.link_in(&mails[0].text)).await.text("h1"), "Choose a new password");
}

#[tokio::test]
async fn a_server_that_is_away_is_not_asked_for_each_waiting_mail() {
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = hub_with(&server).await;
    let now = app.app.clock.now();
    let mut tx = app.app.system.begin().await.unwrap();
    for n in 0..40 {
        app.app.outbox.enqueue(&mut tx, &notice(&format!("user{n}@example.com")), now).await.unwrap();
    }
    tx.commit().await.unwrap();
    app.send_mail().await;
    assert_eq!(server.connections(), 8, "more than one round");

    server.set_away(false);
    retry_after(&app, 1).await;
    let mut recipients: Vec<_> = server.received().into_iter().map(|mail| mail.recipient).collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!((recipients.len(), server.received().len()), (40, 40));
}

#[tokio::test]
async fn a_refused_recipient_is_not_asked_again_and_the_operator_can_look_it_up() {
    let server = SmtpServer::start().await;
    server.reply_to_next_recipient("550 5.1.1 <alice@example.com>: No such user");
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    app.send_mail().await;
    let refused = row("password_reset", 1, Some("refused"), Some("550 5.1.1"));
    assert_eq!((outbox(&app).await, sealed_texts(&app).await), (vec![refused.clone()], 0));
    app.advance(DAY).await;
    app.send_mail().await;
    assert_eq!(server.connections(), 1);

    for (days, expected) in [(28, vec![refused]), (2, vec![])] {
        app.advance(days * DAY).await;
        craft::mail::purge_failed(&app.app.system, app.app.clock.now()).await.unwrap();
        assert_eq!(outbox(&app).await, expected);
    }
}

#[tokio::test]
async fn mail_waits_while_the_server_refuses_the_hubs_password() {
    let server = SmtpServer::start().await;
    server.refuse_password(true);
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    app.send_mail().await;
    assert_eq!(outbox(&app).await, [row("password_reset", 1, None, Some("535 5.7.8"))]);
    server.refuse_password(false);
    retry_after(&app, 1).await;
    assert_eq!((server.received().len(), outbox(&app).await), (1, vec![]));
}

#[tokio::test]
async fn each_state_of_the_mail_server_is_logged_once_and_not_for_each_mail() {
    let log = LogCapture::start();
    let lines = |words: &str| log.text().matches(words).count();
    let server = SmtpServer::start().await;
    let app = hub_with(&server).await;
    let now = app.app.clock.now();
    let mut tx = app.app.system.begin().await.unwrap();
    for n in 0..3 {
        app.app.outbox.enqueue(&mut tx, &notice(&format!("user{n}@example.com")), now).await.unwrap();
    }
    tx.commit().await.unwrap();
    server.set_away(true);
    app.send_mail().await;
    retry_after(&app, 1).await;
    assert!(server.connections() >= 6, "the server was not asked for each mail: {}", server.connections());
    assert_eq!((lines("it waits and is retried"), lines("The mail server refuses the hub")), (1, 0));

    server.set_away(false);
    server.refuse_password(true);
    for minutes in [5, 15] {
        retry_after(&app, minutes).await;
    }
    assert_eq!((lines("it waits and is retried"), lines("The mail server refuses the hub")), (1, 1));
    assert_eq!(lines("The mail server accepts mail again"), 0);

    server.refuse_password(false);
    retry_after(&app, 30).await;
    assert_eq!((server.received().len(), lines("The mail server accepts mail again")), (3, 1));
}

#[tokio::test]
async fn a_sent_mail_is_deleted_when_the_database_is_back_and_is_not_sent_again() {
    let server = SmtpServer::start().await;
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    let switch = DatabaseSwitch::start(&app.app.system);
    let process = app.second_process_with(|it| it.databases.system = SystemDb::new(switch.pool("on")));
    server.withhold_acceptance(true);
    let sending = tokio::spawn(async move { process.mail_sender.send_due().await.map(drop) });
    server.wait_for_mails(1).await;
    switch.turn_off();
    server.withhold_acceptance(false);
    switch.wait_for_refusal().await;
    assert_eq!(outbox(&app).await.len(), 1, "the mail was deleted without the database");
    switch.turn_on();
    sending.await.unwrap().unwrap();
    assert_eq!((outbox(&app).await, sealed_texts(&app).await), (vec![], 0));
    retry_after(&app, 5).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_mail_is_not_sent_after_its_link_has_expired() {
    let server = SmtpServer::start().await;
    server.set_away(true);
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    app.send_mail().await;
    app.advance(HOUR).await;
    server.set_away(false);
    app.send_mail().await;
    let failures: Vec<_> = outbox(&app).await.into_iter().map(|(kind, _, failure, _)| (kind, failure)).collect();
    assert_eq!(failures, [("password_reset".to_owned(), Some("expired".to_owned()))]);
    assert_eq!((server.received().len(), sealed_texts(&app).await), (0, 0));
}

#[tokio::test]
async fn a_mail_whose_key_is_gone_is_marked_and_the_others_go_out() {
    let server = SmtpServer::start().await;
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    sqlx::query("DELETE FROM secrets").execute(app.app.system.pool()).await.unwrap();
    sign_up(&app.stranger()).await;
    app.send_mail().await;
    assert_eq!(outbox(&app).await, [row("password_reset", 1, Some("unreadable"), None)]);
    assert_eq!(server.received()[0].recipient, "carol@example.com");
}
