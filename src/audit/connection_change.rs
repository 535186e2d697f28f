//! The fields of actions on connections.

use crate::ids::{ConnectionId, ConnectorId};

/// A connection with its connector.
#[derive(Clone, Copy, Debug)]
pub struct AffectedConnection {
    /// The connection.
    pub connection: ConnectionId,
    /// Its connector.
    pub connector: ConnectorId,
}
