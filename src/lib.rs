//! Tool Connect Craft: one self-hosted hub for every service connection and every tool call.
//!
//! All callers take the same path: connection -> policy -> durable job -> runner -> live events -> audit.
//! Modules are ranked; each imports only lower ranks (`tests/architecture.rs` enforces it). Bottom to top:
//!
//! - [`ids`], [`error`], [`clock`], [`secret`], [`position`], [`foreign_text`]: typed ids, one HTTP-free error, the time
//!   source, unprintable secrets, line and column, text that other servers wrote
//! - [`actor`], [`page`], [`config`], [`background_tasks`], [`telemetry`], [`markdown`]: who acts, keyset paging, settings,
//!   work that no request waits for, metrics and traces, Markdown as safe HTML
//! - `request_source`: the network address and program of a request
//! - [`db`], [`schema_form`], [`egress`], [`workbench`]: the database, JSON Schema as a form, guarded HTTP, built-in tools
//! - [`audit`], [`upstream`], [`oauth`], [`live`]: the audit log, MCP client, OAuth client, live updates
//! - [`vault`], [`queue`], [`rest`]: sealed secrets, the durable queue, calls of REST services
//! - [`mail`], [`tool_result`]: mails that wait to be sent, and their sender; the result of a tool in parts for people
//! - [`accounts`], [`api_tokens`], [`connectors`]: users, access tokens of their programs, and connectors
//! - [`authorization_server`], [`connections`], [`registry`], [`saved_inputs`]: grants of assistants, a user's link to a
//!   connector, the copy of what MCP registries list, and saved inputs of tools
//! - [`assistants`]: the tools that programs call for a person, and their names
//! - [`jobs`]: a tool invocation, from accept to result
//! - [`dashboard`]: figures and the newest entries
//! - [`app`]: the handles, built once
//! - [`bearer`]: authenticates programs by their access tokens
//! - [`web`], [`mcp`], [`authorization_endpoints`], [`worker`]: pages, the endpoint of assistants, what they ask of the
//!   authorization server, and the loop that runs jobs, blind to each other
//! - [`serve`]: composition, signals, drain

pub mod accounts;
pub mod actor;
pub mod api_tokens;
pub mod app;
pub mod assistants;
pub mod audit;
pub mod authorization_endpoints;
pub mod authorization_server;
pub mod background_tasks;
pub mod bearer;
pub mod clock;
pub mod command;
pub mod config;
pub mod connections;
pub mod connectors;
pub mod dashboard;
pub mod db;
pub mod egress;
pub mod error;
pub mod foreign_text;
pub mod ids;
pub mod jobs;
pub mod live;
pub mod mail;
pub mod markdown;
pub mod mcp;
pub mod oauth;
pub mod organisations;
pub mod page;
pub mod position;
pub mod queue;
pub mod registry;
mod request_source;
pub mod rest;
pub mod saved_inputs;
pub mod schema_form;
pub mod search;
pub mod secret;
pub mod serve;
pub mod telemetry;
pub mod tool_result;
pub mod upstream;
pub mod vault;
pub mod web;
pub mod workbench;
pub mod worker;
