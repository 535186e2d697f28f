//! Change of the password while signed in.

use url::Url;

use super::current_password::verify_current_password;
use super::links::{self, LinkPurpose};
use super::sessions::{self, SessionKey};
use super::{Email, Password, Passwords, User, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, MailKind, NOTICE_TTL, Outbox};
use crate::secret::Secret;

/// The input of [`change_password`].
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The current password, as typed.
    pub current: &'a Secret,
    /// The new password, as typed.
    pub new: &'a Secret,
    /// The session that stays signed in.
    pub session: SessionKey,
}

/// Sets a new password, ends all other sessions, withdraws the links that were mailed before, and enqueues a notice to the
/// user.
///
/// # Errors
/// Returns [`Error::Invalid`] for the fields `new_password` and `current_password`, and [`Error::Limited`] after too many
/// wrong passwords.
pub async fn change_password(
    system: &SystemDb,
    passwords: &Passwords,
    outbox: &Outbox,
    actor: &Actor,
    change: PasswordChange<'_>,
    now: Timestamp,
) -> Result<()> {
    let user = store::find(system.pool(), actor.user_id()).await?.ok_or(Error::NotFound("account"))?;
    let email = Email::parse(&user.email).ok();
    let new = Password::choose(change.new, email.as_ref()).map_err(|fault| Error::field("new_password", fault))?;
    let user = verify_current_password(system, passwords, actor, change.current, now).await?;
    let hash = passwords.hash(&new).await?;
    let mut tx = system.begin().await?;
    store::set_password(&mut tx, user.id, &hash).await?;
    sessions::delete_of_user(&mut tx, user.id, Some(change.session)).await?;
    for purpose in [LinkPurpose::Reset, LinkPurpose::Email] {
        links::withdraw(&mut *tx, purpose, Some(user.id)).await?;
    }
    audit::record(&mut tx, actor, &Action::PasswordChanged { user: user.id }, now).await?;
    outbox.enqueue(&mut tx, &was_changed(&user, &outbox.page_url("/forgot")?), now).await?;
    tx.commit().await?;
    outbox.notify_senders();
    Ok(())
}

fn was_changed(user: &User, link: &Url) -> Mail {
    Mail {
        kind: MailKind::PasswordChanged,
        to: user.email.clone(),
        subject: "Your password was changed".to_owned(),
        ttl: NOTICE_TTL,
        text: Secret::new(format!(
            "The password of your account at Tool Connect Craft was changed by somebody who\n\
             was signed in and knew the old one. All other browsers were signed out.\n\n\
             If it was not you, choose another password at once, by a link to this address:\n\n\
             {link}\n"
        )),
    }
}
