//! Mail about credentials: a connection expired, a key is about to expire, a provider rejects the OAuth client of all users.
//!
//! `token_refresh` starts the mails and sends those that are due. Mail about accounts does not belong here: `accounts` sends it.
//!
//! Code that causes a notice stores in the same transaction when it is due. A task claims the notice by moving that time
//! ahead, sends the mail, and then clears the time. So a mail that could not be sent is sent by a later sweep, and two processes
//! do not send the same notice.

mod content;
mod store;

use std::time::Duration;

use url::Url;

use self::store::NoticeContent;
use crate::accounts;
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, OauthClientId, OwnerId};
use crate::live::Live;
use crate::mail::Mailer;
use crate::organisations;

/// Delay until a claimed notice that was not sent is due again.
const RETRY_DELAY: Duration = Duration::from_secs(5 * 60);

/// Notices of one kind in one sweep; the next sweep takes the rest.
const MAX_NOTICES: i64 = 200;

/// Sends the mail about credentials; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct Notifier {
    pub system: SystemDb,
    pub clock: Clock,
    pub live: Live,
    pub mailer: Mailer,
    pub background_tasks: BackgroundTasks,
    /// The hub's address, with which links in mails begin.
    pub public_url: Url,
}

/// Kind and subject of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoticeKind {
    /// For the owner: the connection cannot be used until they connect again.
    ConnectionExpired { owner: OwnerId, id: ConnectionId },
    /// For the owner: the key expires in some days, according to the date that they entered.
    KeyExpiring { owner: OwnerId, id: ConnectionId },
    /// For administrators: a provider rejects the OAuth client that all users sign in with.
    ClientRejected { id: OauthClientId },
}

impl Notifier {
    /// Updates the open pages of a connection's owner, and starts the mail that the connection expired, if it is due.
    pub(super) fn notify_owner(&self, owner: OwnerId, id: ConnectionId) {
        self.live.notify_owner(owner);
        self.start(NoticeKind::ConnectionExpired { owner, id });
    }

    /// Starts the mail that a provider rejects the OAuth client of all users, if it is due.
    pub(super) fn notify_administrators(&self, id: OauthClientId) {
        self.start(NoticeKind::ClientRejected { id });
    }

    /// Starts all mails that are due, of all users.
    pub(super) async fn send_due(&self) -> Result<()> {
        let mut conn = self.system.acquire().await?;
        for notice in store::find_due(&mut conn, self.clock.now(), MAX_NOTICES).await? {
            match notice {
                NoticeKind::ConnectionExpired { owner, id } => self.notify_owner(owner, id),
                NoticeKind::KeyExpiring { .. } | NoticeKind::ClientRejected { .. } => self.start(notice),
            }
        }
        Ok(())
    }

    fn start(&self, notice: NoticeKind) {
        let notifier = self.clone();
        let sending = async move { notifier.send(notice).await };
        if let Err(error) = self.background_tasks.spawn_mail("send a notice about a credential", sending) {
            tracing::warn!(?notice, %error, "Failed to start the mail of {notice:?}; the next sweep retries");
        }
    }

    /// Claims a notice, mails it to each recipient, and clears it if at least one mail was sent or there is nobody to mail.
    async fn send(&self, notice: NoticeKind) -> Result<()> {
        let now = self.clock.now();
        let retry_at = now + RETRY_DELAY;
        let mut conn = self.system.acquire().await?;
        let claimed = store::claim(&mut conn, notice, retry_at, now).await?;
        drop(conn);
        let Some(content) = claimed else { return Ok(()) };
        let link = self.link(notice, &content).await?;
        let recipients = self.recipients(notice).await?;
        // nobody to tell is no reason to try again
        let mut is_sent = recipients.is_empty();
        for recipient in recipients {
            match self.mailer.send(&content.mail(recipient, &link), now).await {
                Ok(()) => is_sent = true,
                Err(error) => tracing::warn!(
                    ?notice,
                    %error,
                    "Failed to send the mail of {notice:?} to one recipient; if no other gets it, a sweep retries in five minutes"
                ),
            }
        }
        if is_sent {
            store::clear(&mut *self.system.acquire().await?, notice, retry_at).await?;
        }
        Ok(())
    }

    /// Returns the email addresses for a notice.
    async fn recipients(&self, notice: NoticeKind) -> Result<Vec<String>> {
        let users = match notice {
            NoticeKind::ConnectionExpired { owner, .. } | NoticeKind::KeyExpiring { owner, .. } => {
                accounts::list_responsible(&self.system, owner).await?
            }
            NoticeKind::ClientRejected { .. } => accounts::list_administrators(&self.system).await?,
        };
        Ok(users.into_iter().map(|user| user.email).collect())
    }

    /// Returns the address of the page on which the recipient can act, in the space of the owner.
    async fn link(&self, notice: NoticeKind, content: &NoticeContent) -> Result<String> {
        let slug = match notice {
            NoticeKind::ConnectionExpired { owner, .. } | NoticeKind::KeyExpiring { owner, .. } => {
                organisations::find_slug(&self.system, owner).await?
            }
            NoticeKind::ClientRejected { .. } => None,
        };
        let page = content.page();
        let page = slug.map_or(page.clone(), |slug| format!("orgs/{slug}/{page}"));
        Ok(self.public_url.join(&page).map_err(Error::internal)?.into())
    }
}
