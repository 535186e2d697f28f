//! Creation of accounts: by visitors, if the hub allows sign-up, or by the operator on the command line.

use sqlx::PgConnection;

use super::links::{self, LinkPurpose};
use super::{NewAccount, NewUser, Passwords, User, confirmation, store, store_inserts};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::config::SignUp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::mail::Outbox;

/// Creates an account that waits for confirmation, and enqueues the mail with its link. An address that already has an
/// account gets the same answer after the same work: nothing changes, and its owner gets a note.
///
/// # Errors
/// Returns [`Error::Refused`] unless sign-up is open.
pub async fn sign_up(
    system: &SystemDb,
    passwords: &Passwords,
    outbox: &Outbox,
    mode: SignUp,
    account: NewAccount<'_>,
    now: Timestamp,
) -> Result<()> {
    let NewAccount { user: new, visitor } = account;
    if mode != SignUp::Open {
        return Err(Error::refused("The owner of this hub creates its accounts. Ask them for one".to_owned()));
    }
    let hash = passwords.hash(&new.password).await?;
    let mut tx = system.begin().await?;
    let inserted = match find_confirmed(&mut tx, new).await? {
        Some(_) => None,
        None => store_inserts::insert_unconfirmed(&mut tx, account, &hash, now).await?,
    };
    if let Some(user) = inserted {
        links::withdraw(&mut *tx, LinkPurpose::Confirm, Some(user)).await?;
        let action = Action::AccountCreated { user, admin: false };
        audit::record(&mut tx, &visitor.acting_as(user), &action, now).await?;
        confirmation::enqueue_link(&mut tx, outbox, user, new.email.to_string(), now).await?;
    } else if let Some(account) = store::find_by_email(&mut *tx, new.email.as_str()).await? {
        confirmation::enqueue_note(&mut tx, outbox, &account.user, now).await?;
    }
    tx.commit().await?;
    outbox.notify_senders();
    Ok(())
}

/// Creates a confirmed account: a person with a shell on the server vouches for the address.
///
/// # Errors
/// Returns [`Error::Invalid`] if the address is taken.
pub async fn create(
    system: &SystemDb,
    passwords: &Passwords,
    account: NewAccount<'_>,
    is_admin: bool,
    now: Timestamp,
) -> Result<User> {
    let NewAccount { user: new, visitor } = account;
    let hash = passwords.hash(&new.password).await?;
    let mut tx = system.begin().await?;
    let user = match store::find_by_email(&mut *tx, new.email.as_str()).await? {
        Some(_) => None,
        None => store_inserts::insert_confirmed(&mut tx, new, &hash, is_admin, now).await?,
    };
    let user = user.ok_or_else(|| address_taken_error(new))?;
    let action = Action::AccountCreated { user: user.id, admin: is_admin };
    audit::record(&mut tx, &visitor.acting_as(user.id), &action, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// Returns the confirmed account of the address in another spelling of its domain, or in the same.
pub(super) async fn find_confirmed(conn: &mut PgConnection, new: &NewUser) -> Result<Option<User>> {
    let account = store::find_by_email(conn, new.email.as_str()).await?;
    Ok(account.map(|account| account.user).filter(|user| user.confirmed_at.is_some()))
}

/// Builds the error of an address that has an account.
pub(super) fn address_taken_error(new: &NewUser) -> Error {
    let message = format!("There is already an account for {}. Sign in, or enter another address", new.email);
    Error::field("email", message)
}
