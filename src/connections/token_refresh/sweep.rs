//! Tokens that are about to end are renewed before anybody needs them, credentials that nobody has used are verified, and
//! owners are told what they are still to be told.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::TokenRefresher;
use super::store::{self, Due};
use crate::actor::{Actor, Origin};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, UserId};

/// Most connections of one sweep; the next one has the others.
pub(super) const MOST: i64 = 200;

/// Refreshes at once.
const AT_ONCE: usize = 4;

/// When a sweep comes back to what could not be renewed through a fault of the hub's own.
const LATER: Duration = Duration::from_secs(10 * 60);

/// Most verifications of one look.
const MOST_IDLE: i64 = 60;

/// Most of them that are one user's: whose services do not answer must not take the places of all.
const MOST_OF_ONE: i64 = 10;

/// Verifications at once.
const IDLE_AT_ONCE: usize = 10;

/// Renews what is due, and tells owners what they are to be told, of all users; says how many were looked at. What fails is noted with its connection.
pub(super) async fn refresh_due(refresher: &TokenRefresher) -> Result<usize> {
    let mut conn = refresher.system.acquire().await?;
    let due = store::due(&mut conn, refresher.clock.now(), MOST).await?;
    drop(conn);
    let renewed = stream::iter(&due).for_each_concurrent(AT_ONCE, |&Due { owner, id }| async move {
        let actor = acting_for(owner);
        if let Err(error) = refresher.refresh_if_due(&actor, id).await {
            tracing::warn!(connection = %id, %error, "a token could not be renewed");
            postpone(refresher, &actor, id).await;
        }
    });
    renewed.await;
    refresher.tell_all().await?;
    refresher.remind_all().await?;
    Ok(due.len())
}

/// What fails through a fault of the hub's own does not stand before others in the next sweeps. Whoever needs the token
/// still asks for it.
async fn postpone(refresher: &TokenRefresher, actor: &Actor, id: ConnectionId) {
    let now = refresher.clock.now();
    let put = async {
        let mut conn = refresher.system.acquire().await?;
        Ok::<_, Error>(store::postpone_due(&mut conn, actor.user_id(), id, now + LATER, now).await?)
    };
    if let Err(error) = put.await {
        tracing::warn!(connection = %id, %error, "a token_refresh could not be put off");
    }
}

/// Verifies typed credentials that nobody has used for a day, of all users; says how many were looked at. Services that do
/// not answer take their time, so nobody who renews waits for this.
pub(super) async fn verify_idle_keys(refresher: &TokenRefresher) -> Result<usize> {
    let mut conn = refresher.system.acquire().await?;
    let idle = store::idle(&mut conn, refresher.clock.now(), MOST_IDLE, MOST_OF_ONE).await?;
    drop(conn);
    let verified = stream::iter(&idle).for_each_concurrent(IDLE_AT_ONCE, |&Due { owner, id }| async move {
        if let Err(error) = refresher.verify(&acting_for(owner), id).await {
            tracing::warn!(connection = %id, %error, "a credential could not be verified");
        }
    });
    verified.await;
    Ok(idle.len())
}

#[expect(clippy::disallowed_methods, reason = "the hub acts on its own, for the owner of the row")]
fn acting_for(user: UserId) -> Actor {
    Actor::new(user, Origin::System)
}
