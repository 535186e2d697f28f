//! Password reset by a link that is mailed to the account's address.
//!
//! A request reveals nothing about accounts: the page does not wait for [`send_reset_link`], and an address without an
//! account gets no mail. A used link proves that its user reads the address, so the address counts as confirmed. All
//! sessions end, because a password is often reset after it became known to others.

use time::Duration;
use url::Url;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::throttle::{self, Subject};
use super::{Email, Password, Passwords, User, Visitor, sessions, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, MailKind, NOTICE_TTL, Outbox};
use crate::secret::Secret;

const LINK_TTL: Duration = Duration::hours(1);

/// Minimum time between two mails to one account.
const RESEND_INTERVAL: Duration = Duration::minutes(1);

/// The use of a link that resets a password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordReset<'a> {
    /// The token of the link.
    pub token: &'a str,
    /// The new password as it was typed.
    pub password: &'a Secret,
    /// The person who uses the link.
    pub visitor: &'a Visitor,
}

/// The effect of a link that resets a password.
#[derive(Clone, Debug)]
pub enum ResetLink {
    /// The link works, or has just been used, for this user.
    Valid(User),
    /// The link does not work; the state is never [`LinkState::Open`].
    Invalid(LinkState),
}

/// Enqueues a mail with a link to the account with this address, unless there is none, the account is disabled, or a mail was
/// enqueued within the last minute.
pub async fn send_reset_link(system: &SystemDb, outbox: &Outbox, email: &Email, now: Timestamp) -> Result<()> {
    let Some(account) = store::find_by_email(system.pool(), email.typed()).await? else { return Ok(()) };
    let user = account.user;
    if user.disabled_at.is_some() {
        return Ok(());
    }
    let mut tx = system.begin().await?;
    // of two concurrent requests, the second finds the link of the first
    store::lock(&mut tx, user.id).await?;
    if links::newest_created_at(&mut tx, LinkPurpose::Reset, user.id)
        .await?
        .is_some_and(|made| now - made < RESEND_INTERVAL)
    {
        return Ok(());
    }
    let link = NewLink::new(LinkPurpose::Reset, Some(user.id), LINK_TTL);
    let token = links::issue(&mut tx, &link, now).await?;
    let link = outbox.page_url(&format!("/reset/{token}"))?;
    outbox.enqueue(&mut tx, &please_reset(&user, &link), now).await?;
    tx.commit().await?;
    outbox.notify_senders();
    Ok(())
}

/// Returns the effect that the link would have, without using it.
pub async fn find_reset(system: &SystemDb, token: &str, now: Timestamp) -> Result<ResetLink> {
    let link = links::find_open(system.pool(), LinkPurpose::Reset, token, now).await?;
    if let Some(id) = link.and_then(|link| link.user_id)
        && let Some(user) = store::find(system.pool(), id).await?
    {
        return Ok(ResetLink::Valid(user));
    }
    Ok(ResetLink::Invalid(invalid_state(system, token, now).await?))
}

/// Uses the link: sets the password, confirms the address, ends all sessions, withdraws all other links, and enqueues a
/// notice to the user.
///
/// # Errors
/// Returns [`Error::Invalid`] if the password is not acceptable; the link still works.
pub async fn reset_password(
    system: &SystemDb,
    passwords: &Passwords,
    outbox: &Outbox,
    reset: PasswordReset<'_>,
    now: Timestamp,
) -> Result<ResetLink> {
    let PasswordReset { token, password, visitor } = reset;
    let user = match find_reset(system, token, now).await? {
        ResetLink::Valid(user) => user,
        invalid @ ResetLink::Invalid(_) => return Ok(invalid),
    };
    let email = Email::parse(&user.email).ok();
    let password = Password::choose(password, email.as_ref()).map_err(|fault| Error::field("password", fault))?;
    let hash = passwords.hash(&password).await?;
    let mut tx = system.begin().await?;
    if links::consume(&mut tx, LinkPurpose::Reset, token, now).await?.is_none() {
        return Ok(ResetLink::Invalid(invalid_state(system, token, now).await?));
    }
    store::set_password(&mut tx, user.id, &hash).await?;
    store::confirm(&mut tx, user.id, now).await?;
    sessions::delete_of_user(&mut tx, user.id, None).await?;
    throttle::reset(&mut tx, &Subject::account(&user.email)).await?;
    for purpose in [LinkPurpose::Reset, LinkPurpose::Confirm, LinkPurpose::Email] {
        links::withdraw(&mut *tx, purpose, Some(user.id)).await?;
    }
    audit::record(&mut tx, &visitor.acting_as(user.id), &Action::PasswordReset { user: user.id }, now).await?;
    outbox.enqueue(&mut tx, &was_reset(&user, &outbox.page_url("/forgot")?), now).await?;
    tx.commit().await?;
    outbox.notify_senders();
    Ok(ResetLink::Valid(user))
}

async fn invalid_state(system: &SystemDb, token: &str, now: Timestamp) -> Result<LinkState> {
    Ok(match links::state(system.pool(), LinkPurpose::Reset, token, now).await? {
        LinkState::Open => LinkState::Unknown,
        state => state,
    })
}

fn please_reset(user: &User, link: &Url) -> Mail {
    Mail {
        kind: MailKind::PasswordReset,
        to: user.email.clone(),
        subject: "Choose a new password".to_owned(),
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "Somebody asked for a new password for your account at Tool Connect Craft.\n\n\
             If it was you, choose the password on this page:\n\n\
             {link}\n\n\
             The link works once, within 1 hour. If it was not you, do nothing:\n\
             your password stays as it is.\n"
        )),
    }
}

fn was_reset(user: &User, link: &Url) -> Mail {
    Mail {
        kind: MailKind::PasswordChanged,
        to: user.email.clone(),
        subject: "Your password was changed".to_owned(),
        ttl: NOTICE_TTL,
        text: Secret::new(format!(
            "The password of your account at Tool Connect Craft was changed, by a link\n\
             that was mailed to this address. All browsers were signed out.\n\n\
             If it was not you, somebody can read your mail. Secure your mailbox, then\n\
             choose another password here:\n\n\
             {link}\n"
        )),
    }
}
