//! Set-up of the hub: a hub without an administrator prints a link, and the first person who uses it becomes the owner.
//! People who sign up before that are ordinary users, and do not use the link up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use time::Duration;

use super::links::{self, LinkPurpose, LinkState, NewLink};
use super::sign_up::{self, find_confirmed};
use super::{NewAccount, Passwords, User, store, store_inserts};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};

const LINK_TTL: Duration = Duration::days(7);

/// Returns a new token for `/setup/{token}`, or `None` if the hub has an administrator. Earlier tokens stop working.
pub async fn issue_setup_link(system: &SystemDb, now: Timestamp) -> Result<Option<String>> {
    let mut tx = system.begin().await?;
    let has_owner = store::has_administrator_locked(&mut tx).await?;
    links::withdraw(&mut *tx, LinkPurpose::Setup, None).await?;
    let link = NewLink::new(LinkPurpose::Setup, None, LINK_TTL);
    let token = if has_owner { None } else { Some(links::issue(&mut tx, &link, now).await?) };
    tx.commit().await?;
    Ok(token)
}

/// The knowledge of this process that the hub has an owner. A hub keeps its owner, so a page asks the database only until
/// there is one.
#[derive(Clone, Debug, Default)]
pub struct OwnerCheck(Arc<AtomicBool>);

impl OwnerCheck {
    /// Says whether the hub has an owner.
    pub async fn has_owner(&self, system: &SystemDb) -> Result<bool> {
        if !self.0.load(Ordering::Relaxed) && has_owner(system).await? {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(self.0.load(Ordering::Relaxed))
    }
}

/// Says whether the hub has an administrator.
async fn has_owner(system: &SystemDb) -> Result<bool> {
    Ok(store::has_administrator(system.pool()).await?)
}

/// Returns the state of the link. As soon as an administrator exists, all set-up links count as used.
pub async fn setup_state(system: &SystemDb, token: &str, now: Timestamp) -> Result<LinkState> {
    if has_owner(system).await? {
        return Ok(LinkState::Used);
    }
    Ok(links::state(system.pool(), LinkPurpose::Setup, token, now).await?)
}

/// Uses the link: creates the owner's account, which administers the hub and can sign in at once.
///
/// # Errors
/// Returns [`Error::Conflict`] if the link does not work; [`setup_state`] then returns its state. Returns [`Error::Invalid`]
/// if the address belongs to a confirmed account.
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
    if store::has_administrator_locked(&mut tx).await?
        || links::consume(&mut tx, LinkPurpose::Setup, token, now).await?.is_none()
    {
        return Err(invalid());
    }
    let user = match find_confirmed(&mut tx, new).await? {
        Some(_) => None,
        None => store_inserts::insert_with_link(&mut tx, account, &hash, true, now).await?,
    };
    let user = user.ok_or_else(|| sign_up::address_taken_error(new))?;
    // a stranger may have signed up with this address, and has a link that confirms it
    links::withdraw(&mut *tx, LinkPurpose::Confirm, Some(user.id)).await?;
    let actor = visitor.acting_as(user.id);
    audit::record(&mut tx, &actor, &Action::AccountCreated { user: user.id, admin: true }, now).await?;
    tx.commit().await?;
    Ok(user)
}
