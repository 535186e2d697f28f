//! Confirmation of an email address, by a link that is mailed to it.

use sqlx::PgConnection;
use time::Duration;
use url::Url;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::{Email, User, Visitor, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::mail::{Mail, MailKind, Outbox};
use crate::secret::Secret;

const LINK_TTL: Duration = Duration::hours(24);

/// Minimum time between two confirmation mails, so that "Send again" pressed twice sends one mail.
const RESEND_INTERVAL: Duration = Duration::minutes(1);

/// The outcome of a request for a confirmation mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// The mail is on its way.
    Enqueued,
    /// A mail was enqueued less than a minute ago, so no other was.
    Recent,
}

/// Enqueues a mail with a new confirmation link. If the address has a confirmed account, enqueues a note to its owner
/// instead. Repeated calls are allowed.
pub async fn send_confirmation(system: &SystemDb, outbox: &Outbox, email: &Email, now: Timestamp) -> Result<Dispatch> {
    let mut tx = system.begin().await?;
    let account = store::find_by_email(&mut *tx, email.as_str()).await?;
    let user = account.ok_or(Error::NotFound("account"))?.user;
    if user.confirmed_at.is_some() {
        enqueue_note(&mut tx, outbox, &user, now).await?;
    } else {
        // of two concurrent requests, the second finds the link of the first
        store::lock(&mut tx, user.id).await?;
        if links::newest_created_at(&mut tx, LinkPurpose::Confirm, user.id)
            .await?
            .is_some_and(|made| now - made < RESEND_INTERVAL)
        {
            return Ok(Dispatch::Recent);
        }
        enqueue_link(&mut tx, outbox, user.id, user.email, now).await?;
    }
    tx.commit().await?;
    outbox.notify_senders();
    Ok(Dispatch::Enqueued)
}

/// Issues a link for an account that waits for its confirmation, and enqueues its mail.
pub(super) async fn enqueue_link(
    conn: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    to: String,
    now: Timestamp,
) -> Result<()> {
    let token = links::issue(conn, &NewLink::new(LinkPurpose::Confirm, Some(user), LINK_TTL), now).await?;
    let link = outbox.page_url(&format!("/confirm/{token}"))?;
    outbox.enqueue(conn, &please_confirm(to, &link), now).await
}

/// Enqueues a note to the owner of an account that somebody signed up with its address.
pub(super) async fn enqueue_note(conn: &mut PgConnection, outbox: &Outbox, user: &User, now: Timestamp) -> Result<()> {
    outbox.enqueue(conn, &already_yours(user, &outbox.page_url("/sign-in")?), now).await
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

fn please_confirm(to: String, link: &Url) -> Mail {
    Mail {
        kind: MailKind::Confirmation,
        to,
        subject: "Confirm your email address".to_owned(),
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "Somebody signed up to Tool Connect Craft with this email address.\n\n\
             If it was you, confirm your email address on this page:\n\n\
             {link}\n\n\
             The link works once, within 24 hours. If it was not you, do nothing:\n\
             nobody can sign in until the address is confirmed.\n"
        )),
    }
}

fn already_yours(user: &User, link: &Url) -> Mail {
    Mail {
        kind: MailKind::AccountExists,
        to: user.email.clone(),
        subject: "You already have an account".to_owned(),
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "Somebody tried to sign up to Tool Connect Craft with this email address,\n\
             which already has an account. Nothing was changed.\n\n\
             If it was you, sign in with your password on this page:\n\n\
             {link}\n"
        )),
    }
}
