//! A mail server that speaks RFC 5321, records each mail, and answers as a story wants.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use craft::mail::Mailer;
use craft::secret::Secret;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::hang::HANG_TIMEOUT;
use super::listener::serve_raw;

/// A mail that the server has received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedMail {
    pub(crate) recipient: String,
    /// Headers and body.
    pub(crate) text: String,
}

impl ReceivedMail {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A running server.
#[derive(Clone)]
pub(crate) struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    behaviour: Mutex<Behaviour>,
    received: watch::Sender<Vec<ReceivedMail>>,
    connections: watch::Sender<usize>,
    /// Changes when acceptance is withheld or no longer withheld.
    acceptance: watch::Sender<()>,
}

#[derive(Default)]
struct Behaviour {
    is_away: bool,
    refuses_password: bool,
    withholds_acceptance: bool,
    recipient_replies: VecDeque<&'static str>,
}

impl SmtpServer {
    /// Starts a server that accepts all mail.
    pub(crate) async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let talking = shared.clone();
        let address = serve_raw(move |stream| {
            let shared = talking.clone();
            async move {
                // a client that hangs up ends the exchange
                let _ = shared.talk(stream).await;
            }
        });
        Self { address: address.await, shared }
    }

    /// Returns the value of `CRAFT_SMTP_URL`.
    pub(crate) fn url(&self) -> String {
        format!("smtp://hub:secret@{}", self.address)
    }

    /// Returns a mailer that uses the server.
    pub(crate) fn mailer(&self) -> Mailer {
        Mailer::new(Some(&Secret::new(self.url())), "unused".into(), "hub@hub.example").unwrap()
    }

    /// Hangs up on each client from now on, or ends that.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.behaviour(|it| it.is_away = is_away);
    }

    /// Refuses the hub's password from now on, or ends that.
    pub(crate) fn refuse_password(&self, refuses_password: bool) {
        self.behaviour(|it| it.refuses_password = refuses_password);
    }

    /// Keeps each mail from now on, and does not say that it did until this ends.
    pub(crate) fn withhold_acceptance(&self, withholds_acceptance: bool) {
        self.behaviour(|it| it.withholds_acceptance = withholds_acceptance);
        self.shared.acceptance.send_replace(());
    }

    /// Answers the next recipient with this reply.
    pub(crate) fn reply_to_next_recipient(&self, reply: &'static str) {
        self.behaviour(|it| it.recipient_replies.push_back(reply));
    }

    /// Returns the mails so far.
    pub(crate) fn received(&self) -> Vec<ReceivedMail> {
        self.shared.received.borrow().clone()
    }

    /// Returns the number of clients so far.
    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }

    /// Waits until the server has received so many mails.
    pub(crate) async fn wait_for_mails(&self, count: usize) -> Vec<ReceivedMail> {
        let mut received = self.shared.received.subscribe();
        let reached = tokio::time::timeout(HANG_TIMEOUT, received.wait_for(|mails| mails.len() >= count));
        reached.await.unwrap_or_else(|_| panic!("fewer than {count} mails: {:?}", self.received())).unwrap().clone()
    }

    /// Waits until so many clients have come.
    pub(crate) async fn wait_for_connections(&self, count: usize) {
        let mut connections = self.shared.connections.subscribe();
        let reached = tokio::time::timeout(HANG_TIMEOUT, connections.wait_for(|seen| *seen >= count));
        reached.await.expect("nobody came").unwrap();
    }

    fn behaviour(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock().unwrap());
    }
}

impl Shared {
    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let is_away = self.behaviour.lock().unwrap().is_away;
        self.connections.send_modify(|count| *count += 1);
        if is_away {
            return Ok(());
        }
        let (read, write) = stream.into_split();
        let (mut lines, mut write) = (BufReader::new(read).lines(), BufWriter::new(write));
        let mut recipient = String::new();
        write.write_all(b"220 mail.example ready\r\n").await?;
        write.flush().await?;
        while let Some(line) = lines.next_line().await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let reply = match verb.as_str() {
                "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
                "AUTH" if self.behaviour.lock().unwrap().refuses_password => "535 5.7.8 Wrong password",
                "AUTH" => "235 2.7.0 Welcome",
                "MAIL" => "250 2.1.0 Sender accepted",
                "RCPT" => {
                    recipient = line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                    self.behaviour.lock().unwrap().recipient_replies.pop_front().unwrap_or("250 2.1.5 Go on")
                }
                "DATA" if recipient.is_empty() => "503 5.5.1 Name a recipient first",
                "DATA" => {
                    write.write_all(b"354 End with a dot\r\n").await?;
                    write.flush().await?;
                    let mut text = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        text.push_str(line.strip_prefix('.').unwrap_or(&line));
                        text.push_str("\r\n");
                    }
                    let mail = ReceivedMail { recipient: std::mem::take(&mut recipient), text };
                    self.received.send_modify(|mails| mails.push(mail));
                    if self.behaviour.lock().unwrap().withholds_acceptance {
                        let mut changes = self.acceptance.subscribe();
                        while self.behaviour.lock().unwrap().withholds_acceptance && changes.changed().await.is_ok() {}
                    }
                    "250 2.0.0 Accepted"
                }
                "QUIT" => return write_line(&mut write, "221 2.0.0 Bye").await,
                _ => "502 5.5.1 Not known here",
            };
            write_line(&mut write, reply).await?;
        }
        Ok(())
    }
}

async fn write_line(write: &mut (impl AsyncWriteExt + Unpin), line: &str) -> std::io::Result<()> {
    write.write_all(line.as_bytes()).await?;
    write.write_all(b"\r\n").await?;
    write.flush().await
}
