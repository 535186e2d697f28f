//! The mail that tells administrators, once, that a provider refuses the application with which all users sign in.

use std::time::Duration;

use super::TokenRefresher;
use crate::accounts;
use crate::connections::authorization::client_rejection::{self, PendingNotice};
use crate::error::{Error, Result};
use crate::mail::Mail;

/// When a mail is tried again that was not sent.
const AGAIN: Duration = Duration::from_secs(5 * 60);

impl TokenRefresher {
    /// Tells administrators what they are to be told; nobody waits for that.
    pub(super) fn tell_administrators(&self) {
        let refresher = self.clone();
        let telling = async move { refresher.send_refusals().await };
        if let Err(error) =
            self.notifier.background_tasks.spawn_mail("send the mail that an OAuth application is refused", telling)
        {
            tracing::warn!(%error, "administrators are told by a later sweep");
        }
    }

    async fn send_refusals(&self) -> Result<()> {
        let (now, again) = (self.clock.now(), self.clock.now() + AGAIN);
        let mut conn = self.system.acquire().await?;
        let untold = client_rejection::claim_notices(&mut conn, again, now).await?;
        drop(conn);
        if untold.is_empty() {
            return Ok(());
        }
        let administrators = accounts::administrators(&self.system).await?;
        for refused in untold {
            let place = format!("connectors/{}/application", refused.slug);
            let link = self.notifier.public_url.join(&place).map_err(Error::internal)?;
            let mut is_told = false;
            for administrator in &administrators {
                match self.notifier.mailer.send(&mail(&refused, administrator.email.clone(), link.as_str()), now).await
                {
                    Ok(()) => is_told = true,
                    // one who cannot be written to costs the others nothing
                    Err(error) => tracing::warn!(%error, "an administrator could not be told"),
                }
            }
            if is_told {
                client_rejection::mark_notified(&mut *self.system.acquire().await?, refused.id, again).await?;
            }
        }
        Ok(())
    }
}

fn mail(refused: &PendingNotice, to: String, link: &str) -> Mail {
    let PendingNotice { service, words, .. } = refused;
    Mail {
        to,
        subject: format!("{service} does not accept this hub’s OAuth application"),
        text: format!(
            "{words}.\n\n\
             Nobody can sign in at {service} through this hub, and no connection to it\n\
             can be renewed, until that is mended. The connections themselves are kept.\n\n\
             Check the application at the provider, then enter it again:\n\n\
             {link}\n\n\
             This mail comes once.\n"
        ),
    }
}
