//! Tokens that are about to end are renewed before anybody needs them, and owners are told what they are still to be told.

use futures_util::StreamExt;
use futures_util::stream;

use super::{Renewals, store};
use crate::actor::{Actor, Origin};
use crate::error::Result;

/// Most connections of one sweep; the next one has the others.
pub(super) const MOST: i64 = 200;

/// Renewals at once.
const AT_ONCE: usize = 4;

/// Renews what is due, of all users; says how many were looked at. What fails is noted with its connection.
pub async fn sweep(renewals: &Renewals) -> Result<usize> {
    let mut conn = renewals.system.pool().acquire().await?;
    let due = store::due(&mut conn, renewals.clock.now(), MOST).await?;
    drop(conn);
    let looked = stream::iter(&due).for_each_concurrent(AT_ONCE, |(user, id)| async move {
        #[expect(clippy::disallowed_methods, reason = "the hub acts on its own, for the owner of the row")]
        let actor = Actor::new(*user, Origin::System);
        if let Err(error) = renewals.keep_alive(&actor, *id).await {
            tracing::warn!(connection = %id, %error, "a token could not be renewed");
        }
    });
    looked.await;
    renewals.tell_all().await?;
    Ok(due.len())
}
