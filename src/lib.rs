//! Tool Connect Craft: one self-hosted hub for every service connection and every tool call.
//!
//! All callers take the same path: connection -> policy -> durable job -> runner -> live events -> audit.
//! Modules are ranked; each imports only lower ranks (`tests/architecture.rs` enforces it). Bottom to top:
//!
//! - [`ids`], [`error`], [`clock`], [`secret`]: typed ids, one HTTP-free error, the time source, unprintable secrets
//! - [`actor`], [`page`], [`config`]: who acts, keyset cursors, settings
//! - [`db`], [`schema_form`], [`egress`], [`workbench`]: the database, JSON Schema as a form, the guarded way out, built-in tools
//! - [`audit`], [`mail`], [`upstream`]: the log, outgoing mail, MCP clients
//! - [`vault`], [`queue`], [`live`]: sealed secrets, the durable queue, wake-ups and live fan-out
//! - [`accounts`], [`connectors`]: people and services
//! - [`connections`]: a user's link to a service
//! - [`jobs`]: a tool invocation, from accept to result
//! - [`app`]: the handles, built once
//! - [`web`], [`worker`]: pages and the loop that runs jobs, blind to each other
//! - [`serve`]: composition, signals, drain

pub mod actor;
pub mod clock;
pub mod db;
pub mod egress;
pub mod error;
pub mod ids;
pub mod page;
pub mod secret;
pub mod upstream;
pub mod workbench;
