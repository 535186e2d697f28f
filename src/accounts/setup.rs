//! Set-up of the hub: a hub without users prints a link, and the first person who uses it becomes the owner.

use time::Duration;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::{NewAccount, Passwords, User, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};

const LINK_TTL: Duration = Duration::days(7);

/// Returns a new token for `/setup/{token}`, or `None` if the hub has users. Earlier tokens stop working.
pub async fn issue_setup_link(system: &SystemDb, now: Timestamp) -> Result<Option<String>> {
    let mut tx = system.begin().await?;
    let has_users = store::exists_locked(&mut tx).await?;
    links::withdraw(&mut *tx, LinkPurpose::Setup, None).await?;
    let link = NewLink::new(LinkPurpose::Setup, None, LINK_TTL);
    let token = if has_users { None } else { Some(links::issue(&mut tx, &link, now).await?) };
    tx.commit().await?;
    Ok(token)
}

/// Returns the state of the link. As soon as an account exists, all set-up links count as used.
pub async fn setup_state(system: &SystemDb, token: &str, now: Timestamp) -> Result<LinkState> {
    if store::exists(system.pool()).await? {
        return Ok(LinkState::Used);
    }
    Ok(links::state(system.pool(), LinkPurpose::Setup, token, now).await?)
}

/// Uses the link: creates the owner's account, which administers the hub and can sign in at once.
///
/// # Errors
/// Returns [`Error::Conflict`] if the link does not work; [`setup_state`] then returns its state.
pub async fn create_owner(
    system: &SystemDb,
    passwords: &Passwords,
    token: &str,
    account: NewAccount<'_>,
    now: Timestamp,
) -> Result<User> {
    let NewAccount { user: new, visitor } = account;
    let invalid = || Error::conflict("This set-up link no longer works", "Use the newest link that the hub printed");
    if setup_state(system, token, now).await? != LinkState::Open {
        return Err(invalid());
    }
    let hash = passwords.hash(&new.password).await?;
    let mut tx = system.begin().await?;
    if store::exists_locked(&mut tx).await? || links::consume(&mut tx, LinkPurpose::Setup, token, now).await?.is_none()
    {
        return Err(invalid());
    }
    let user = store::insert_confirmed(&mut tx, new, &hash, true, now).await?.ok_or_else(invalid)?;
    let actor = visitor.acting_as(user.id);
    audit::record(&mut tx, &actor, &Action::AccountCreated { user: user.id, admin: true }, now).await?;
    tx.commit().await?;
    Ok(user)
}
