//! A connection with all that its owner's pages show, and the groups of the list of connections.

use super::owner_step::OwnerStep;
use super::status::{ConnectionHealth, ConnectionStatus};
use crate::clock::{Day, Timestamp};
use crate::connectors::{AuthKind, Transport};
use crate::ids::{ConnectionId, ConnectorId};

/// A connection and its connector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column, or a comparison with one")]
pub struct ConnectionDetail {
    /// The connection's id.
    pub id: ConnectionId,
    /// The connector's id.
    pub connector_id: ConnectorId,
    /// The connector's name.
    pub connector: String,
    /// The connector's place in URLs.
    pub slug: String,
    /// False if the connector has left the catalogue.
    pub is_listed: bool,
    /// The way to authenticate at the service.
    pub auth: AuthKind,
    /// The transport of calls.
    pub transport: Transport,
    /// The owner enters the values of headers, not a bearer token.
    pub has_server_key: bool,
    /// Tells several accounts of one service apart.
    pub label: String,
    /// The connection's status.
    pub status: ConnectionStatus,
    /// The health of a connection: how well an active one works, or why another does not.
    pub health: ConnectionHealth,
    /// The cause in words, if it is known.
    pub reason: Option<String>,
    /// The last error of a call, in words.
    pub last_error: Option<String>,
    /// `true` if calls present a stored credential.
    pub has_secret: bool,
    /// The account's name at the service, if it is known.
    pub account: Option<String>,
    /// Scopes that the provider has granted.
    pub scopes: Vec<String>,
    /// Scopes that some tools need and the provider has not granted.
    pub wanted: Vec<String>,
    /// The expiry time of the access token.
    pub expires_at: Option<Timestamp>,
    /// The day on which an entered credential expires, as its owner has noted.
    pub expires_on: Option<Day>,
    /// The last call that the service accepted.
    pub last_ok_at: Option<Timestamp>,
    /// The last call.
    pub last_used_at: Option<Timestamp>,
    /// The creation time.
    pub created_at: Timestamp,
    /// The last change of the connection or its credential.
    pub updated_at: Timestamp,
    /// `true` if calls go through the connection unless another one is chosen.
    pub is_default: bool,
    /// The user's connections to the connector that can be used.
    pub usable: i64,
    /// The user's other connections to the connector, whatever their state.
    pub siblings: i64,
}

impl ConnectionDetail {
    /// Returns true if the owner enters a key, and what else the service asks for.
    #[must_use]
    pub fn takes_key(&self) -> bool {
        self.auth == AuthKind::Token && (self.transport == Transport::Rest || self.has_server_key)
    }

    /// Returns the step that mends the connection; `None` if there is none to take.
    #[must_use]
    pub const fn owner_step(&self) -> Option<OwnerStep> {
        OwnerStep::of_connection(self.status, self.health, self.auth)
    }

    /// Returns true if the owner has disconnected the connection; only its history can be read.
    #[must_use]
    pub const fn is_disconnected(&self) -> bool {
        self.status.is_disconnected()
    }
}

/// The groups of the list, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionGroup {
    /// Connections that do not work, or not well, until their owner acts.
    NeedsYou,
    /// Connections that work, whose entered credential expires soon. They belong to the next group as well.
    Expiring,
    /// Connections that work.
    Connected,
    /// Connections that their owner has disconnected.
    Disconnected,
}

impl ConnectionGroup {
    /// Every group, in the order of the list.
    pub const ALL: [Self; 4] = [Self::NeedsYou, Self::Expiring, Self::Connected, Self::Disconnected];

    /// Returns the position in the list, which is `place` in the statement.
    pub(super) const fn position(self) -> i32 {
        match self {
            Self::NeedsYou => 0,
            Self::Expiring | Self::Connected => 1,
            Self::Disconnected => 2,
        }
    }
}

/// The number of an owner's connections in each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// See [`ConnectionGroup::NeedsYou`].
    pub needs_owner: i64,
    /// See [`ConnectionGroup::Expiring`].
    pub expiring: i64,
    /// See [`ConnectionGroup::Connected`].
    pub connected: i64,
    /// See [`ConnectionGroup::Disconnected`].
    pub disconnected: i64,
}

impl GroupCounts {
    /// Returns the number of a group's connections, or of all.
    #[must_use]
    pub const fn count_in(&self, group: Option<ConnectionGroup>) -> i64 {
        match group {
            None => self.needs_owner + self.connected + self.disconnected,
            Some(ConnectionGroup::NeedsYou) => self.needs_owner,
            Some(ConnectionGroup::Expiring) => self.expiring,
            Some(ConnectionGroup::Connected) => self.connected,
            Some(ConnectionGroup::Disconnected) => self.disconnected,
        }
    }
}
