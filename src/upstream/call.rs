//! Calls one tool once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rmcp::model::{CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ServerResult};
use rmcp::service::{PeerRequestOptions, RequestHandle};
use rmcp::{RoleClient, ServiceError};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::session::{NotificationSinks, Session};
use super::{CallOutcome, Limits, Progress, Target, tools};
use crate::egress::Egress;

/// How long the server is given to take note that a call is no longer wanted.
const CANCEL_PATIENCE: Duration = Duration::from_secs(2);

/// What surrounds a call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Time and size; progress does not extend the deadline.
    pub limits: Limits,
    /// Where progress is told, while there is room.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// Cancelled when the result is no longer wanted.
    pub cancel: CancellationToken,
    /// Raised when the server says, during the call, that its tools have changed.
    pub tools_changed: Arc<AtomicBool>,
    /// What [`mirrors_headers`] says of the tool's input schema.
    pub mirrors_headers: bool,
}

/// True if a tool wants some arguments repeated as HTTP headers (`x-mcp-header` in its input schema). That takes one
/// more request: the list of tools, from which rmcp learns which ones.
pub fn mirrors_headers(input_schema: &Value) -> bool {
    match input_schema {
        Value::Object(members) => {
            members.contains_key("x-mcp-header") || members.get("properties").is_some_and(any_mirrors)
        }
        _ => false,
    }
}

fn any_mirrors(properties: &Value) -> bool {
    properties.as_object().is_some_and(|members| members.values().any(mirrors_headers))
}

/// Calls `tool` with `arguments` that fit its schema. Ends by the deadline, and promptly when cancelled.
pub async fn call(
    egress: &Egress,
    target: &Target,
    tool: &str,
    arguments: Map<String, Value>,
    context: CallContext,
) -> CallOutcome {
    let patience = context.limits.remaining();
    let session = tokio::select! {
        biased;
        () = context.cancel.cancelled() => return CallOutcome::Canceled,
        begun = prepare(egress, target, &context) => match begun {
            Ok(session) => session,
            Err(failure) => return CallOutcome::of(failure, false),
        },
        () = tokio::time::sleep_until(context.limits.deadline) => {
            return CallOutcome::of(Failure::timeout(target, patience), false);
        }
    };
    let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    match session.client.send_cancellable_request(request, PeerRequestOptions::no_options()).await {
        Ok(handle) => settle(&session, target, handle, &context, patience).await,
        Err(error) => CallOutcome::of(session.explain(&error), false),
    }
}

async fn prepare<'a>(egress: &Egress, target: &'a Target, context: &CallContext) -> Result<Session<'a>, Failure> {
    let hears = NotificationSinks { progress: context.progress.clone(), tools_changed: context.tools_changed.clone() };
    let session = Session::begin(egress, target, context.limits, hears).await?;
    if context.mirrors_headers {
        tools::list(&session, target.name()).await?;
    }
    Ok(session)
}

/// Waits for the answer, the deadline or a cancellation. The server is told of the latter two in its era's way: by a
/// notification, or by the end of the request's stream.
async fn settle(
    session: &Session<'_>,
    target: &Target,
    mut handle: RequestHandle<RoleClient>,
    context: &CallContext,
    patience: Duration,
) -> CallOutcome {
    let (outcome, reason) = tokio::select! {
        biased;
        answer = &mut handle.rx => {
            return match answer.unwrap_or(Err(ServiceError::TransportClosed)) {
                Ok(result) => read(target, result),
                Err(error) => CallOutcome::of(session.explain(&error), true),
            };
        }
        () = context.cancel.cancelled() => (CallOutcome::Canceled, "cancelled by the caller"),
        () = tokio::time::sleep_until(context.limits.deadline) => {
            (CallOutcome::of(Failure::timeout(target, patience), true), "out of time")
        }
    };
    if tokio::time::timeout(CANCEL_PATIENCE, handle.cancel(Some(reason.to_owned()))).await.is_err() {
        tracing::debug!(server = target.name(), "a server took no note of a cancellation in time");
    }
    outcome
}

fn read(target: &Target, result: ServerResult) -> CallOutcome {
    let name = target.name();
    let failure = match result {
        ServerResult::CallToolResult(result) => return finish(target, result),
        // a result without content and without anything else
        ServerResult::EmptyResult(_) | ServerResult::TaskAckResult(_) => {
            return finish(target, CallToolResult::success(Vec::new()));
        }
        ServerResult::InputRequiredResult(_) => Failure::permanent(
            "input_required",
            format!("{name} asks for further input before it goes on, which the hub cannot give yet"),
        ),
        ServerResult::CreateTaskResult(_) => {
            Failure::permanent("task", format!("{name} made a task of the call, which the hub did not ask for"))
        }
        _ => no_result(target),
    };
    CallOutcome::of(failure, true)
}

fn finish(target: &Target, result: CallToolResult) -> CallOutcome {
    let failed = result.is_error == Some(true);
    let Ok(Value::Object(mut result)) = serde_json::to_value(result) else {
        return CallOutcome::of(no_result(target), true);
    };
    // framing of the protocol, not part of what the tool said
    result.remove("resultType");
    result.remove("_meta");
    let result = Value::Object(result);
    if failed { CallOutcome::ToolError(result) } else { CallOutcome::Ok(result) }
}

fn no_result(target: &Target) -> Failure {
    Failure::permanent("not_mcp", format!("{} answered with something that is no tool result", target.name()))
}

#[cfg(test)]
mod tests {
    use super::mirrors_headers;
    use serde_json::json;

    #[test]
    fn only_annotated_properties_are_mirrored() {
        assert!(mirrors_headers(&json!({"properties": {"a": {"properties": {"b": {"x-mcp-header": "B"}}}}})));
        assert!(!mirrors_headers(&json!({"properties": {"x-mcp-header": {"type": "string"}}})));
        assert!(!mirrors_headers(&json!({"type": "object"})));
    }
}
