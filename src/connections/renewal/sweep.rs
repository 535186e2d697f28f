//! Tokens that are about to end are renewed before anybody needs them, credentials that nobody has used are verified, and
//! owners are told what they are still to be told.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::{Renewals, hold, store};
use crate::actor::{Actor, Origin};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, UserId};

/// Most connections of one sweep; the next one has the others.
pub(super) const MOST: i64 = 200;

/// Renewals at once.
const AT_ONCE: usize = 4;

/// When a sweep comes back to what could not be renewed through a fault of the hub's own.
const LATER: Duration = Duration::from_secs(10 * 60);

/// Most verifications of one sweep: nobody waits for them, and services that do not answer must not hold up the next one.
const MOST_IDLE: i64 = 60;

/// Verifications at once.
const IDLE_AT_ONCE: usize = 10;

/// Renews and verifies what is due, of all users; says how many were looked at. What fails is noted with its connection.
pub async fn sweep(renewals: &Renewals) -> Result<usize> {
    let mut conn = renewals.system.pool().acquire().await?;
    let due = store::due(&mut conn, renewals.clock.now(), MOST).await?;
    let idle = store::idle(&mut conn, renewals.clock.now(), MOST_IDLE).await?;
    drop(conn);
    let renewed = stream::iter(&due).for_each_concurrent(AT_ONCE, |(user, id)| async move {
        let actor = acting_for(*user);
        if let Err(error) = renewals.keep_alive(&actor, *id).await {
            tracing::warn!(connection = %id, %error, "a token could not be renewed");
            put_off(renewals, &actor, *id).await;
        }
    });
    renewed.await;
    renewals.tell_all().await?;
    renewals.remind_all().await?;
    verify(renewals, &idle).await;
    Ok(due.len() + idle.len())
}

/// What fails through a fault of the hub's own does not stand before others in the next sweeps. Whoever needs the token
/// still asks for it.
async fn put_off(renewals: &Renewals, actor: &Actor, id: ConnectionId) {
    let put = async {
        let mut conn = renewals.system.pool().acquire().await?;
        let held = hold(&mut conn, actor, id).await?;
        store::put_off(&mut conn, actor.user_id(), &held, renewals.clock.now() + LATER).await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = put.await {
        tracing::warn!(connection = %id, %error, "a renewal could not be put off");
    }
}

async fn verify(renewals: &Renewals, idle: &[(UserId, ConnectionId)]) {
    let verified = stream::iter(idle).for_each_concurrent(IDLE_AT_ONCE, |(user, id)| async move {
        if let Err(error) = renewals.verify(&acting_for(*user), *id).await {
            tracing::warn!(connection = %id, %error, "a credential could not be verified");
        }
    });
    verified.await;
}

#[expect(clippy::disallowed_methods, reason = "the hub acts on its own, for the owner of the row")]
fn acting_for(user: UserId) -> Actor {
    Actor::new(user, Origin::System)
}
