//! Changing the address of an account: the new one has to be confirmed, and the old one is told before anything changes.

use time::Duration;
use url::Url;

use super::confirmation::join;
use super::links::{self, Link, Purpose};
use super::proof::prove;
use super::{Email, Passwords, User, Visitor, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};
use crate::secret::Secret;

const VALID_FOR: Duration = Duration::hours(24);

/// One change is asked for within this time: each sends mail to an address that nobody has confirmed.
const SETTLE: Duration = Duration::minutes(1);

/// A change that waits for its link, on its way to two mailboxes.
#[derive(Debug)]
pub struct AskedEmail {
    user: User,
    new: Email,
    token: String,
}

/// What a link for a new address leads to.
#[derive(Clone, Debug)]
pub enum NewEmail {
    /// It works, or has worked: the person as they were, and their new address.
    For(User, String),
    /// The address has got an account meanwhile.
    Taken,
    /// It does not work; never [`Link::Open`].
    Dead(Link),
}

/// Notes that the actor wants another address; the one before stays until the link is used. An earlier wish is
/// withdrawn.
///
/// # Errors
/// [`Error::Invalid`] with the fields `email` and `current_password`; [`Error::Limited`] after too many guesses.
pub async fn ask_email(
    system: &SystemDb,
    passwords: &Passwords,
    actor: &Actor,
    email: &str,
    password: &Secret,
    now: Timestamp,
) -> Result<AskedEmail> {
    let new = Email::parse(email).map_err(|fault| Error::field("email", fault))?;
    let user = prove(system, passwords, actor, password, now).await?;
    if user.email.eq_ignore_ascii_case(new.as_str()) {
        return Err(Error::field("email", "This is your email address already. Enter the new one"));
    }
    let mut tx = system.begin().await?;
    // of two at the same moment, the second sees the link of the first
    store::lock(&mut tx, user.id).await?;
    if links::newest(&mut tx, Purpose::Email, user.id).await?.is_some_and(|made| now - made < SETTLE) {
        return Err(Error::field("email", "An email is on its way already. Wait a minute, then send another one"));
    }
    links::withdraw(&mut *tx, Purpose::Email, Some(user.id)).await?;
    let token = links::issue_for(&mut tx, user.id, &new, now, now + VALID_FOR).await?;
    audit::record(&mut tx, actor, &Action::EmailAsked { user: user.id, email: new.to_string() }, now).await?;
    tx.commit().await?;
    Ok(AskedEmail { user, new, token })
}

/// Mails the link to the new address and a notice to the old one. An address that has an account gets a note instead of
/// the link, so that whoever asked does not learn of that account.
///
/// # Errors
/// [`Error::Upstream`] if a mail cannot be sent.
pub async fn send_email_change(
    system: &SystemDb,
    mailer: &Mailer,
    public_url: &Url,
    asked: &AskedEmail,
    now: Timestamp,
) -> Result<()> {
    mailer.send(&notice(asked, &join(public_url, "/forgot")?), now).await?;
    let mail = match store::by_email(system.pool(), asked.new.as_str()).await? {
        None => please_confirm(asked, &join(public_url, &format!("/email/{}", asked.token))?),
        Some(_) => has_account(asked, &join(public_url, "/sign-in")?),
    };
    mailer.send(&mail, now).await
}

/// What the link would do, without using it.
pub async fn email_change(system: &SystemDb, token: &str, now: Timestamp) -> Result<NewEmail> {
    if let Some((id, new)) = links::new_email(system.pool(), token, now).await?
        && let Some(user) = store::find(system.pool(), id).await?
    {
        let has_account = store::by_email(system.pool(), &new).await?.is_some();
        return Ok(if has_account { NewEmail::Taken } else { NewEmail::For(user, new) });
    }
    Ok(NewEmail::Dead(match links::state(system.pool(), Purpose::Email, token, now).await? {
        Link::Open => Link::Unknown,
        dead => dead,
    }))
}

/// Uses the link: the account has the new address from now on.
pub async fn change_email(system: &SystemDb, token: &str, visitor: &Visitor, now: Timestamp) -> Result<NewEmail> {
    let (user, new) = match email_change(system, token, now).await? {
        NewEmail::For(user, new) => (user, new),
        other => return Ok(other),
    };
    let mut tx = system.begin().await?;
    if links::take(&mut tx, Purpose::Email, token, now).await?.is_none() {
        drop(tx);
        return Ok(NewEmail::Dead(links::state(system.pool(), Purpose::Email, token, now).await?));
    }
    if !store::set_email(&mut tx, user.id, &new).await? {
        return Ok(NewEmail::Taken);
    }
    // they went to the old address
    links::withdraw(&mut *tx, Purpose::Reset, Some(user.id)).await?;
    audit::record(&mut tx, &visitor.acting_as(user.id), &Action::EmailChanged { user: user.id }, now).await?;
    tx.commit().await?;
    Ok(NewEmail::For(user, new))
}

fn please_confirm(asked: &AskedEmail, link: &Url) -> Mail {
    Mail {
        to: asked.new.to_string(),
        subject: "Confirm your new email address".to_owned(),
        text: format!(
            "{} wants to sign in to Tool Connect Craft with this email address.\n\n\
             If that is you, confirm the address on this page:\n\n\
             {link}\n\n\
             The link works once, within 24 hours. If it was not you, do nothing:\n\
             the account keeps the address it has.\n",
            asked.user.display_name
        ),
    }
}

fn has_account(asked: &AskedEmail, link: &Url) -> Mail {
    Mail {
        to: asked.new.to_string(),
        subject: "This email address has an account".to_owned(),
        text: format!(
            "Somebody wanted to give this email address to another account at Tool Connect\n\
             Craft. It has an account already, so nothing was changed.\n\n\
             If it was you, sign in to that account here:\n\n\
             {link}\n"
        ),
    }
}

fn notice(asked: &AskedEmail, link: &Url) -> Mail {
    Mail {
        to: asked.user.email.clone(),
        subject: "Your email address is about to change".to_owned(),
        text: format!(
            "Somebody who is signed in to your account at Tool Connect Craft, and knows its\n\
             password, asked to change its email address to {}.\n\
             It changes when that address is confirmed.\n\n\
             If it was not you, choose another password now. That also stops the change:\n\n\
             {link}\n",
            asked.new
        ),
    }
}
