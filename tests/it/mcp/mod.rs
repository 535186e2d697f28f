//! The MCP endpoint, as assistants use it.

mod calls;
mod clients;
mod conformance;
mod listing;
mod refusals;
