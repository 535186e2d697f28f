//! The fields of actions on connectors and their tools.

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

/// A change of a text of a connector, such as its name.
#[derive(Clone, Debug)]
pub struct ConnectorChange {
    /// The connector.
    pub connector: ConnectorId,
    /// Former text.
    pub from: String,
    /// New text.
    pub to: String,
}

/// A changed tool whose owner accepted the change.
#[derive(Clone, Debug)]
pub struct AcceptedTool {
    /// The connector.
    pub connector: ConnectorId,
    /// Name of the tool at the upstream.
    pub tool: String,
    /// Number of the accepted version.
    pub version: i32,
}
