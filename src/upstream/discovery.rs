//! Finds out what a server is and which tools it has.

use std::time::Duration;

use super::failure::{Failure, Kind};
use super::session::{NotificationSinks, Session};
use super::tools::{self, DroppedTool, ToolDefinition};
use super::{Limits, Target};
use crate::egress::Egress;
use crate::error::Result;

const MAX_INSTRUCTIONS: usize = 20_000;

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Its name for people, if it has one.
    pub server_name: Option<String>,
    /// Its version.
    pub server_version: Option<String>,
    /// How it wants to be used; cut with an ellipsis if it goes on for too long.
    pub instructions: Option<String>,
    /// The revision of MCP that was agreed on, such as `2026-07-28`.
    pub protocol: String,
    /// The tools that can be used.
    pub tools: Vec<ToolDefinition>,
    /// Those that cannot, and why.
    pub dropped: Vec<DroppedTool>,
}

/// Asks `target` for its tools. A failure is a sentence that names the server and what to check.
pub async fn discover(egress: &Egress, target: &Target, limits: Limits) -> Result<Discovery> {
    let patience: Duration = limits.remaining();
    let answer = tokio::time::timeout_at(limits.deadline, ask(egress, target, limits)).await;
    Ok(answer.unwrap_or_else(|_| Err(Failure::timeout(target, patience)))?)
}

/// What a look at a server came to.
#[derive(Debug)]
pub enum DiscoveryAnswer {
    /// It answered.
    Public(Box<Discovery>),
    /// It asks who is calling: its challenge, if it has one, and a sentence.
    AuthRequired {
        /// The `WWW-Authenticate` header.
        challenge: Option<String>,
        /// For people.
        message: String,
    },
}

/// What a server says when a conversation with it begins.
#[derive(Debug)]
pub enum InitializeAnswer {
    /// It speaks MCP: the revision that was agreed on.
    Public(String),
    /// It asks who is calling: its challenge, if it has one.
    AuthRequired(Option<String>),
}

/// Begins a conversation with `target`, and ends it: nothing is asked.
pub async fn initialize(egress: &Egress, target: &Target, limits: Limits) -> Result<InitializeAnswer> {
    let patience: Duration = limits.remaining();
    let beginning = Session::begin(egress, target, limits, NotificationSinks::default());
    let begun = match tokio::time::timeout_at(limits.deadline, beginning).await {
        Ok(begun) => begun,
        Err(_) => Err(Failure::timeout(target, patience)),
    };
    match begun {
        Ok(session) => match session.client.peer_info() {
            Some(server) => Ok(InitializeAnswer::Public(server.protocol_version.to_string())),
            None => Err(Failure::not_mcp(target.name(), "application/json").into()),
        },
        Err(Failure { kind: Kind::Auth { challenge }, .. }) => Ok(InitializeAnswer::AuthRequired(challenge)),
        Err(other) => Err(other.into()),
    }
}

/// As [`discover`], for a server that may want a sign-in first.
pub async fn discover_or_challenge(egress: &Egress, target: &Target, limits: Limits) -> Result<DiscoveryAnswer> {
    let patience: Duration = limits.remaining();
    let answer = tokio::time::timeout_at(limits.deadline, ask(egress, target, limits)).await;
    match answer.unwrap_or_else(|_| Err(Failure::timeout(target, patience))) {
        Ok(found) => Ok(DiscoveryAnswer::Public(Box::new(found))),
        Err(Failure { kind: Kind::Auth { challenge }, message, .. }) => {
            Ok(DiscoveryAnswer::AuthRequired { challenge, message })
        }
        Err(other) => Err(other.into()),
    }
}

async fn ask(egress: &Egress, target: &Target, limits: Limits) -> Result<Discovery, Failure> {
    let session = Session::begin(egress, target, limits, NotificationSinks::default()).await?;
    let Some(server) = session.client.peer_info() else {
        return Err(Failure::not_mcp(target.name(), "application/json"));
    };
    let offered = match server.capabilities.tools {
        Some(_) => tools::list(&session, target.name()).await?,
        None => Vec::new(),
    };
    let (tools, dropped) = tools::sift(offered);
    let identity = server.server_info.as_ref();
    Ok(Discovery {
        server_name: identity.map(|it| it.title.clone().unwrap_or_else(|| it.name.clone())),
        server_version: identity.map(|it| it.version.clone()),
        instructions: server.instructions.as_deref().map(shorten),
        protocol: server.protocol_version.to_string(),
        tools,
        dropped,
    })
}

fn shorten(text: &str) -> String {
    let mut rest = text.chars();
    let mut kept: String = rest.by_ref().take(MAX_INSTRUCTIONS).collect();
    if rest.next().is_some() {
        kept.push('…');
    }
    kept
}
