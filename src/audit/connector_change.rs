//! The fields of actions on connectors that users add.

use crate::ids::ConnectorId;

/// A connector with what it was called and where its server was.
#[derive(Clone, Debug)]
pub struct NamedConnector {
    /// The connector.
    pub connector: ConnectorId,
    /// Name of the connector.
    pub name: String,
    /// URL of the server.
    pub url: String,
}

/// A change of the name or of the URL of a connector.
#[derive(Clone, Debug)]
pub struct ConnectorChange {
    /// The connector.
    pub connector: ConnectorId,
    /// Former text.
    pub from: String,
    /// New text.
    pub to: String,
}
