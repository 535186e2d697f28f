//! Changing the password while signed in.

use url::Url;

use super::confirmation::join;
use super::links::{self, Purpose};
use super::proof::prove;
use super::sessions::{self, SessionKey};
use super::{Email, Password, Passwords, User, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};
use crate::secret::Secret;

/// Sets a new password, ends every other session, and withdraws the links that were mailed before.
///
/// # Errors
/// [`Error::Invalid`] with the fields `new_password` and `current_password`; [`Error::Limited`] after too many guesses.
pub async fn change_password(
    system: &SystemDb,
    passwords: &Passwords,
    actor: &Actor,
    current: &Secret,
    new: &Secret,
    here: SessionKey,
    now: Timestamp,
) -> Result<User> {
    let user = store::find(system.pool(), actor.user_id()).await?.ok_or(Error::NotFound("account"))?;
    let email = Email::parse(&user.email).ok();
    let new = Password::choose(new, email.as_ref()).map_err(|fault| Error::field("new_password", fault))?;
    let user = prove(system, passwords, actor, current, now).await?;
    let hash = passwords.hash(&new).await?;
    let mut tx = system.begin().await?;
    store::set_password(&mut tx, user.id, &hash).await?;
    sessions::delete_others(&mut tx, user.id, here).await?;
    for purpose in [Purpose::Reset, Purpose::Email] {
        links::withdraw(&mut *tx, purpose, Some(user.id)).await?;
    }
    audit::record(&mut tx, actor, &Action::PasswordChanged { user: user.id }, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// Tells the person that their password is another one now, and what to do if that was not them.
///
/// # Errors
/// [`Error::Upstream`] if the mail cannot be sent.
pub async fn notice_of_password(mailer: &Mailer, public_url: &Url, user: &User, now: Timestamp) -> Result<()> {
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
