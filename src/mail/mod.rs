//! Outgoing mail. If an SMTP server is configured, mail goes there; otherwise each mail is an `.eml` file in the outbox.
//!
//! A mail is plain text with one link. Callers, which are `accounts` and the notices of `connections`, send it after the
//! transaction has committed: a failed mail is reported and retried, and the change stays. No mail may contain a credential.

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

/// Time limit for the SMTP exchange, because a person waits for the page.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// Returns true if `text` is a valid mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// A mail to one recipient.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Address of the recipient.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// The plain-text body.
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
    /// Makes a mailer for `smtp` (`smtps://user:password@host`, or `smtp://…?tls=required`). Without `smtp`, the mailer
    /// writes to the folder `outbox`. `from` is an address, with or without a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL or the address is malformed.
    pub fn new(smtp: Option<&Secret>, outbox: PathBuf, from: &str) -> Result<Self> {
        let from = from.parse().map_err(|_| Error::field("from", "Enter an email address to send mail from"))?;
        let route = match smtp {
            None => Route::Outbox(Outbox::new(outbox)),
            Some(url) => {
                // the error drops its cause, which may quote the URL and so the password
                let builder = Smtp::from_url(url.expose()).map_err(|_| {
                    Error::field("smtp_url", "Enter an SMTP URL, such as smtps://user:password@mail.example.com")
                })?;
                Route::Smtp(Box::new(builder.timeout(Some(SEND_TIMEOUT)).build()))
            }
        };
        Ok(Self { route: Arc::new(route), from })
    }

    /// Sends one mail, dated `now`.
    ///
    /// # Errors
    /// [`Error::Upstream`] with a sentence for the person who requested the mail.
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

/// Shows the route of mail without the server's credentials.
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
