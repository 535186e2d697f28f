//! Calls the tools of MCP servers, of both eras of the protocol, and of the built-in Workbench.
//!
//! Invariants: every byte to and from a remote server goes through [`Egress`](crate::egress::Egress); a credential comes in as a value, is sent
//! to the target's own origin only, and is in no text that goes out; a call ends in one [`CallOutcome`], never in a panic
//! or a retry of its own; what a server sends is bounded in size, time and number, and what is left out is said.

mod call;
mod discovery;
mod failure;
mod outcome;
mod rest;
mod session;
mod tools;
mod wire;

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

pub use call::{CallContext, call, mirrors_headers};
pub use discovery::{Discovery, DiscoveryAnswer, InitializeAnswer, discover, discover_or_challenge, initialize};
pub use outcome::{CallOutcome, Progress};
pub use rest::{ApiCredential, ApiRequest, send_api_request};
pub use tools::{DroppedTool, MAX_TOOLS, ToolDefinition};

use crate::secret::Secret;
use crate::workbench::Workbench;

/// A server to talk to.
#[derive(Clone, Debug)]
pub enum Target {
    /// The built-in tools.
    Workbench(Workbench),
    /// A remote server, by Streamable HTTP.
    Mcp {
        /// Where it is.
        url: Url,
        /// Sent as `Authorization: Bearer …`.
        bearer: Option<Secret>,
    },
}

impl Target {
    /// What sentences call it: its host, for a remote server.
    pub fn name(&self) -> &str {
        match self {
            Self::Workbench(_) => "the Workbench",
            Self::Mcp { url, .. } => url.host_str().unwrap_or("the server"),
        }
    }

    /// `text` without the credential, should a server have echoed it.
    fn scrub(&self, text: &str) -> String {
        match self {
            Self::Mcp { bearer: Some(bearer), .. } if !bearer.expose().is_empty() => {
                text.replace(bearer.expose(), "[secret]")
            }
            _ => text.to_owned(),
        }
    }
}

/// How much of a server's time and words is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// When the hub gives up.
    pub deadline: Instant,
    /// The most bytes of one answer, progress messages included.
    pub max_response_bytes: usize,
}

impl Limits {
    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
