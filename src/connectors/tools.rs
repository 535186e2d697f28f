//! Tools, and their immutable versions.

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use super::definition::Effect;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::ToolVersionId;
use crate::rest::RestTool;

/// A tool in a list.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Name at the upstream.
    pub name: String,
    /// Display name.
    pub title: Option<String>,
    /// Description from the upstream.
    pub description: String,
    /// MCP annotations.
    pub annotations: Option<Value>,
    /// Set while a changed definition waits for its owner; the tool does not run meanwhile.
    pub is_held: bool,
    /// Set if the latest discovery with changes found it for the first time, or again.
    pub is_new: bool,
}

/// An immutable definition of a tool.
#[derive(Clone, Debug)]
pub struct ToolVersion {
    /// Primary key.
    pub id: ToolVersionId,
    /// Name of the tool at the upstream.
    pub name: String,
    /// Number of the version, from 1 in each tool.
    pub version: i32,
    /// Display name.
    pub title: Option<String>,
    /// Description from the upstream.
    pub description: String,
    /// JSON Schema of the arguments.
    pub schema: Value,
    /// MCP annotations.
    pub annotations: Option<Value>,
    /// Description of its request, for a tool of a REST service. See [`ToolVersion::rest_tool`].
    pub request: Option<Value>,
    /// Set while the upstream lists the tool; other tools cannot be run.
    pub is_listed: bool,
    /// Time since which the upstream no longer lists the tool.
    pub removed_at: Option<Timestamp>,
    /// Set while a changed definition of the tool waits for its owner; no version of the tool runs meanwhile.
    pub is_held: bool,
    /// Set if the owner has accepted another version since. Versions that come with the hub are never outdated: the hub knows them
    /// all.
    pub is_outdated: bool,
}

impl Tool {
    /// Returns the name for people.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Returns the effect of a run that the server claims.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::from_annotations(self.annotations.as_ref())
    }
}

impl ToolVersion {
    /// Returns the name for people.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Returns the effect of a run that the server claims.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::from_annotations(self.annotations.as_ref())
    }

    /// Reports whether an interrupted call may be repeated without approval.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        let has_key = || self.rest_tool().is_ok_and(|tool| tool.is_some_and(|tool| tool.has_repeat_key()));
        Effect::is_repeatable(self.annotations.as_ref()) || has_key()
    }

    /// Returns how the tool of a REST service is called; `None` for other tools.
    ///
    /// # Errors
    /// A description that another version of the hub has stored.
    pub fn rest_tool(&self) -> Result<Option<RestTool>> {
        let read = self.request.as_ref().map(RestTool::deserialize).transpose();
        Ok(read.context("the request of a tool cannot be read")?)
    }
}
