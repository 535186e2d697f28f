//! Refreshes and verifications that are due, of all users.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::decision::RefreshTrigger;
use super::store_due::{self, DueConnection};
use super::{ConnectionToken, TokenRefresher, store_tokens, verification};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::OwnerId;

/// Maximum number of connections of one sweep; the next sweep takes the rest.
const MAX_REFRESHES: i64 = 200;

const MAX_CONCURRENT_REFRESHES: usize = 4;

/// Delay after an error of the hub itself, such as a locked vault.
const INTERNAL_RETRY_DELAY: Duration = Duration::from_secs(10 * 60);

/// Maximum number of keys of one sweep.
const MAX_VERIFICATIONS: i64 = 60;

/// Maximum number of keys of one owner in one sweep, so that services which do not answer cannot delay other owners.
const MAX_VERIFICATIONS_PER_OWNER: i64 = 10;

const MAX_CONCURRENT_VERIFICATIONS: usize = 10;

/// Refreshes the tokens that are due. Returns their number.
pub(super) async fn refresh_due(refresher: &TokenRefresher) -> Result<usize> {
    let mut conn = refresher.system.acquire().await?;
    let due = store_due::find_due_refreshes(&mut conn, refresher.clock.now(), MAX_REFRESHES).await?;
    drop(conn);
    let refreshing = stream::iter(&due).for_each_concurrent(MAX_CONCURRENT_REFRESHES, |due| async move {
        let (actor, token) = (actor_for(due.owner), &due.token);
        if let Err(error) = refresher.resolve(&actor, token, RefreshTrigger::Sweep).await {
            let id = token.connection;
            tracing::warn!(connection.id = %id, %error, "Failed to refresh a token of connection {id}; a later sweep retries");
            postpone_refresh(refresher, &actor, token).await;
        }
    });
    refreshing.await;
    Ok(due.len())
}

/// Postpones a refresh that failed by an error of the hub, so that it does not delay others in the next sweeps. A call that
/// needs the token still tries at once.
async fn postpone_refresh(refresher: &TokenRefresher, actor: &Actor, token: &ConnectionToken) {
    let (id, owner) = (token.connection, actor.owner_id());
    let now = refresher.clock.now();
    let postponed = async {
        let mut conn = refresher.system.acquire().await?;
        let until = now + INTERNAL_RETRY_DELAY;
        match &token.name {
            None => store_due::postpone_refresh(&mut conn, owner, id, until, now).await?,
            Some(name) => store_tokens::postpone_refresh(&mut conn, owner, (id, name), until, now).await?,
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = postponed.await {
        tracing::warn!(connection.id = %id, %error, "Failed to postpone the refresh of connection {id}; the next sweep retries");
    }
}

/// Verifies the keys that are due. Returns their number. Runs beside the refreshes, which do not wait for slow services.
pub(super) async fn verify_idle_keys(refresher: &TokenRefresher) -> Result<usize> {
    let mut conn = refresher.system.acquire().await?;
    let now = refresher.clock.now();
    let limits = (MAX_VERIFICATIONS, MAX_VERIFICATIONS_PER_OWNER);
    let due = store_due::find_due_verifications(&mut conn, now, limits.0, limits.1).await?;
    drop(conn);
    let verifications = stream::iter(&due).for_each_concurrent(MAX_CONCURRENT_VERIFICATIONS, |due| async move {
        let &DueConnection { owner, id } = due;
        if let Err(error) = verification::verify(refresher, &actor_for(owner), id).await {
            tracing::warn!(connection.id = %id, %error, "Failed to verify the key of connection {id}; a later sweep retries");
        }
    });
    verifications.await;
    Ok(due.len())
}

#[expect(clippy::disallowed_methods, reason = "the hub acts by itself, for the owner of the row")]
fn actor_for(owner: OwnerId) -> Actor {
    Actor::system(owner)
}
