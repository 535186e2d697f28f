//! Confirmation of an email address, by a link that is mailed to it.

use time::Duration;
use url::Url;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::{Email, User, Visitor, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, Mailer};

const LINK_TTL: Duration = Duration::hours(24);

/// Minimum time between two confirmation mails, so that "Send again" pressed twice sends one mail.
const RESEND_INTERVAL: Duration = Duration::minutes(1);

/// The outcome of a request for a confirmation mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// The mail was sent.
    Sent,
    /// A mail was sent less than a minute ago, so no other was sent.
    Recent,
}

/// Mails the confirmation link. If the address has a confirmed account, mails a note to its owner instead. The account
/// must be committed before; repeated calls are allowed.
///
/// # Errors
/// Returns [`Error::Upstream`] if the mail cannot be sent; the account stays.
pub async fn send_confirmation(
    system: &SystemDb,
    mailer: &Mailer,
    public_url: &Url,
    email: &Email,
    now: Timestamp,
) -> Result<Dispatch> {
    let account = store::find_by_email(system.pool(), email.as_str()).await?;
    let user = account.ok_or(Error::NotFound("account"))?.user;
    if user.confirmed_at.is_some() {
        mailer.send(&already_yours(&user, &join(public_url, "/sign-in")?), now).await?;
        return Ok(Dispatch::Sent);
    }
    let mut tx = system.begin().await?;
    if links::newest_created_at(&mut tx, LinkPurpose::Confirm, user.id)
        .await?
        .is_some_and(|made| now - made < RESEND_INTERVAL)
    {
        return Ok(Dispatch::Recent);
    }
    let link = NewLink::new(LinkPurpose::Confirm, Some(user.id), LINK_TTL);
    let token = links::issue(&mut tx, &link, now).await?;
    tx.commit().await?;
    let sent = mailer.send(&please_confirm(&user, &join(public_url, &format!("/confirm/{token}"))?), now).await;
    if let Err(error) = sent {
        // the link was not delivered: without it, the next request sends a new one at once
        links::withdraw(system.pool(), LinkPurpose::Confirm, Some(user.id)).await?;
        return Err(error);
    }
    Ok(Dispatch::Sent)
}

/// Returns the state of the link without using it: mail scanners open links, and must not confirm an address.
pub async fn confirmation_state(system: &SystemDb, token: &str, now: Timestamp) -> Result<LinkState> {
    Ok(links::state(system.pool(), LinkPurpose::Confirm, token, now).await?)
}

/// Uses the link. Returns the state in which the link was found: only [`LinkState::Open`] has confirmed the account.
pub async fn confirm(system: &SystemDb, token: &str, visitor: &Visitor, now: Timestamp) -> Result<LinkState> {
    let mut tx = system.begin().await?;
    let link = links::consume(&mut tx, LinkPurpose::Confirm, token, now).await?;
    let Some(user) = link.and_then(|link| link.user_id) else {
        return Ok(links::state(&mut *tx, LinkPurpose::Confirm, token, now).await?);
    };
    store::confirm(&mut tx, user, now).await?;
    audit::record(&mut tx, &visitor.acting_as(user), &Action::AccountConfirmed { user }, now).await?;
    tx.commit().await?;
    Ok(LinkState::Open)
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
