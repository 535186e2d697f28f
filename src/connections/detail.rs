//! A connection whole, as its owner reads it; and all of a user's, those that need them first.

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::clock::{Day, Timestamp};
use crate::connectors::{AuthKind, Transport};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::page::Page;

use super::status::{ConnectionHealth, ConnectionStatus};
use super::store::details;

/// A connection, with the names of its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Key.
    pub id: ConnectionId,
    /// The service.
    pub connector_id: ConnectorId,
    /// What people call it.
    pub connector: String,
    /// Its place in URLs.
    pub slug: String,
    /// False if it has left the catalogue.
    pub is_listed: bool,
    /// How a user proves themselves to the service.
    pub auth: AuthKind,
    /// How calls reach the service.
    pub transport: Transport,
    /// Tells several accounts of one service apart.
    pub label: String,
    /// Where it is in its life.
    pub status: ConnectionStatus,
    /// How well an active one works, or why another does not.
    pub health: ConnectionHealth,
    /// The cause in words, if it is known.
    pub reason: Option<String>,
    /// Last refusal, in words.
    pub last_error: Option<String>,
    /// True if calls present a stored credential.
    pub has_secret: bool,
    /// Account name at the service, if it is known.
    pub account: Option<String>,
    /// What the service allows.
    pub scopes: Vec<String>,
    /// What it needs besides, for some tools.
    pub wanted: Vec<String>,
    /// When the credential ends.
    pub expires_at: Option<Timestamp>,
    /// On which day one that its owner has typed ends, as they have noted.
    pub ends_on: Option<Day>,
    /// Last call that the service accepted.
    pub last_ok_at: Option<Timestamp>,
    /// Last call.
    pub last_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it, or its credential, changed.
    pub updated_at: Timestamp,
    /// True if calls go through it unless another is chosen.
    pub is_preferred: bool,
    /// How many of the user's connections to the service can be used.
    pub usable: i64,
}

impl Detail {
    /// True if its owner types its key, with what else the service asks for.
    #[must_use]
    pub fn takes_key(&self) -> bool {
        self.auth == AuthKind::Token && self.transport == Transport::Rest
    }

    /// True once it was disconnected: it can be read, and nothing else.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status.is_disconnected()
    }
}

/// What a list of connections is narrowed to. The order of the variants is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does not work, or not well, until its owner acts.
    NeedsYou,
    /// It works, or is being made.
    Connected,
    /// Its owner has disconnected it.
    Disconnected,
}

impl Standing {
    /// In the order of the list.
    pub const ALL: [Self; 3] = [Self::NeedsYou, Self::Connected, Self::Disconnected];

    /// The place of its rows in the list: see the statement.
    pub(super) const fn place(self) -> i32 {
        match self {
            Self::NeedsYou => 0,
            Self::Connected => 1,
            Self::Disconnected => 2,
        }
    }
}

/// A page of the actor's connections, those that need them first, then by service and label; it follows `after`. In the
/// caller's transaction.
pub async fn list(
    conn: &mut PgConnection,
    actor: &Actor,
    standing: Option<Standing>,
    after: Option<ConnectionId>,
) -> Result<Page<Detail>> {
    Ok(Page::cut(details::list(conn, actor.user_id(), standing.map(Standing::place), after).await?))
}

/// One of the actor's connections, in the caller's transaction.
pub async fn find(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<Detail> {
    Ok(several(conn, actor, &[id]).await?.remove(0))
}

/// These connections of the actor, in the order of the list; in the caller's transaction.
///
/// # Errors
/// [`Error::NotFound`] if one of them is not theirs.
pub async fn several(conn: &mut PgConnection, actor: &Actor, ids: &[ConnectionId]) -> Result<Vec<Detail>> {
    let found = details::of(conn, actor.user_id(), ids).await?;
    if ids.iter().all(|id| found.iter().any(|it| it.id == *id)) && !ids.is_empty() {
        Ok(found)
    } else {
        Err(Error::NotFound("connection"))
    }
}
