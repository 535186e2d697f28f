//! Names one of the tokens of a connection.

use crate::ids::ConnectionId;

/// A token of a connection: the first one, or a further one by its name in the connector's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionToken {
    /// The connection.
    pub connection: ConnectionId,
    /// Name of a further token; `None` for the first one, or for a key.
    pub name: Option<String>,
}

impl From<ConnectionId> for ConnectionToken {
    fn from(connection: ConnectionId) -> Self {
        Self { connection, name: None }
    }
}
