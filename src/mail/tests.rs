//! Delivery of mail to the outbox and to a mail server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use time::macros::datetime;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::{Mail, Mailer};
use crate::error::Error;
use crate::secret::Secret;

const NOW: time::OffsetDateTime = datetime!(2026-11-24 08:00:00.25 UTC);
const LINK: &str = "http://127.0.0.1:8080/confirm/q3fHHuZQWz0Vd3RrZxJXQG2k8yqkN0Zb5s1lP7tUu9M";

fn mail(to: &str) -> Mail {
    Mail { to: to.to_owned(), subject: "Confirm your email".to_owned(), text: format!("Open this page:\n\n{LINK}\n") }
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("craft-outbox-{}", uuid::Uuid::new_v4()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn without_a_server_each_mail_is_a_private_file_and_names_sort_by_time() {
    let folder = folder();
    let mailer = Mailer::new(None, folder.clone(), "Hub <hub@localhost>").unwrap();
    mailer.send(&mail("bob@example.com"), NOW + std::time::Duration::from_secs(1)).await.unwrap();
    mailer.send(&mail("alice@example.com"), NOW).await.unwrap();

    let files = files(&folder);
    assert_eq!(files.len(), 2, "a draft was left behind: {files:?}");
    let first = std::fs::read_to_string(&files[0]).unwrap();
    assert!(first.contains("To: alice@example.com\r\n"), "{first}");
    assert!(first.contains("Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n"), "{first}");
    assert!(first.contains(LINK), "the link must not be folded: {first}");
    assert_eq!(files[0].extension().unwrap(), "eml");
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_configured_server_receives_the_mail() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Secret::new(format!("smtp://{}", server.local_addr().unwrap()));
    let received = tokio::spawn(receive_one(server));

    let mailer = Mailer::new(Some(&url), folder(), "hub@localhost").unwrap();
    mailer.send(&mail("alice@example.com"), NOW).await.unwrap();

    let lines = received.await.unwrap();
    assert!(lines.iter().any(|line| line == "RCPT TO:<alice@example.com>"), "{lines:?}");
    assert!(lines.iter().any(|line| line == LINK), "{lines:?}");
}

/// Accepts one mail with the smallest part of RFC 5321 and returns every line that the client sent.
async fn receive_one(server: tokio::net::TcpListener) -> Vec<String> {
    let (stream, _) = server.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut received = Vec::new();
    let mut in_data = false;
    write.write_all(b"220 ready\r\n").await.unwrap();
    while let Some(line) = lines.next_line().await.unwrap() {
        let reply: &[u8] = match line.as_str() {
            "." => b"250 accepted\r\n",
            _ if in_data => b"",
            "DATA" => b"354 go on\r\n",
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        in_data = (in_data || line == "DATA") && line != ".";
        write.write_all(reply).await.unwrap();
        received.push(line);
    }
    received
}

#[tokio::test]
async fn an_unreachable_server_is_reported_with_its_cause() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Secret::new(format!("smtp://{}", server.local_addr().unwrap()));
    drop(server);

    let mailer = Mailer::new(Some(&url), folder(), "hub@localhost").unwrap();
    let Err(Error::Upstream { message, source, .. }) = mailer.send(&mail("alice@example.com"), NOW).await else {
        panic!("the mail was sent without a server")
    };
    assert_eq!(message.text, "The hub could not send a mail to alice@example.com");
    assert_eq!(message.advice.as_deref(), Some("Try again in a minute"));
    assert!(source.is_some());
}

#[test]
fn an_invalid_server_url_is_refused_and_not_repeated() {
    let error = Mailer::new(Some(&Secret::new("http://user:hunter2@host")), folder(), "hub@localhost").unwrap_err();
    assert!(matches!(&error, Error::Invalid(faults) if faults.message_for("smtp_url").is_some()));
    assert!(!format!("{error:?}").contains("hunter2"));
}
