//! The built-in Workbench: a real MCP server whose tools need no network and no account.
//!
//! Invariants:
//! - The server speaks MCP over an in-memory transport, so it has no listener and no egress.
//! - Callers' filters, patterns and schemas are never evaluated in this process, because they could run forever or use
//!   all memory; see `sandbox`.
//! - A fault in the input is a tool error that says what to change.

mod countdown;
mod hash;
mod json_query;
mod json_schema;
mod sandbox;
mod text_diff;
mod time_zones;

use std::path::PathBuf;
use std::sync::Arc;

use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt, tool, tool_handler, tool_router};
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use sandbox::{EVALUATE, evaluate};

/// Buffer size of the in-memory transport in bytes.
const PIPE_BYTES: usize = 64 * 1024;
/// Size of a text argument in bytes.
const MAX_TEXT_BYTES: usize = 1_000_000;

/// The Workbench server, which is cheap to clone.
#[derive(Clone, Debug)]
pub struct Workbench {
    program: Arc<PathBuf>,
    sessions: TaskTracker,
    stop: CancellationToken,
}

impl Workbench {
    /// Makes a Workbench that evaluates in child processes of `program`. The program must call [`evaluate`] if its first
    /// argument is [`EVALUATE`], as `craft` does.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: Arc::new(program.into()), sessions: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// Makes a Workbench that runs the current program, even if an upgrade has replaced its file.
    pub fn from_current_program() -> Self {
        Self::new("/proc/self/exe")
    }

    /// Starts a server for a client and returns the client's end of the transport. The server stops when that end is dropped.
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE_BYTES);
        let (workbench, stop) = (self.clone(), self.stop.clone());
        let session = Box::pin(async move {
            match workbench.serve(server).await {
                Ok(running) => drop(running.waiting().await),
                Err(error) => {
                    tracing::debug!(%error, "Closed a Workbench session whose client disconnected during the handshake");
                }
            }
        });
        self.sessions.spawn(async move { stop.run_until_cancelled(session).await });
        client
    }

    /// Ends all sessions.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.sessions.close();
        self.sessions.wait().await;
    }
}

#[tool_router]
impl Workbench {
    #[tool(
        title = "Query JSON",
        description = "Picks values out of JSON, or reshapes it, with a filter in the language of jq, such as .items[].name",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn json_query(
        &self,
        Parameters(input): Parameters<json_query::Input>,
    ) -> Result<Json<json_query::Output>, String> {
        check_length("JSON", &input.json)?;
        check_length("filter", &input.filter)?;
        sandbox::run(&self.program, &sandbox::Task::Query(input)).await.map(Json)
    }

    #[tool(
        title = "Compare two texts",
        description = "Shows what changed between two texts, line by line, as a unified diff",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn text_diff(Parameters(input): Parameters<text_diff::Input>) -> Result<Json<text_diff::Output>, String> {
        check_length("text before", &input.before)?;
        check_length("text after", &input.after)?;
        let diff = tokio::task::spawn_blocking(move || text_diff::compare(&input)).await;
        diff.map(Json).map_err(|_| "The texts could not be compared".to_owned())
    }

    #[tool(
        title = "Hash a text",
        description = "Computes the SHA-256 or SHA-512 digest of a text",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    fn hash(Parameters(input): Parameters<hash::Input>) -> Result<Json<hash::Output>, String> {
        check_length("text", &input.text)?;
        Ok(Json(hash::digest(&input)))
    }

    #[tool(
        title = "Convert a time between zones",
        description = "Converts a date and time from one time zone to others, with daylight saving time",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    fn convert_time_zone(Parameters(input): Parameters<time_zones::Input>) -> Result<Json<time_zones::Output>, String> {
        time_zones::convert(&input).map(Json)
    }

    #[tool(
        title = "Check JSON against a schema",
        description = "Lists every place where a JSON value does not fit a JSON Schema",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn check_json_schema(
        &self,
        Parameters(input): Parameters<json_schema::Input>,
    ) -> Result<Json<json_schema::Output>, String> {
        check_length("schema", &input.schema)?;
        check_length("value", &input.value)?;
        sandbox::run(&self.program, &sandbox::Task::Check(input)).await.map(Json)
    }

    #[tool(
        title = "Count down",
        description = "Counts seconds down to zero and reports each step: a way to see progress and cancellation at work",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn countdown(
        Parameters(input): Parameters<countdown::Input>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<countdown::Output>, String> {
        countdown::run(&input, &context).await.map(Json)
    }
}

#[tool_handler]
impl ServerHandler for Workbench {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("workbench", env!("CARGO_PKG_VERSION")).with_title("Workbench"))
            .with_instructions("Small tools that need no account and no network.")
    }
}

fn check_length(name: &str, text: &str) -> Result<(), String> {
    if text.len() <= MAX_TEXT_BYTES { Ok(()) } else { Err(format!("Shorten the {name}: it may have 1 MB at most")) }
}
