//! Change of the password while signed in.

use url::Url;

use super::confirmation::join;
use super::current_password::verify_current_password;
use super::links::{self, LinkPurpose};
use super::sessions::{self, SessionKey};
use super::{Email, Password, Passwords, User, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};
use crate::secret::Secret;

/// Sets a new password, ends all other sessions, and withdraws the links that were mailed before.
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
///
/// # Errors
/// Returns [`Error::Invalid`] for the fields `new_password` and `current_password`, and [`Error::Limited`] after too many
/// wrong passwords.
pub async fn change_password(
    system: &SystemDb,
    passwords: &Passwords,
    actor: &Actor,
    change: PasswordChange<'_>,
    now: Timestamp,
) -> Result<User> {
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
    tx.commit().await?;
    Ok(user)
}

/// Mails the user that their password was changed, and what to do if they did not change it.
///
/// # Errors
/// Returns [`Error::Upstream`] if the mail cannot be sent.
pub async fn send_password_notice(mailer: &Mailer, public_url: &Url, user: &User, now: Timestamp) -> Result<()> {
    let link = join(public_url, "/forgot")?;
    let mail = Mail {
        to: user.email.clone(),
        subject: "Your password was changed".to_owned(),
        text: format!(
            "The password of your account at Tool Connect Craft was changed by somebody who\n\
             was signed in and knew the old one. All other browsers were signed out.\n\n\
             If it was not you, choose another password at once, by a link to this address:\n\n\
             {link}\n"
        ),
    };
    mailer.send(&mail, now).await
}
