//! The lists and lookups of an owner's connections. Called by pages.

use sqlx::PgConnection;

use super::detail::{ConnectionDetail, ConnectionGroup, GroupCounts};
use super::store::{self, Connection};
use super::store_details::{self, LinkedConnector};
use crate::actor::Actor;
use crate::clock::Day;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::page::Page;

/// Connectors that a filter offers; the jobs of others are listed on the connectors' own pages.
const MAX_LINKED_CONNECTORS: i64 = 200;

/// Returns the actor's connections to a connector: the default one first, then the oldest. In the caller's transaction.
pub async fn list_for_connector(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
) -> Result<Vec<Connection>> {
    Ok(store::list_for_connector(conn, actor.owner_id(), connector).await?)
}

/// Returns the connectors that the actor has connections to, by name, in the caller's transaction.
pub async fn linked_connectors(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<LinkedConnector>> {
    Ok(store_details::linked_connectors(conn, actor.owner_id(), MAX_LINKED_CONNECTORS).await?)
}

/// Returns the label of another of the actor's connections to the same account, in the caller's transaction. Both work, but
/// users rarely mean to have both.
pub async fn duplicate_label(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<Option<String>> {
    Ok(store_details::duplicate_label(conn, actor.owner_id(), id).await?)
}

/// Returns the page of the actor's connections that follows `after`, by group, expiry date, connector and label. In the caller's
/// transaction. What expires up to the day `soon` is in [`ConnectionGroup::Expiring`].
pub async fn list(
    conn: &mut PgConnection,
    actor: &Actor,
    group: Option<ConnectionGroup>,
    after: Option<ConnectionId>,
    soon: Day,
) -> Result<Page<ConnectionDetail>> {
    Ok(Page::cut(store_details::list(conn, actor.owner_id(), group, after, soon).await?))
}

/// Counts the actor's connections by group, in the caller's transaction.
pub async fn count_groups(conn: &mut PgConnection, actor: &Actor, soon: Day) -> Result<GroupCounts> {
    Ok(store_details::count_groups(conn, actor.owner_id(), soon).await?)
}

/// Finds one of the actor's connections, in the caller's transaction.
pub async fn find(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<ConnectionDetail> {
    Ok(find_many(conn, actor, &[id]).await?.remove(0))
}

/// Finds connections of the actor, in the order of the list; in the caller's transaction.
///
/// # Errors
/// [`Error::NotFound`] if `ids` is empty, or names a connection that the actor does not have.
pub async fn find_many(conn: &mut PgConnection, actor: &Actor, ids: &[ConnectionId]) -> Result<Vec<ConnectionDetail>> {
    let found = store_details::find_many(conn, actor.owner_id(), ids).await?;
    if ids.iter().all(|id| found.iter().any(|it| it.id == *id)) && !ids.is_empty() {
        Ok(found)
    } else {
        Err(Error::NotFound("connection"))
    }
}
