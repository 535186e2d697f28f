//! Calls to an MCP server that change nothing: the handshake, the list of its tools, and the check of a token.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::takes_token;
use crate::connectors::Connector;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::secret::{Redactor, Secret};
use crate::upstream::{self, Discovery, DiscoveryAnswer, InitializeAnswer, Limits, Server, Target};

/// A server that does not answer within this time has failed.
const PROBE_TIMEOUT: Duration = Duration::from_secs(15);

/// Bytes of a server's list of tools.
const MAX_TOOL_LIST_BYTES: usize = 8 * 1024 * 1024;

/// Returns the limits of a call that begins now.
pub(super) fn limits() -> Limits {
    Limits { deadline: Instant::now() + PROBE_TIMEOUT, max_response_bytes: MAX_TOOL_LIST_BYTES }
}

/// Initializes a session with the server, and ends it.
pub(super) async fn initialize(
    egress: &Egress,
    server: &Server,
    credential: Option<&Secret>,
) -> Result<InitializeAnswer> {
    upstream::initialize(egress, &target(server, credential), limits()).await
}

/// Asks the server for its tools without a credential. A server that requires one says so in its challenge.
pub(super) async fn discover_unauthenticated(egress: &Egress, url: &Url) -> Result<DiscoveryAnswer> {
    discover_or_challenge(egress, &url.clone().into(), None).await
}

/// Asks the server for its tools with a stored credential. A server that rejects the credential says so in its challenge.
pub(super) async fn discover_or_challenge(
    egress: &Egress,
    server: &Server,
    credential: Option<&Secret>,
) -> Result<DiscoveryAnswer> {
    upstream::discover_or_challenge(egress, &target(server, credential), limits()).await
}

/// Asks the server for its tools.
pub(super) async fn discover(egress: &Egress, server: &Server, credential: Option<&Secret>) -> Result<Discovery> {
    upstream::discover(egress, &target(server, credential), limits()).await
}

/// Asks a connector's server for its tools with a token that need not be stored.
pub(super) async fn discover_with_token(egress: &Egress, connector: &Connector, token: &Secret) -> Result<Discovery> {
    let missing = || Error::conflict(format!("{} has no server URL", connector.name), "Add the server again");
    discover(egress, &connector.server().ok_or_else(missing)?, Some(token)).await
}

/// Verifies a bearer token with a real call: the server lists its tools. A rejected token is a fault of the field `token`.
pub(super) async fn verify_token(egress: &Egress, connector: &Connector, token: &Secret) -> Result<()> {
    let server = connector.server().filter(|_| takes_token(connector));
    let server = server.ok_or_else(|| {
        Error::conflict(format!("{} takes no bearer token", connector.name), "Open its page to see how to connect it")
    })?;
    discover(egress, &server, Some(token)).await.map(drop).map_err(|error| match error {
        Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
            Error::field("token", message)
        }
        internal => internal,
    })
}

fn target(server: &Server, credential: Option<&Secret>) -> Target {
    Target::Mcp { server: server.clone(), credential: credential.cloned(), arguments: Redactor::default() }
}
