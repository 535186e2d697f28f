//! Discovers a server's identity and tools (MCP: `initialize`, `tools/list`), for connections and check-ups.

use std::time::Duration;

use super::failure::{not_mcp_json, timeout};
use super::server_image::{self, ServerImage};
use super::session::{NotificationSinks, Session};
use super::tool_list::ToolList;
use super::tools::{self, DroppedTool, ToolDefinition};
use super::{KnownEra, Limits, ProtocolEra, Target, older_transport, tool_list};
use crate::egress::{Egress, Failure, FailureKind};
use crate::error::Result;

/// Maximum number of characters of a server's instructions; the rest is cut off.
const MAX_INSTRUCTIONS: usize = 20_000;

/// A server's description of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// The server's name for people, if it has one.
    pub server_name: Option<String>,
    /// The server's version.
    pub server_version: Option<String>,
    /// Instructions for its use; cut with an ellipsis if they are too long.
    pub instructions: Option<String>,
    /// The negotiated revision of MCP, such as `2026-07-28`.
    pub protocol: String,
    /// The era of that revision; `None` for the built-in server, which is not probed.
    pub era: Option<ProtocolEra>,
    /// The usable tools.
    pub tools: Vec<ToolDefinition>,
    /// The unusable tools, with reasons.
    pub dropped: Vec<DroppedTool>,
    /// The image of the server.
    pub image: ServerImage,
}

/// Initializes a session with `target` and lists its tools.
///
/// # Errors
/// A message that names the server and what to check.
pub async fn discover(egress: &Egress, target: &Target, limits: Limits) -> Result<Discovery> {
    let time_limit: Duration = limits.remaining();
    let answer = tokio::time::timeout_at(limits.deadline, fetch(egress, target, limits)).await;
    Ok(answer.unwrap_or_else(|_| Err(timeout(target, time_limit)))?)
}

/// The answer of a server that may require sign-in.
#[derive(Debug)]
pub enum DiscoveryAnswer {
    /// The server answered.
    Answered(Box<Discovery>),
    /// The server requires sign-in.
    AuthRequired {
        /// The `WWW-Authenticate` headers, one a line, if any.
        challenge: Option<String>,
        /// Text for people.
        message: String,
    },
}

/// The answer to `initialize`.
#[derive(Debug)]
pub enum InitializeAnswer {
    /// The server speaks MCP. Holds the negotiated revision.
    Answered(String),
    /// The server requires sign-in. Holds its challenge, if any.
    AuthRequired(Option<String>),
}

/// Initializes a session with `target` and ends it.
pub async fn initialize(egress: &Egress, target: &Target, limits: Limits) -> Result<InitializeAnswer> {
    let (time_limit, era): (Duration, _) = (limits.remaining(), KnownEra::default());
    let initializing = Session::begin(egress, target, limits, NotificationSinks::default(), &era);
    let session = match tokio::time::timeout_at(limits.deadline, initializing).await {
        Ok(Err(failure)) => Err(older_transport::explain(egress, target, limits, failure).await),
        Ok(session) => session,
        Err(_) => Err(timeout(target, time_limit)),
    };
    match session {
        Ok(session) => match session.client.peer_info() {
            Some(server) => Ok(InitializeAnswer::Answered(server.protocol_version.to_string())),
            None => Err(not_mcp_json(target.name()).into()),
        },
        Err(Failure { kind: FailureKind::Unauthorized, challenge, .. }) => {
            Ok(InitializeAnswer::AuthRequired(challenge.map(Into::into)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Does the same as [`discover`], for a server that may require sign-in first.
pub async fn discover_or_challenge(egress: &Egress, target: &Target, limits: Limits) -> Result<DiscoveryAnswer> {
    let time_limit: Duration = limits.remaining();
    let answer = tokio::time::timeout_at(limits.deadline, fetch(egress, target, limits)).await;
    match answer.unwrap_or_else(|_| Err(timeout(target, time_limit))) {
        Ok(found) => Ok(DiscoveryAnswer::Answered(Box::new(found))),
        Err(Failure { kind: FailureKind::Unauthorized, challenge, message, .. }) => {
            Ok(DiscoveryAnswer::AuthRequired { challenge: challenge.map(Into::into), message: message.to_string() })
        }
        Err(other) => Err(other.into()),
    }
}

async fn fetch(egress: &Egress, target: &Target, limits: Limits) -> Result<Discovery, Failure> {
    let era = KnownEra::default();
    let session = match Session::begin(egress, target, limits, NotificationSinks::default(), &era).await {
        Ok(session) => session,
        Err(failure) => return Err(older_transport::explain(egress, target, limits, failure).await),
    };
    let Some(server) = session.client.peer_info() else {
        return Err(not_mcp_json(target.name()));
    };
    let offered = match server.capabilities.tools {
        Some(_) => tool_list::list(&session, target.name()).await?,
        None => ToolList::default(),
    };
    let (tools, dropped) = tools::partition(offered);
    let identity = server.server_info.as_ref();
    let icons = identity.and_then(|it| it.icons.as_deref()).unwrap_or_default();
    let named = |text: &String| !text.trim().is_empty();
    let found = Discovery {
        server_name: identity.and_then(|it| it.title.clone().filter(named).or(Some(it.name.clone()).filter(named))),
        server_version: identity.map(|it| it.version.clone()).filter(named),
        instructions: server.instructions.as_deref().map(shorten),
        protocol: server.protocol_version.to_string(),
        era: era.get(),
        tools,
        dropped,
        image: Box::pin(server_image::fetch(egress, target, icons, limits.deadline)).await,
    };
    Ok(found.cleaned(&target.redactor()))
}

fn shorten(text: &str) -> String {
    let mut rest = text.chars();
    let mut short: String = rest.by_ref().take(MAX_INSTRUCTIONS).collect();
    if rest.next().is_some() {
        short.push('…');
    }
    short
}
