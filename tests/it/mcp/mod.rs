//! The MCP endpoint, as assistants use it.

mod calls;
mod listing;
mod refusals;
