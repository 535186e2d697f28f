//! A way back in for who forgot their password: a link that is mailed to the address of the account.
//!
//! Whoever asks learns nothing: the caller does not wait for [`send_reset`], and an address without an account gets no
//! mail. Whoever uses the link has the address, so it counts as confirmed; and since a password is often reset because
//! somebody else knows it, every session ends.

use time::Duration;
use url::Url;

use super::confirmation::join;
use super::links::{self, Link, Purpose};
use super::throttle::{self, Subject};
use super::{Email, Password, Passwords, User, Visitor, sessions, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};
use crate::secret::Secret;

const VALID_FOR: Duration = Duration::hours(1);

/// One mail within this time to one account, however often it is asked for.
const SETTLE: Duration = Duration::minutes(1);

/// What a link for a new password leads to.
#[derive(Clone, Debug)]
pub enum Reset {
    /// It works, or has worked, for this person.
    For(User),
    /// It does not; never [`Link::Open`].
    Dead(Link),
}

/// Mails a link to the account with this address, if there is one and the last mail is a minute old.
///
/// # Errors
/// [`Error::Upstream`] if the mail cannot be sent; it can be asked for again at once.
pub async fn send_reset(
    system: &SystemDb,
    mailer: &Mailer,
    public_url: &Url,
    email: &Email,
    now: Timestamp,
) -> Result<()> {
    let Some(account) = store::by_email(system.pool(), email.as_str()).await? else { return Ok(()) };
    let user = account.user;
    let mut tx = system.begin().await?;
    // of two at the same moment, the second sees the link of the first
    store::lock(&mut tx, user.id).await?;
    if links::newest(&mut tx, Purpose::Reset, user.id).await?.is_some_and(|made| now - made < SETTLE) {
        return Ok(());
    }
    let token = links::issue(&mut tx, Purpose::Reset, Some(user.id), now, now + VALID_FOR).await?;
    tx.commit().await?;
    let link = join(public_url, &format!("/reset/{token}"))?;
    let sent = mailer.send(&please_reset(&user, &link), now).await;
    if sent.is_err() {
        // nobody has this link: the next try must not take it for one that is on its way
        links::withdraw(system.pool(), Purpose::Reset, Some(user.id)).await?;
    }
    sent
}

/// Whose link it is, without using it.
pub async fn resetting(system: &SystemDb, token: &str, now: Timestamp) -> Result<Reset> {
    if let Some(id) = links::holder(system.pool(), Purpose::Reset, token, now).await?
        && let Some(user) = store::find(system.pool(), id).await?
    {
        return Ok(Reset::For(user));
    }
    Ok(Reset::Dead(dead(system, token, now).await?))
}

/// Uses the link: sets the password, confirms the address, ends all sessions, and withdraws every other link.
///
/// # Errors
/// [`Error::Invalid`] if the password cannot be taken; the link then still works.
pub async fn reset(
    system: &SystemDb,
    passwords: &Passwords,
    token: &str,
    password: &Secret,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Reset> {
    let user = match resetting(system, token, now).await? {
        Reset::For(user) => user,
        dead @ Reset::Dead(_) => return Ok(dead),
    };
    let email = Email::parse(&user.email).ok();
    let password = Password::choose(password, email.as_ref()).map_err(|fault| Error::field("password", fault))?;
    let hash = passwords.hash(&password).await?;
    let mut tx = system.begin().await?;
    if links::take(&mut tx, Purpose::Reset, token, now).await?.is_none() {
        return Ok(Reset::Dead(dead(system, token, now).await?));
    }
    store::set_password(&mut tx, user.id, &hash).await?;
    store::confirm(&mut tx, user.id, now).await?;
    sessions::delete_all(&mut tx, user.id).await?;
    throttle::forget(&mut tx, &Subject::account(&user.email)).await?;
    for purpose in [Purpose::Reset, Purpose::Confirm, Purpose::Email] {
        links::withdraw(&mut *tx, purpose, Some(user.id)).await?;
    }
    audit::record(&mut tx, &visitor.acting_as(user.id), &Action::PasswordReset { user: user.id }, now).await?;
    tx.commit().await?;
    Ok(Reset::For(user))
}

async fn dead(system: &SystemDb, token: &str, now: Timestamp) -> Result<Link> {
    Ok(match links::state(system.pool(), Purpose::Reset, token, now).await? {
        Link::Open => Link::Unknown,
        dead => dead,
    })
}

/// Tells the person that their password is another one now, and what to do if that was not them.
///
/// # Errors
/// [`Error::Upstream`] if the mail cannot be sent.
pub async fn notice_of_reset(mailer: &Mailer, public_url: &Url, user: &User, now: Timestamp) -> Result<()> {
    mailer.send(&was_reset(user, &join(public_url, "/forgot")?), now).await
}

fn please_reset(user: &User, link: &Url) -> Mail {
    Mail {
        to: user.email.clone(),
        subject: "Choose a new password".to_owned(),
        text: format!(
            "Somebody asked for a new password for your account at Tool Connect Craft.\n\n\
             If it was you, choose the password on this page:\n\n\
             {link}\n\n\
             The link works once, within 1 hour. If it was not you, do nothing:\n\
             your password stays as it is.\n"
        ),
    }
}

fn was_reset(user: &User, link: &Url) -> Mail {
    Mail {
        to: user.email.clone(),
        subject: "Your password was changed".to_owned(),
        text: format!(
            "The password of your account at Tool Connect Craft was changed, by a link\n\
             that was mailed to this address. All browsers were signed out.\n\n\
             If it was not you, somebody can read your mail. Secure your mailbox, then\n\
             choose another password here:\n\n\
             {link}\n"
        ),
    }
}
