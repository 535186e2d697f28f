//! The way out of the hub: an SMTP server, or a folder if none is configured.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::failure::SendFailure;
use super::folder::MailFolder;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::MailId;
use crate::secret::Secret;

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Time limit for one SMTP exchange. Servers that suspect spam answer slowly on purpose.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// A mail as it leaves.
pub(super) struct OutgoingMail<'a> {
    pub(super) id: MailId,
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) text: &'a Secret,
    pub(super) created_at: Timestamp,
}

/// Passes mail on; clones share one transport.
#[derive(Clone)]
pub struct Mailer {
    route: Arc<Route>,
    from: Mailbox,
}

enum Route {
    Smtp(Box<Smtp>),
    Folder(MailFolder),
}

impl Mailer {
    /// Makes a mailer for `smtp` (`smtps://user:password@host`, or `smtp://…?tls=required`). Without `smtp`, the mailer
    /// writes to `folder`. `from` is an address, with or without a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL or the address is malformed.
    pub fn new(smtp: Option<&Secret>, folder: PathBuf, from: &str) -> Result<Self> {
        let from = from.parse().map_err(|_| Error::field("from", "Enter an email address to send mail from"))?;
        let route = match smtp {
            None => Route::Folder(MailFolder::new(folder)),
            Some(url) => {
                // the error drops its cause, which may quote the URL and so the password
                let builder = Smtp::from_url(url.expose()).map_err(|_| {
                    Error::field("smtp_url", "Enter an SMTP URL, such as smtps://user:password@mail.example.com")
                })?;
                Route::Smtp(Box::new(builder.timeout(Some(CONNECT_TIMEOUT)).build()))
            }
        };
        Ok(Self { route: Arc::new(route), from })
    }

    /// Returns true if mail goes to a server.
    #[must_use]
    pub fn has_server(&self) -> bool {
        matches!(&*self.route, Route::Smtp(_))
    }

    /// Passes one mail on. The same mail always has the same Message-ID, so that programs for mail can drop a second copy.
    pub(super) async fn send(&self, mail: &OutgoingMail<'_>) -> Result<(), SendFailure> {
        let message = self.compose(mail)?;
        match &*self.route {
            Route::Smtp(smtp) => match tokio::time::timeout(SEND_TIMEOUT, smtp.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(SendFailure::from_smtp(&error)),
                Err(_) => Err(SendFailure::unavailable(&"the mail server did not answer in time")),
            },
            Route::Folder(folder) => {
                let written = folder.write(mail.id, mail.created_at, message.formatted()).await;
                written.map_err(|error| SendFailure::unavailable(&error))
            }
        }
    }

    fn compose(&self, mail: &OutgoingMail<'_>) -> Result<Message, SendFailure> {
        let to: Address = mail.to.parse().map_err(|_| SendFailure::recipient(&"the address is not valid"))?;
        let message_id = format!("<{}@{}>", mail.id, self.from.email.domain());
        MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(mail.created_at.into())
            .message_id(Some(message_id))
            .subject(mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.expose().to_owned())
            .map_err(|error| SendFailure::recipient(&error))
    }
}

/// Shows the route of mail without the server's credentials.
impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.route {
            Route::Smtp(_) => f.write_str("Mailer(smtp)"),
            Route::Folder(folder) => write!(f, "Mailer({})", folder.path().display()),
        }
    }
}
