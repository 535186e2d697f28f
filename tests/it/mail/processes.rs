//! Mail of several processes, and of processes that are killed.

use futures_util::future::join_all;

use super::{MINUTE, ask_for_password, hub_with, outbox};
use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hang::wait_until;
use crate::support::hub::{Hub, database_url};
use crate::support::smtp_server::SmtpServer;

/// Starts the program on this database, with its mail going to `server`.
async fn serve(place: &DataDirectory, database: &TestDatabase, server: &SmtpServer) -> Hub {
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&database.options)).env("CRAFT_SMTP_URL", server.url());
    Hub::start(serve).await
}

/// Asks for a new password of the owner.
async fn ask_for_owners_password(hub: &Hub) {
    let visitor = hub.browser();
    let form = visitor.get("/forgot").await;
    visitor.submit(&form, "main form", [("email", "owner@example.com")]).await;
}

/// Makes each waiting mail due, as if the time of its next attempt had come.
async fn make_mail_due(database: &TestDatabase) {
    let due =
        sqlx::query("UPDATE mail_outbox SET next_attempt_at = created_at").execute(database.databases.system.pool());
    assert_eq!(due.await.unwrap().rows_affected(), 1, "the mail is gone");
}

async fn wait_until_outbox_is_empty(database: &TestDatabase) {
    let count = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM mail_outbox");
        count.fetch_one(database.databases.system.pool()).await.unwrap()
    };
    wait_until("the outbox is empty", async || count().await == 0).await;
}

#[tokio::test]
async fn processes_that_send_at_the_same_moment_send_a_mail_once() {
    let server = SmtpServer::start().await;
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    ask_for_password(&app).await;
    let others = [(); 4].map(|()| app.second_process());
    let sent = join_all(others.iter().map(|process| process.mail_sender.send_due())).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!((server.received().len(), outbox(&app).await), (1, vec![]));
}

#[tokio::test]
async fn a_commit_wakes_the_senders_of_all_processes() {
    let server = SmtpServer::start().await;
    let app = hub_with(&server).await;
    app.account("alice", false).await;
    let other = app.second_process();
    other.start_mail();
    // the sender may find the first mail by itself when it starts
    for count in 1..4 {
        ask_for_password(&app).await;
        server.wait_for_mails(count).await;
        wait_until("the outbox is empty", async || outbox(&app).await.is_empty()).await;
        app.advance(MINUTE).await;
    }
    other.stop().await;
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_mail_that_waits_when_the_hub_is_killed_comes_after_the_restart() {
    let (place, database) = (DataDirectory::new("killed-before-mail"), TestDatabase::new().await);
    let server = SmtpServer::start().await;
    server.set_away(true);
    let mut hub = serve(&place, &database, &server).await;
    hub.owner().await;
    ask_for_owners_password(&hub).await;
    server.wait_for_connections(1).await;
    hub.kill().await;

    server.set_away(false);
    make_mail_due(&database).await;
    let hub = serve(&place, &database, &server).await;
    let mails = server.wait_for_mails(1).await;
    assert_eq!(mails[0].recipient, "owner@example.com");
    wait_until_outbox_is_empty(&database).await;
    assert!(!hub.log().contains("/reset/"), "a link is in the log: {}", hub.log());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_hub_that_is_killed_before_the_servers_answer_sends_the_same_mail_again() {
    let (place, database) = (DataDirectory::new("killed-during-mail"), TestDatabase::new().await);
    let server = SmtpServer::start().await;
    server.withhold_acceptance(true);
    let mut hub = serve(&place, &database, &server).await;
    hub.owner().await;
    ask_for_owners_password(&hub).await;
    server.wait_for_mails(1).await;
    hub.kill().await;

    server.withhold_acceptance(false);
    make_mail_due(&database).await;
    let _hub = serve(&place, &database, &server).await;
    let mails = server.wait_for_mails(2).await;
    let ids: Vec<_> = mails.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids[0], ids[1], "a program for mail cannot drop the second copy");
    assert_eq!(mails[0].text, mails[1].text);
    wait_until_outbox_is_empty(&database).await;
}
