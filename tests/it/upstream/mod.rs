//! Tool calls: to real servers of two revisions of MCP, the Workbench, and misbehaving servers.

mod eras;
mod misbehaving;
mod real;
mod tolerance;

use std::sync::Arc;
use std::time::Duration;

use craft::egress::{Egress, EgressPolicy};
use craft::secret::{Redactor, Secret};
use craft::upstream::{CallContext, CallOutcome, KnownEra, Limits, Progress, Target, call};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The credential of all tests. It must appear in no text.
const TOKEN: &str = "t0ken-that-nobody-may-see";

fn egress() -> Egress {
    Egress::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] })
}

fn limits() -> Limits {
    Limits { deadline: Instant::now() + Duration::from_secs(30), max_response_bytes: 1_000_000 }
}

fn remote(url: Url) -> Target {
    Target::Mcp { server: url.into(), credential: None, arguments: Redactor::default() }
}

fn with_token(url: Url) -> Target {
    Target::Mcp { server: url.into(), credential: Some(Secret::new(TOKEN)), arguments: Redactor::default() }
}

fn context() -> CallContext {
    CallContext {
        limits: limits(),
        progress: None,
        tools_changed: Arc::default(),
        cancel: CancellationToken::new(),
        has_header_arguments: false,
        era: KnownEra::default(),
    }
}

/// Returns a context that reports progress, and the receiver.
fn with_progress() -> (CallContext, mpsc::Receiver<Progress>) {
    let (sender, receiver) = mpsc::channel(100);
    (CallContext { progress: Some(sender), ..context() }, receiver)
}

async fn run(target: &Target, tool: &str, arguments: Value, context: CallContext) -> CallOutcome {
    call(&egress(), target, tool, arguments.as_object().unwrap().clone(), context).await
}

/// Returns the text of a result.
fn text(outcome: &CallOutcome) -> &str {
    match outcome {
        CallOutcome::Ok(result) | CallOutcome::ToolError(result) => result["content"][0]["text"].as_str().unwrap(),
        other => panic!("no result: {other:?}"),
    }
}

fn nothing() -> Value {
    json!({})
}
