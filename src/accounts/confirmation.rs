//! Proving that an address is one's own, by a link that is mailed to it.

use time::Duration;
use url::Url;

use super::links::{self, Link, Purpose};
use super::{Email, User, Visitor, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};

const VALID_FOR: Duration = Duration::hours(24);

/// A link younger than this is not replaced, so that pressing "Send again" twice sends one mail.
const SETTLE: Duration = Duration::minutes(1);

/// What became of a request to mail the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// It is under way.
    Sent,
    /// One was sent less than a minute ago, so this one was not.
    Recent,
}

/// Mails the link, or, if the address already has a confirmed account, a note that says so. Call it after the account
/// is committed; it can be called again.
///
/// # Errors
/// [`Error::Upstream`] if the mail cannot be sent; the account stays.
pub async fn send_confirmation(
    system: &SystemDb,
    mailer: &Mailer,
    public_url: &Url,
    email: &Email,
    now: Timestamp,
) -> Result<Dispatch> {
    let account = store::by_email(system.pool(), email.as_str()).await?;
    let user = account.ok_or(Error::NotFound("account"))?.user;
    if user.confirmed_at.is_some() {
        mailer.send(&already_yours(&user, &join(public_url, "/sign-in")?), now).await?;
        return Ok(Dispatch::Sent);
    }
    let mut tx = system.begin().await?;
    if links::newest(&mut tx, Purpose::Confirm, user.id).await?.is_some_and(|made| now - made < SETTLE) {
        return Ok(Dispatch::Recent);
    }
    let token = links::issue(&mut tx, Purpose::Confirm, Some(user.id), now, now + VALID_FOR).await?;
    tx.commit().await?;
    let sent = mailer.send(&please_confirm(&user, &join(public_url, &format!("/confirm/{token}"))?), now).await;
    if let Err(error) = sent {
        // nobody has this link: the next try must not take it for one that is on its way
        links::withdraw(system.pool(), Purpose::Confirm, Some(user.id)).await?;
        return Err(error);
    }
    Ok(Dispatch::Sent)
}

/// In which state the link is, without using it: mail scanners open links, and must not confirm anything.
pub async fn confirmation(system: &SystemDb, token: &str, now: Timestamp) -> Result<Link> {
    Ok(links::state(system.pool(), Purpose::Confirm, token, now).await?)
}

/// Uses the link. Returns the state in which it was found: only [`Link::Open`] has confirmed the account.
pub async fn confirm(system: &SystemDb, token: &str, visitor: &Visitor, now: Timestamp) -> Result<Link> {
    let mut tx = system.begin().await?;
    let link = links::take(&mut tx, Purpose::Confirm, token, now).await?;
    let Some(user) = link.and_then(|link| link.user_id) else {
        return Ok(links::state(&mut *tx, Purpose::Confirm, token, now).await?);
    };
    store::confirm(&mut tx, user, now).await?;
    audit::record(&mut tx, &visitor.acting_as(user), &Action::AccountConfirmed { user }, now).await?;
    tx.commit().await?;
    Ok(Link::Open)
}

pub(super) fn join(public_url: &Url, path: &str) -> Result<Url> {
    public_url.join(path).map_err(Error::internal)
}

fn please_confirm(user: &User, link: &Url) -> Mail {
    Mail {
        to: user.email.clone(),
        subject: "Confirm your email address".to_owned(),
        text: format!(
            "Somebody signed up to Tool Connect Craft with this email address.\n\n\
             If it was you, confirm your email address on this page:\n\n\
             {link}\n\n\
             The link works once, within 24 hours. If it was not you, do nothing:\n\
             nobody can sign in until the address is confirmed.\n"
        ),
    }
}

fn already_yours(user: &User, link: &Url) -> Mail {
    Mail {
        to: user.email.clone(),
        subject: "You already have an account".to_owned(),
        text: format!(
            "Somebody tried to sign up to Tool Connect Craft with this email address,\n\
             which already has an account. Nothing was changed.\n\n\
             If it was you, sign in with your password on this page:\n\n\
             {link}\n"
        ),
    }
}
