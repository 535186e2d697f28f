//! The mail that tells an owner, once, that a connection is over.
//!
//! What ends a connection notes with it, in the same transaction, that its owner is to be told. Whoever sends the mail takes
//! that note first and drops it afterwards, so a mail that could not be sent is sent with a later sweep, and two processes
//! do not send the same one.

use std::time::Duration;

use super::store::{self, Due, Notice};
use super::{TokenRefresher, sweep};
use crate::accounts;
use crate::connections::label;
use crate::connections::status::ConnectionStatus;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, UserId};
use crate::mail::Mail;

/// When a mail is tried again that was not sent.
pub(super) const AGAIN: Duration = Duration::from_secs(5 * 60);

impl TokenRefresher {
    /// Tells the owner of a connection what they are to be told of it: their open pages, and by mail; nobody waits for that.
    pub(super) fn tell(&self, owner: UserId, id: ConnectionId) {
        self.live.notify_user(owner);
        let refresher = self.clone();
        let telling = async move { refresher.send_notice(owner, id).await };
        if let Err(error) =
            self.notifier.background_tasks.spawn_mail("send the mail that a connection is over", telling)
        {
            tracing::warn!(connection = %id, %error, "its owner is told by a later sweep");
        }
    }

    /// Tells all owners who are still to be told.
    pub(super) async fn tell_all(&self) -> Result<()> {
        let mut conn = self.system.acquire().await?;
        for Due { owner, id } in store::untold(&mut conn, self.clock.now(), sweep::MOST).await? {
            self.tell(owner, id);
        }
        self.tell_administrators();
        Ok(())
    }

    async fn send_notice(&self, owner: UserId, id: ConnectionId) -> Result<()> {
        let now = self.clock.now();
        let mut conn = self.system.acquire().await?;
        let again = now + AGAIN;
        let Some(notice) = store::take_notice(&mut conn, owner, id, again, now).await? else { return Ok(()) };
        drop(conn);
        let Some(user) = accounts::find(&self.system, owner).await? else { return Ok(()) };
        let link = self.notifier.public_url.join(&format!("connections/{id}")).map_err(Error::internal)?;
        self.notifier.mailer.send(&notice.mail(user.email, link.as_str()), now).await?;
        Ok(store::drop_notice(&mut *self.system.acquire().await?, owner, id, again).await?)
    }
}

/// What a mail calls a connection.
pub(super) fn called(service: &str, label: &str) -> String {
    let name = match label {
        label::DEFAULT => service.to_owned(),
        label => format!("{service}, {label}"),
    };
    // a service may have named itself
    name.chars().filter(|letter| !letter.is_control()).collect()
}

impl Notice {
    fn mail(&self, to: String, link: &str) -> Mail {
        let name = called(&self.service, &self.label);
        let what = match self.status {
            ConnectionStatus::Expired => "has ended",
            _ => "could not be kept alive",
        };
        let why = self.reason.as_deref().unwrap_or("The service no longer accepts the credential");
        Mail {
            to,
            subject: format!("{name} is waiting for you to connect it again"),
            text: format!(
                "Your connection to {name} at Tool Connect Craft {what}:\n\n\
                 {why}.\n\n\
                 Connect it again on this page:\n\n\
                 {link}\n\n\
                 Jobs that need it wait until then, and go on by themselves. This mail\n\
                 comes once.\n"
            ),
        }
    }
}
