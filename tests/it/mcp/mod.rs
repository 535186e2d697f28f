//! The MCP endpoint, as assistants use it.

mod calls;
mod clients;
mod conformance;
mod job_tools;
mod listing;
mod refusals;
