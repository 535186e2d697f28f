//! The stories about pages of a space, once more: here each persona acts in an organisation (see `support::space`).
#![expect(clippy::duplicate_mod, reason = "the same stories run in both kinds of space")]

#[path = "assistants/mod.rs"]
mod assistants;
#[path = "audit/mod.rs"]
mod audit;
#[path = "connections/mod.rs"]
mod connections;
#[path = "connectors/mod.rs"]
mod connectors;
#[path = "dashboard.rs"]
mod dashboard;
#[path = "jobs/mod.rs"]
mod jobs;
#[path = "oauth/mod.rs"]
mod oauth;
#[path = "search.rs"]
mod search;
#[path = "tool_result.rs"]
mod tool_result;
