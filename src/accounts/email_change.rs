//! Change of an account's email address. The new address must be confirmed; the old one is notified before the change.

use time::Duration;
use url::Url;

use super::current_password::verify_current_password;
use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::{Email, Passwords, User, Visitor, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, MailKind, NOTICE_TTL, Outbox};
use crate::secret::Secret;

const LINK_TTL: Duration = Duration::hours(24);

/// Minimum time between two requests: each sends mail to an address that is not confirmed.
const RESEND_INTERVAL: Duration = Duration::minutes(1);

/// Another address for an account, as its user types it.
#[derive(Clone, Copy, Debug)]
pub struct NewEmailAddress<'a> {
    /// The address.
    pub email: &'a str,
    /// The password of the account.
    pub current_password: &'a Secret,
}

/// The effect of a link that changes an address.
#[derive(Clone, Debug)]
pub enum EmailChange {
    /// The link works, or has just been used: the user before the change, and the new address.
    Valid(User, String),
    /// Another account has the address.
    Taken,
    /// The link does not work; the state is never [`LinkState::Open`].
    Invalid(LinkState),
}

/// Requests another address for the actor, and withdraws an earlier request. The account keeps its address until the
/// link is used. Enqueues a notice to the old address and the link to the new one. An address that has an account gets a
/// note instead of the link, so that the requester does not learn of that account.
///
/// # Errors
/// Returns [`Error::Invalid`] for the fields `email` and `current_password`, and [`Error::Limited`] after too many wrong
/// passwords.
pub async fn request_email_change(
    system: &SystemDb,
    passwords: &Passwords,
    outbox: &Outbox,
    actor: &Actor,
    typed: NewEmailAddress<'_>,
    now: Timestamp,
) -> Result<()> {
    let new = Email::parse(typed.email).map_err(|fault| Error::field("email", fault))?;
    let user = verify_current_password(system, passwords, actor, typed.current_password, now).await?;
    if user.email.eq_ignore_ascii_case(new.as_str()) {
        return Err(Error::field("email", "This is your email address already. Enter the new one"));
    }
    let mut tx = system.begin().await?;
    // of two concurrent requests, the second finds the link of the first
    store::lock(&mut tx, user.id).await?;
    if links::newest_created_at(&mut tx, LinkPurpose::Email, user.id)
        .await?
        .is_some_and(|made| now - made < RESEND_INTERVAL)
    {
        return Err(Error::field("email", "An email is on its way already. Wait a minute, then send another one"));
    }
    links::withdraw(&mut *tx, LinkPurpose::Email, Some(user.id)).await?;
    let link = NewLink { new_email: Some(&new), ..NewLink::new(LinkPurpose::Email, Some(user.id), LINK_TTL) };
    let token = links::issue(&mut tx, &link, now).await?;
    audit::record(&mut tx, actor, &Action::EmailAsked { user: user.id, email: new.to_string() }, now).await?;
    outbox.enqueue(&mut tx, &notice(&user, &new, &outbox.page_url("/forgot")?), now).await?;
    let mail = match store::find_by_email(&mut *tx, new.as_str()).await? {
        None => please_confirm(&user, &new, &outbox.page_url(&format!("/email/{token}"))?),
        Some(_) => has_account(&new, &outbox.page_url("/sign-in")?),
    };
    outbox.enqueue(&mut tx, &mail, now).await?;
    tx.commit().await?;
    outbox.notify_senders();
    Ok(())
}

/// Returns the effect that the link would have, without using it.
pub async fn find_email_change(system: &SystemDb, token: &str, now: Timestamp) -> Result<EmailChange> {
    let link = links::find_open(system.pool(), LinkPurpose::Email, token, now).await?;
    if let Some((id, new)) = link.and_then(|link| link.user_id.zip(link.new_email))
        && let Some(user) = store::find(system.pool(), id).await?
    {
        let has_account = store::find_by_email(system.pool(), &new).await?.is_some();
        return Ok(if has_account { EmailChange::Taken } else { EmailChange::Valid(user, new) });
    }
    Ok(EmailChange::Invalid(match links::state(system.pool(), LinkPurpose::Email, token, now).await? {
        LinkState::Open => LinkState::Unknown,
        state => state,
    }))
}

/// Uses the link and sets the new address.
pub async fn confirm_email_change(
    system: &SystemDb,
    token: &str,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<EmailChange> {
    let (user, new) = match find_email_change(system, token, now).await? {
        EmailChange::Valid(user, new) => (user, new),
        other => return Ok(other),
    };
    let mut tx = system.begin().await?;
    if links::consume(&mut tx, LinkPurpose::Email, token, now).await?.is_none() {
        drop(tx);
        return Ok(EmailChange::Invalid(links::state(system.pool(), LinkPurpose::Email, token, now).await?));
    }
    if !store::set_email(&mut tx, user.id, &new).await? {
        return Ok(EmailChange::Taken);
    }
    // the reset links were mailed to the old address
    links::withdraw(&mut *tx, LinkPurpose::Reset, Some(user.id)).await?;
    audit::record(&mut tx, &visitor.acting_as(user.id), &Action::EmailChanged { user: user.id }, now).await?;
    tx.commit().await?;
    Ok(EmailChange::Valid(user, new))
}

fn please_confirm(user: &User, new: &Email, link: &Url) -> Mail {
    Mail {
        to: new.to_string(),
        subject: "Confirm your new email address".to_owned(),
        kind: MailKind::EmailChange,
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "{} wants to sign in to Tool Connect Craft with this email address.\n\n\
             If that is you, confirm the address on this page:\n\n\
             {link}\n\n\
             The link works once, within 24 hours. If it was not you, do nothing:\n\
             the account keeps the address it has.\n",
            user.display_name
        )),
    }
}

fn has_account(new: &Email, link: &Url) -> Mail {
    Mail {
        to: new.to_string(),
        subject: "This email address has an account".to_owned(),
        kind: MailKind::EmailTaken,
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "Somebody wanted to give this email address to another account at Tool Connect\n\
             Craft. It has an account already, so nothing was changed.\n\n\
             If it was you, sign in to that account here:\n\n\
             {link}\n"
        )),
    }
}

fn notice(user: &User, new: &Email, link: &Url) -> Mail {
    Mail {
        to: user.email.clone(),
        subject: "Your email address is about to change".to_owned(),
        kind: MailKind::EmailChangeNotice,
        ttl: NOTICE_TTL,
        text: Secret::new(format!(
            "Somebody who is signed in to your account at Tool Connect Craft, and knows its\n\
             password, asked to change its email address to {new}.\n\
             It changes when that address is confirmed.\n\n\
             If it was not you, choose another password now. That also stops the change:\n\n\
             {link}\n"
        )),
    }
}
