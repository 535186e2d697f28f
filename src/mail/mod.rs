//! Outgoing mail: by SMTP when a server is set, else one `.eml` file per mail in the outbox folder.
//!
//! Mails are plain text with one link, sent after the transaction they tell of is committed: a mail that cannot be sent
//! is an error to show and to retry, never a change to undo.

mod outbox;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use self::outbox::Outbox;
use crate::clock::Timestamp;
use crate::error::{self, Error, Result};
use crate::secret::Secret;

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// A person waits for the answer: a mail server slower than this counts as away.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whether `text` is an address that mail can be sent to.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Address of the one recipient.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// The whole body.
    pub text: String,
}

/// Sends mail; clones share one transport.
#[derive(Clone)]
pub struct Mailer {
    route: Arc<Route>,
    from: Mailbox,
}

enum Route {
    Smtp(Box<Smtp>),
    Outbox(Outbox),
}

impl Mailer {
    /// Sends through `smtp` (`smtps://user:password@host`, or `smtp://…?tls=required`), else into `outbox`; `from` is
    /// an address, with or without a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL or the address cannot be read.
    pub fn new(smtp: Option<&Secret>, outbox: PathBuf, from: &str) -> Result<Self> {
        let from = from.parse().map_err(|_| Error::field("from", "Enter an email address to send mail from"))?;
        let route = match smtp {
            None => Route::Outbox(Outbox::new(outbox)),
            Some(url) => {
                // the cause is not kept: it may quote the URL, which holds the password
                let builder = Smtp::from_url(url.expose()).map_err(|_| {
                    Error::field("smtp_url", "Enter an SMTP URL, such as smtps://user:password@mail.example.com")
                })?;
                Route::Smtp(Box::new(builder.timeout(Some(PATIENCE)).build()))
            }
        };
        Ok(Self { route: Arc::new(route), from })
    }

    /// Sends one mail, dated `now`.
    ///
    /// # Errors
    /// [`Error::Upstream`] with a sentence for the person who waits for the mail.
    pub async fn send(&self, mail: &Mail, now: Timestamp) -> Result<()> {
        let message = self.compose(mail, now)?;
        match &*self.route {
            Route::Smtp(smtp) => smtp.send(message).await.map(drop).map_err(|error| undelivered(mail, error.into())),
            Route::Outbox(outbox) => {
                outbox.write(message.formatted(), now).await.map_err(|error| undelivered(mail, error))
            }
        }
    }

    fn compose(&self, mail: &Mail, now: Timestamp) -> Result<Message> {
        let to: Address =
            mail.to.parse().map_err(|error: lettre::address::AddressError| undelivered(mail, error.into()))?;
        MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(now.into())
            .message_id(None)
            .subject(mail.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|error| undelivered(mail, error.into()))
    }
}

/// Shows where mail goes, never the credentials of the server.
impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.route {
            Route::Smtp(_) => f.write_str("Mailer(smtp)"),
            Route::Outbox(outbox) => write!(f, "Mailer({})", outbox.folder().display()),
        }
    }
}

fn undelivered(mail: &Mail, cause: anyhow::Error) -> Error {
    let message = error::Message::from(format!("The hub could not send a mail to {}", mail.to));
    Error::upstream("mail", message.with_advice("Try again in a minute"), cause)
}

#[cfg(test)]
mod tests;
