//! Administration of accounts: who uses the hub, who may sign in, and who administers it.
//!
//! Callers pass an administrator who acts for the hub: the entries are in the hub's log, which administrators share. A
//! change that is already made changes nothing and records nothing.
//!
//! A hub keeps an administrator who can sign in: the last one can neither be disabled nor stop administering.

use sqlx::PgConnection;

use super::links::{self, LinkPurpose};
use super::sessions;
use super::store_administration::{self as store, AccountSummary};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::page::Page;

/// The state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// The person can sign in.
    Active,
    /// The address is not confirmed yet.
    Unconfirmed,
    /// An administrator disabled the account.
    Disabled,
}

impl AccountSummary {
    /// Returns the state.
    #[must_use]
    pub const fn state(&self) -> AccountState {
        match (self.disabled_at, self.confirmed_at) {
            (Some(_), _) => AccountState::Disabled,
            (None, None) => AccountState::Unconfirmed,
            (None, Some(_)) => AccountState::Active,
        }
    }
}

/// Lists accounts whose name or address contains `text`, the newest first.
pub async fn list_accounts(
    system: &SystemDb,
    text: &str,
    before: Option<UserId>,
    now: Timestamp,
) -> Result<Page<AccountSummary>> {
    Ok(Page::cut(store::list(system.pool(), text, before.unwrap_or(UserId::LAST), now).await?))
}

/// Finds an account.
pub async fn find_account(system: &SystemDb, id: UserId, now: Timestamp) -> Result<AccountSummary> {
    store::find(system.pool(), id, now).await?.ok_or(Error::NotFound("account"))
}

/// Disables an account: ends its sessions and withdraws its links. Jobs that it started before run to their end. Returns
/// `false` if the account was disabled already.
///
/// # Errors
/// Returns [`Error::Conflict`] for the actor's own account, and for the last administrator.
pub async fn disable_account(system: &SystemDb, actor: &Actor, id: UserId, now: Timestamp) -> Result<bool> {
    let mut tx = system.begin().await?;
    refuse_last_administrator(&mut tx, id, "disabled").await?;
    if id == actor.user_id() {
        return Err(Error::conflict("You cannot disable your own account", "Ask another administrator to do it"));
    }
    if !store::set_disabled(&mut tx, id, Some(now)).await? {
        return Ok(false);
    }
    let sessions = sessions::delete_of_user(&mut tx, id, None).await?;
    for purpose in [LinkPurpose::Reset, LinkPurpose::Confirm, LinkPurpose::Email] {
        links::withdraw(&mut *tx, purpose, Some(id)).await?;
    }
    audit::record(&mut tx, actor, &Action::AccountDisabled { user: id, sessions }, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Enables a disabled account. Returns `false` if the account was not disabled.
pub async fn enable_account(system: &SystemDb, actor: &Actor, id: UserId, now: Timestamp) -> Result<bool> {
    let mut tx = system.begin().await?;
    let is_changed = store::set_disabled(&mut tx, id, None).await?;
    if is_changed {
        audit::record(&mut tx, actor, &Action::AccountEnabled { user: id }, now).await?;
        tx.commit().await?;
    }
    Ok(is_changed)
}

/// Ends all sessions of an account. Returns their number.
pub async fn end_sessions(system: &SystemDb, actor: &Actor, id: UserId, now: Timestamp) -> Result<u64> {
    let mut tx = system.begin().await?;
    let sessions = sessions::delete_of_user(&mut tx, id, None).await?;
    if sessions > 0 {
        audit::record(&mut tx, actor, &Action::AccountSignedOut { user: id, sessions }, now).await?;
        tx.commit().await?;
    }
    Ok(sessions)
}

/// Makes a person an administrator, or no longer one. Returns `false` if the person is that already.
///
/// # Errors
/// Returns [`Error::Conflict`] if the hub would have no administrator who can sign in, or if the person cannot sign in.
pub async fn set_administrator(
    system: &SystemDb,
    actor: &Actor,
    id: UserId,
    is_admin: bool,
    now: Timestamp,
) -> Result<bool> {
    let account = find_account(system, id, now).await?;
    if is_admin && account.state() != AccountState::Active {
        let text = "This person cannot sign in, so they cannot administer the hub";
        return Err(Error::conflict(text, "Enable the account, or wait until its address is confirmed"));
    }
    let mut tx = system.begin().await?;
    if !is_admin {
        refuse_last_administrator(&mut tx, id, "removed").await?;
    }
    let is_changed = store::set_admin(&mut tx, id, is_admin).await?;
    if is_changed {
        let action =
            if is_admin { Action::AdministratorAdded { user: id } } else { Action::AdministratorRemoved { user: id } };
        audit::record(&mut tx, actor, &action, now).await?;
        tx.commit().await?;
    }
    Ok(is_changed)
}

async fn refuse_last_administrator(conn: &mut PgConnection, id: UserId, change: &str) -> Result<()> {
    if store::lock_administrators(conn).await? == [id] {
        let text = format!("The last administrator cannot be {change}: nobody could administer the hub");
        return Err(Error::conflict(text, "Make somebody else an administrator first"));
    }
    Ok(())
}
