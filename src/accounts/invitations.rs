//! Invitations: a mailed link with which a person makes their own account. The link proves that its user reads the address,
//! so the account can sign in at once. A newer invitation to an address replaces the older one.

use sqlx::{PgConnection, PgExecutor};
use time::Duration;
use url::Url;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::sign_up::{address_taken_error, find_confirmed};
use super::{Email, NewAccount, Passwords, User, store, store_inserts};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::config::SignUp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::{Mail, MailKind, Outbox};
use crate::secret::Secret;

const LINK_TTL: Duration = Duration::days(7);

/// Maximum number of invitations in the list.
const MAX_LISTED_INVITATIONS: i64 = 200;

/// An invitation that can be used.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Identifies the invitation in URLs: the hash of its token, which opens nothing.
    pub key: String,
    /// Address of the invited person.
    pub email: String,
    /// Time of the invitation.
    pub created_at: Timestamp,
    /// Time from which the link does not work.
    pub expires_at: Timestamp,
}

/// The effect that an invitation's link would have.
#[derive(Clone, Debug)]
pub enum InvitationLink {
    /// The link works, for this address.
    Valid(Email),
    /// The address has an account by now.
    Taken,
    /// The hub creates no accounts on pages.
    Closed,
    /// The link does not work; the state is never [`LinkState::Open`].
    Invalid(LinkState),
}

/// Lists invitations that can be used, the newest first.
pub async fn list_invitations(system: &SystemDb, now: Timestamp) -> Result<Vec<Invitation>> {
    Ok(find_rows(system.pool(), None, now).await?)
}

/// Finds an invitation that can be used.
pub async fn find_invitation(system: &SystemDb, key: &str, now: Timestamp) -> Result<Invitation> {
    find_rows(system.pool(), Some(key), now).await?.pop().ok_or(Error::NotFound("invitation"))
}

/// Invites a person: issues a link and enqueues its mail.
///
/// # Errors
/// Returns [`Error::Invalid`] for the field `email` if the address is not acceptable or has an account, and
/// [`Error::Refused`] if sign-up is closed.
pub async fn invite(
    system: &SystemDb,
    outbox: &Outbox,
    mode: SignUp,
    actor: &Actor,
    email: &str,
    now: Timestamp,
) -> Result<Email> {
    if mode == SignUp::Closed {
        return Err(Error::refused("Sign-up is closed. Only the command line of the server creates accounts"));
    }
    let email = Email::parse(email).map_err(|fault| Error::field("email", fault))?;
    let mut tx = system.begin().await?;
    if let Some(account) = store::find_by_email(&mut *tx, email.as_str()).await?
        && (account.user.confirmed_at.is_some() || account.user.disabled_at.is_some())
    {
        return Err(Error::field("email", format!("There is already an account for {email}. Enter another address")));
    }
    withdraw_address(&mut tx, email.as_str()).await?;
    let link = NewLink { new_email: Some(&email), ..NewLink::new(LinkPurpose::Invite, None, LINK_TTL) };
    let token = links::issue(&mut tx, &link, now).await?;
    audit::record(&mut tx, actor, &Action::PersonInvited { email: email.to_string() }, now).await?;
    let inviter = store::find(&mut *tx, actor.user_id()).await?.ok_or(Error::NotFound("account"))?;
    let mail = please_join(&email, &inviter, &outbox.page_url(&format!("/invitation/{token}"))?);
    outbox.enqueue(&mut tx, &mail, now).await?;
    tx.commit().await?;
    outbox.notify_senders();
    Ok(email)
}

/// Withdraws an invitation: its link stops working.
pub async fn withdraw_invitation(system: &SystemDb, actor: &Actor, key: &str, now: Timestamp) -> Result<Invitation> {
    let mut tx = system.begin().await?;
    let invitation = find_rows(&mut *tx, Some(key), now).await?.pop().ok_or(Error::NotFound("invitation"))?;
    if withdraw_address(&mut tx, &invitation.email).await? == 0 {
        return Err(Error::NotFound("invitation"));
    }
    audit::record(&mut tx, actor, &Action::InvitationWithdrawn { email: invitation.email.clone() }, now).await?;
    tx.commit().await?;
    Ok(invitation)
}

/// Returns the effect that the link would have, without using it.
pub async fn find_invitation_link(
    system: &SystemDb,
    mode: SignUp,
    token: &str,
    now: Timestamp,
) -> Result<InvitationLink> {
    let open = links::find_open(system.pool(), LinkPurpose::Invite, token, now).await?;
    let Some(email) = open.and_then(|link| Email::parse(&link.new_email?).ok()) else {
        return Ok(InvitationLink::Invalid(links::state(system.pool(), LinkPurpose::Invite, token, now).await?));
    };
    let account = store::find_by_email(system.pool(), email.as_str()).await?;
    let is_taken = account.is_some_and(|it| it.user.confirmed_at.is_some() || it.user.disabled_at.is_some());
    Ok(match mode {
        SignUp::Closed => InvitationLink::Closed,
        SignUp::Open | SignUp::Invite if is_taken => InvitationLink::Taken,
        SignUp::Open | SignUp::Invite => InvitationLink::Valid(email),
    })
}

/// Uses the link: creates a confirmed account with the invited address. Of two concurrent calls one gets the link.
///
/// # Errors
/// Returns [`Error::Conflict`] if the link no longer works; [`find_invitation_link`] then says why.
pub async fn accept_invitation(
    system: &SystemDb,
    passwords: &Passwords,
    token: &str,
    account: NewAccount<'_>,
    now: Timestamp,
) -> Result<User> {
    let NewAccount { user: new, visitor } = account;
    let hash = passwords.hash(&new.password).await?;
    let mut tx = system.begin().await?;
    let link = links::consume(&mut tx, LinkPurpose::Invite, token, now).await?;
    if link.and_then(|link| link.new_email).is_none_or(|email| email != new.email.as_str()) {
        return Err(Error::conflict("This invitation no longer works", "Ask an administrator for another one"));
    }
    let user = match find_confirmed(&mut tx, new).await? {
        Some(_) => None,
        None => store_inserts::insert_with_link(&mut tx, account, &hash, false, now).await?,
    };
    let user = user.ok_or_else(|| address_taken_error(new))?;
    // a stranger may have signed up with this address, and has a link that confirms it
    links::withdraw(&mut *tx, LinkPurpose::Confirm, Some(user.id)).await?;
    let action = Action::AccountCreated { user: user.id, admin: false };
    audit::record(&mut tx, &visitor.acting_as(user.id), &action, now).await?;
    tx.commit().await?;
    Ok(user)
}

async fn find_rows(conn: impl PgExecutor<'_>, key: Option<&str>, now: Timestamp) -> sqlx::Result<Vec<Invitation>> {
    sqlx::query_as!(
        Invitation,
        r#"
        SELECT encode(token_hash, 'hex') AS "key!", new_email AS "email!", created_at, expires_at
        FROM email_tokens
        WHERE purpose = 'invite'
          AND used_at IS NULL
          AND expires_at > $2
          AND ($1::text IS NULL OR encode(token_hash, 'hex') = $1)
        ORDER BY created_at DESC, token_hash
        LIMIT $3
        "#,
        key,
        now,
        MAX_LISTED_INVITATIONS,
    )
    .fetch_all(conn)
    .await
}

/// Deletes the unused invitations to an address. Returns their number.
async fn withdraw_address(conn: &mut PgConnection, email: &str) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM email_tokens WHERE purpose = 'invite' AND used_at IS NULL AND lower(new_email) = lower($1)",
        email
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}

fn please_join(email: &Email, inviter: &User, link: &Url) -> Mail {
    Mail {
        kind: MailKind::Invitation,
        to: email.to_string(),
        subject: "You are invited to Tool Connect Craft".to_owned(),
        ttl: LINK_TTL,
        text: Secret::new(format!(
            "{} invites you to Tool Connect Craft.\n\n\
             Choose your name and password on this page:\n\n\
             {link}\n\n\
             The link works once, within 7 days. If you don’t know the sender, do nothing:\n\
             no account is made.\n",
            inviter.display_name
        )),
    }
}
