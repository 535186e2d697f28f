//! A mail to the owner of a connection that its key will end, as they have noted: once, some days before.
//!
//! As with [notices](super::notice), whoever sends the mail takes the reminder first, and drops it afterwards.

use super::notice::{AGAIN, called};
use super::store::{self, Due, Reminder};
use super::{TokenRefresher, sweep};
use crate::accounts;
use crate::connections::expiry;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, UserId};
use crate::mail::Mail;

impl TokenRefresher {
    /// Reminds all owners who are to be reminded by now; nobody waits for that.
    pub(super) async fn remind_all(&self) -> Result<()> {
        let mut conn = self.system.acquire().await?;
        for Due { owner, id } in store::unreminded(&mut conn, self.clock.now(), sweep::MOST).await? {
            let refresher = self.clone();
            let reminding = async move { refresher.send_reminder(owner, id).await };
            if let Err(error) =
                self.notifier.background_tasks.spawn_mail("send the mail that a key will end", reminding)
            {
                tracing::warn!(connection = %id, %error, "its owner is reminded by a later sweep");
            }
        }
        Ok(())
    }

    async fn send_reminder(&self, owner: UserId, id: ConnectionId) -> Result<()> {
        let now = self.clock.now();
        let again = now + AGAIN;
        let mut conn = self.system.acquire().await?;
        let Some(reminder) = store::take_reminder(&mut conn, owner, id, again, now).await? else { return Ok(()) };
        drop(conn);
        let Some(user) = accounts::find(&self.system, owner).await? else { return Ok(()) };
        let link = self.notifier.public_url.join(&format!("connections/{id}/token"));
        let link = link.map_err(Error::internal)?;
        self.notifier.mailer.send(&reminder.mail(user.email, link.as_str()), now).await?;
        Ok(store::drop_reminder(&mut *self.system.acquire().await?, owner, id, again).await?)
    }
}

impl Reminder {
    fn mail(&self, to: String, link: &str) -> Mail {
        let (name, day) = (called(&self.service, &self.label), expiry::format_day(self.ends_on));
        let what = if self.is_key { "key" } else { "token" };
        Mail {
            to,
            subject: format!("The {what} of {name} ends on {day}"),
            text: format!(
                "You noted that the {what} of your connection to {name} at Tool Connect Craft\n\
                 ends on {day}.\n\n\
                 Get another one from the service, and enter it on this page:\n\n\
                 {link}\n\n\
                 Until it ends, the connection works as it did. This mail comes once.\n"
            ),
        }
    }
}
