//! The owner's account: a hub that has no users prints one link, and whoever opens it first owns the hub.

use time::Duration;

use super::links::{self, Link, Purpose};
use super::{NewUser, Passwords, User, Visitor, store};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};

const VALID_FOR: Duration = Duration::days(7);

/// A new token for `/setup/{token}`, or none if the hub has users. The token of an earlier start stops working.
pub async fn setup_link(system: &SystemDb, now: Timestamp) -> Result<Option<String>> {
    let mut tx = system.begin().await?;
    let has_users = store::any_locked(&mut tx).await?;
    links::withdraw(&mut *tx, Purpose::Setup, None).await?;
    let token =
        if has_users { None } else { Some(links::issue(&mut tx, Purpose::Setup, None, now, now + VALID_FOR).await?) };
    tx.commit().await?;
    Ok(token)
}

/// In which state the link is. As soon as anybody has an account, every setup link counts as used.
pub async fn setup(system: &SystemDb, token: &str, now: Timestamp) -> Result<Link> {
    if store::any(system.pool()).await? {
        return Ok(Link::Used);
    }
    Ok(links::state(system.pool(), Purpose::Setup, token, now).await?)
}

/// Uses the link: makes the owner's account, which administers the hub and can sign in at once.
///
/// # Errors
/// [`Error::Conflict`] if the link does not work (any more); [`setup`] then says why.
pub async fn set_up(
    system: &SystemDb,
    passwords: &Passwords,
    token: &str,
    new: &NewUser,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<User> {
    let dead = || Error::Conflict("This set-up link does not work any more".to_owned());
    if setup(system, token, now).await? != Link::Open {
        return Err(dead());
    }
    let hash = passwords.hash(&new.password).await?;
    let mut tx = system.begin().await?;
    if store::any_locked(&mut tx).await? || links::take(&mut tx, Purpose::Setup, token, now).await?.is_none() {
        return Err(dead());
    }
    let user = store::insert_confirmed(&mut tx, new, &hash, true, now).await?.ok_or_else(dead)?;
    let actor = visitor.acting_as(user.id);
    audit::record(&mut tx, &actor, &Action::AccountCreated { user: user.id, admin: true }, now).await?;
    tx.commit().await?;
    Ok(user)
}
