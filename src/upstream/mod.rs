//! The client side of MCP, and the built-in Workbench. Jobs call tools and read resources; connections discover tools.
//!
//! Pages never call this module: a call belongs to a job, and a discovery to a connection. It reads no row and opens no
//! secret, so never call it inside a transaction: a server may take minutes to answer.
//!
//! Invariants:
//! - Every byte to and from a remote server goes through [`Egress`](crate::egress::Egress).
//! - A credential comes in as a value, is sent to the target's own origin only, and is redacted from every text.
//! - A call ends in one [`CallOutcome`], never in a panic, and is never repeated here.
//! - A server's responses are bounded in size, time and number. Tools that are left out are listed with the reason.
//! - Each odd detail of a response costs itself alone (`docs/interoperability.md`).

mod answers;
mod call;
mod cleaning;
mod credential;
mod discovery;
mod era;
mod event_messages;
mod event_stream;
mod failure;
mod handshake;
mod message;
mod older_transport;
mod outcome;
mod resource_result;
mod server_image;
mod session;
mod tool_list;
mod tool_result;
mod tools;
mod transport;

use std::time::Duration;

use http::HeaderName;
use tokio::time::Instant;
use url::Url;

pub use call::{CallContext, call, has_header_arguments, read_resource};
pub use credential::{HeaderCredential, secret_texts};
pub use discovery::{Discovery, DiscoveryAnswer, InitializeAnswer, discover, discover_or_challenge, initialize};
pub use era::{KnownEra, ProtocolEra};
pub use outcome::{CallOutcome, Progress};
pub use server_image::ServerImage;
pub use tool_list::MAX_TOOLS;
pub use tools::{DroppedTool, ToolDefinition};

use crate::secret::{Redactor, Secret};
use crate::workbench::Workbench;

/// A remote MCP server, before anybody calls it.
#[derive(Clone, Debug)]
pub struct Server {
    /// URL of the MCP endpoint.
    pub url: Url,
    /// Header that carries the credential; `None` for `Authorization: Bearer …`.
    pub key_header: Option<HeaderName>,
}

impl Server {
    /// Reads a stored server. Returns `None` without a valid URL.
    #[must_use]
    pub fn from_stored(url: Option<&str>, key_header: Option<&str>) -> Option<Self> {
        let key_header = key_header.and_then(|name| HeaderName::try_from(name).ok());
        Some(Self { url: Url::parse(url?).ok()?, key_header })
    }
}

impl From<Url> for Server {
    fn from(url: Url) -> Self {
        Self { url, key_header: None }
    }
}

/// An MCP server to call.
#[derive(Clone, Debug)]
pub enum Target {
    /// The built-in tools.
    Workbench(Workbench),
    /// A remote server, by Streamable HTTP.
    Mcp {
        /// The server.
        server: Server,
        /// Presented in the header that the server expects, or as the headers of a [`HeaderCredential`].
        credential: Option<Secret>,
        /// Removes the secret arguments of the call from the server's words.
        arguments: Redactor,
    },
}

impl Target {
    /// Returns the name in messages: for a remote server, its host.
    pub fn name(&self) -> &str {
        match self {
            Self::Workbench(_) => "the Workbench",
            Self::Mcp { server, .. } => server.url.host_str().unwrap_or("the server"),
        }
    }

    /// Returns the redactor of the credential and the secret arguments.
    fn redactor(&self) -> Redactor {
        match self {
            Self::Mcp { credential, arguments, .. } => {
                let secrets: Vec<_> = credential.iter().flat_map(secret_texts).collect();
                arguments.with(secrets.iter().map(Secret::expose))
            }
            Self::Workbench(_) => Redactor::default(),
        }
    }

    /// Removes the credential and the secret arguments from `text`, in case the server echoed them. Pass whole texts.
    fn redact(&self, text: &str) -> String {
        self.redactor().redact(text).into_owned()
    }
}

/// Bounds of one exchange with a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The end of the exchange.
    pub deadline: Instant,
    /// Maximum number of bytes of one response, progress messages included.
    pub max_response_bytes: usize,
}

impl Limits {
    /// Returns the time until the deadline.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::{Redactor, Secret, Target, Url};
    use base64::Engine as _;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_keeps_the_credential(token in "[!-~]{8,40}", before: String, after: String) {
            let url = Url::parse("https://a.test/mcp").unwrap();
            let (server, credential) = (url.into(), Some(Secret::new(token.as_str())));
            let target = Target::Mcp { server, credential, arguments: Redactor::default() };
            let encoded = base64::prelude::BASE64_STANDARD.encode(&token);
            for spelling in [token.clone(), serde_json::json!(token).to_string(), encoded] {
                let clean = target.redact(&format!("{before}{spelling}{after}"));
                prop_assert!(!clean.contains(&token) && !clean.contains(&spelling), "{clean}");
            }
        }
    }
}
