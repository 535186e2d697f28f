//! A mail in the folder and at a mail server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::macros::datetime;
use tokio::net::TcpListener;

use super::failure::FaultKind;
use super::mailer::{Mailer, OutgoingMail, SEND_TIMEOUT};
use crate::error::Error;
use crate::ids::MailId;
use crate::secret::Secret;

const NOW: time::OffsetDateTime = datetime!(2026-11-24 08:00:00.25 UTC);
const LINK: &str = "http://127.0.0.1:8080/confirm/q3fHHuZQWz0Vd3RrZxJXQG2k8yqkN0Zb5s1lP7tUu9M";

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("craft-outbox-{}", uuid::Uuid::new_v4()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Sends a mail with a link, and returns the failure.
async fn send(mailer: &Mailer, id: MailId, to: &str, created_at: time::OffsetDateTime) -> Option<(FaultKind, bool)> {
    let text = Secret::new(format!("Open this page:\n\n{LINK}\n"));
    let mail = OutgoingMail { id, to, subject: "Confirm your email", text: &text, created_at };
    mailer.send(&mail).await.err().map(|failure| (failure.kind, failure.is_of_server))
}

#[tokio::test]
async fn without_a_server_each_mail_is_one_private_file_and_names_sort_by_time() {
    let folder = folder();
    let mailer = Mailer::new(None, folder.clone(), "Hub <hub@localhost>").unwrap();
    let (first, second) = (MailId::new(NOW), MailId::new(NOW));
    assert_eq!(send(&mailer, second, "bob@example.com", NOW + Duration::from_secs(1)).await, None);
    for _ in 0..2 {
        assert_eq!(send(&mailer, first, "alice@example.com", NOW).await, None);
    }

    let files = files(&folder);
    assert_eq!(files.len(), 2, "a draft was left behind, or a mail was written twice: {files:?}");
    let mail = std::fs::read_to_string(&files[0]).unwrap();
    assert!(mail.contains("To: alice@example.com\r\n"), "{mail}");
    assert!(mail.contains("Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n"), "{mail}");
    assert!(mail.contains(&format!("Message-ID: <{first}@localhost>\r\n")), "{mail}");
    assert!(mail.contains(LINK), "the link must not be folded: {mail}");
    assert_eq!(files[0].extension().unwrap(), "eml");
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_fails_all_mail_for_now() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Secret::new(format!("smtp://{}", server.local_addr().unwrap()));
    drop(server);
    let mailer = Mailer::new(Some(&url), folder(), "hub@localhost").unwrap();
    assert_eq!(send(&mailer, MailId::new(NOW), "alice@example.com", NOW).await, Some((FaultKind::Passing, true)));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_after_a_minute() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Secret::new(format!("smtp://{}", server.local_addr().unwrap()));
    let mailer = Mailer::new(Some(&url), folder(), "hub@localhost").unwrap();
    let sending = tokio::spawn(async move { send(&mailer, MailId::new(NOW), "alice@example.com", NOW).await });
    let (_silent, _) = server.accept().await.unwrap();
    tokio::time::pause();
    tokio::time::advance(SEND_TIMEOUT).await;
    assert_eq!(sending.await.unwrap(), Some((FaultKind::Passing, true)));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_a_server() {
    let mailer = Mailer::new(None, folder(), "hub@localhost").unwrap();
    assert_eq!(send(&mailer, MailId::new(NOW), "nobody", NOW).await, Some((FaultKind::Recipient, false)));
}

#[test]
fn an_invalid_server_url_is_refused_and_not_repeated() {
    let error = Mailer::new(Some(&Secret::new("http://user:hunter2@host")), folder(), "hub@localhost").unwrap_err();
    assert!(matches!(&error, Error::Invalid(faults) if faults.message_for("smtp_url").is_some()));
    assert!(!format!("{error:?}").contains("hunter2"));
}
