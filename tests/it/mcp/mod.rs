//! The MCP endpoint, as assistants use it.

mod calls;
mod clients;
mod listing;
mod refusals;
