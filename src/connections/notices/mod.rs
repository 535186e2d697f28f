//! Mail about credentials: a connection expired, a key is about to expire, a provider rejects the OAuth client of all users.
//!
//! `token_refresh` starts the notices, and those that are due. Mail about accounts does not belong here: `accounts` enqueues it.
//!
//! Code that causes a notice stores in the same transaction when it is due. One transaction then clears that time and enqueues
//! the mails. So no notice is lost, and two processes do not enqueue the same one.

mod content;
mod store;

use crate::accounts;
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::{ConnectionId, OauthClientId, OwnerId};
use crate::live::Live;
use crate::mail::Outbox;
use crate::organisations;

/// Notices of one kind in one sweep; the next sweep takes the rest.
const MAX_NOTICES: i64 = 200;

/// Enqueues the mail about credentials; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct Notifier {
    pub system: SystemDb,
    pub clock: Clock,
    pub live: Live,
    pub outbox: Outbox,
    pub background_tasks: BackgroundTasks,
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
    /// Updates the open pages of a connection's owner, and starts the notice that the connection expired, if it is due.
    pub(super) fn notify_owner(&self, owner: OwnerId, id: ConnectionId) {
        self.live.notify_owner(owner);
        self.start(NoticeKind::ConnectionExpired { owner, id });
    }

    /// Starts the notice that a provider rejects the OAuth client of all users, if it is due.
    pub(super) fn notify_administrators(&self, id: OauthClientId) {
        self.start(NoticeKind::ClientRejected { id });
    }

    /// Enqueues all notices that are due, of all users.
    pub(super) async fn enqueue_due(&self) -> Result<()> {
        let due = store::find_due(&mut *self.system.acquire().await?, self.clock.now(), MAX_NOTICES).await?;
        for notice in due {
            if let NoticeKind::ConnectionExpired { owner, .. } = notice {
                self.live.notify_owner(owner);
            }
            if let Err(error) = self.enqueue(notice).await {
                tracing::warn!(?notice, %error, "Failed to enqueue the mail of {notice:?}; the next sweep retries");
            }
        }
        Ok(())
    }

    fn start(&self, notice: NoticeKind) {
        let notifier = self.clone();
        let enqueueing = async move { notifier.enqueue(notice).await };
        if let Err(error) = self.background_tasks.spawn("enqueue a notice about a credential", enqueueing) {
            tracing::warn!(?notice, %error, "Failed to start the mail of {notice:?}; the next sweep retries");
        }
    }

    /// Clears a notice and enqueues its mail to each recipient, in one transaction. Does nothing if the notice is not due.
    async fn enqueue(&self, notice: NoticeKind) -> Result<()> {
        let now = self.clock.now();
        let (recipients, space) = (self.recipients(notice).await?, self.space_path(notice).await?);
        let mut tx = self.system.begin().await?;
        let Some(content) = store::clear_due(&mut tx, notice, now).await? else { return Ok(()) };
        let link = self.outbox.page_url(&format!("{space}/{}", content.page()))?;
        for recipient in recipients {
            self.outbox.enqueue(&mut tx, &content.mail(recipient, link.as_str()), now).await?;
        }
        tx.commit().await?;
        self.outbox.notify_senders();
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

    /// Returns the path of the space in which the recipient can act: that of the owner, or the root.
    async fn space_path(&self, notice: NoticeKind) -> Result<String> {
        let slug = match notice {
            NoticeKind::ConnectionExpired { owner, .. } | NoticeKind::KeyExpiring { owner, .. } => {
                organisations::find_slug(&self.system, owner).await?
            }
            NoticeKind::ClientRejected { .. } => None,
        };
        Ok(slug.map(|slug| format!("/orgs/{slug}")).unwrap_or_default())
    }
}
