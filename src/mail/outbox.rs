//! Acceptance of mails, in the transaction of what they tell.

use sqlx::PgConnection;
use url::Url;

use super::message::Mail;
use super::store;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{MailId, OwnerId};
use crate::live::Live;
use crate::vault::{NewSecret, Vault};

/// Accepts mails; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct Outbox {
    pub vault: Vault,
    pub live: Live,
    /// The hub's address, with which links in mails begin.
    pub public_url: Url,
    /// False if this process writes each mail to a file.
    pub has_mail_server: bool,
}

impl Outbox {
    /// Enqueues a mail in the caller's transaction, which must see all rows. After the commit, the caller calls
    /// [`Outbox::notify_senders`].
    ///
    /// # Errors
    /// [`Error::Locked`] if the vault cannot seal the text at the moment.
    pub async fn enqueue(&self, conn: &mut PgConnection, mail: &Mail, now: Timestamp) -> Result<()> {
        if mail.kind.replaces_waiting() {
            for text in store::delete_waiting(conn, mail.kind, &mail.to).await? {
                self.vault.shred(conn, OwnerId::HUB, &text).await?;
            }
        }
        let text = NewSecret { purpose: "mail_outbox.text", value: &mail.text };
        let text = self.vault.seal(conn, OwnerId::HUB, text, now).await?;
        Ok(store::insert(conn, MailId::new(now), mail, &text, now).await?)
    }

    /// Notifies the senders of all processes that a mail waits. A lost notification delays the mail by a minute.
    pub fn notify_senders(&self) {
        self.live.notify_mail();
    }

    /// Returns the address of a page of the hub, for the text of a mail. `path` begins with a slash.
    pub fn page_url(&self, path: &str) -> Result<Url> {
        self.public_url.join(path).map_err(Error::internal)
    }
}
