//! Calls one tool once, for `jobs::run`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rmcp::model::{CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ServerResult};
use rmcp::service::{PeerRequestOptions, RequestHandle};
use rmcp::{RoleClient, ServiceError};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::failure::timeout;
use super::session::{NotificationSinks, Session};
use super::{CallOutcome, Limits, Progress, Target, tools};
use crate::egress::{Egress, Failure};

/// Time for notifying the server of a cancellation.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// The bounds and listeners of a call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Time and size; progress does not extend the deadline.
    pub limits: Limits,
    /// Receives progress, while the channel has room.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// Canceled when the caller no longer wants the result.
    pub cancel: CancellationToken,
    /// Set when the server announces, during the call, that its tools have changed.
    pub tools_changed: Arc<AtomicBool>,
    /// The result of [`has_header_arguments`] for the tool's input schema.
    pub has_header_arguments: bool,
}

/// Returns true if the tool wants arguments repeated as HTTP headers (`x-mcp-header` in its input schema), which costs one more
/// request: the list of tools, from which rmcp learns the headers.
pub fn has_header_arguments(input_schema: &Value) -> bool {
    match input_schema {
        Value::Object(members) => {
            members.contains_key("x-mcp-header") || members.get("properties").is_some_and(has_header_property)
        }
        _ => false,
    }
}

fn has_header_property(properties: &Value) -> bool {
    properties.as_object().is_some_and(|members| members.values().any(has_header_arguments))
}

/// Calls `tool` with `arguments` that fit its schema. Ends by the deadline, and promptly when canceled.
pub async fn call(
    egress: &Egress,
    target: &Target,
    tool: &str,
    arguments: Map<String, Value>,
    context: CallContext,
) -> CallOutcome {
    let time_limit = context.limits.remaining();
    let session = tokio::select! {
        biased;
        () = context.cancel.cancelled() => return CallOutcome::Canceled,
        session = prepare(egress, target, &context) => match session {
            Ok(session) => session,
            Err(failure) => return CallOutcome::from_failure(failure, false),
        },
        () = tokio::time::sleep_until(context.limits.deadline) => {
            return CallOutcome::from_failure(timeout(target, time_limit), false);
        }
    };
    let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    match session.client.send_cancellable_request(request, PeerRequestOptions::no_options()).await {
        Ok(handle) => await_answer(&session, target, handle, &context, time_limit).await,
        Err(error) => CallOutcome::from_failure(session.explain(&error), false),
    }
}

async fn prepare<'a>(egress: &Egress, target: &'a Target, context: &CallContext) -> Result<Session<'a>, Failure> {
    let sinks = NotificationSinks { progress: context.progress.clone(), tools_changed: context.tools_changed.clone() };
    let session = Session::begin(egress, target, context.limits, sinks).await?;
    if context.has_header_arguments {
        tools::list(&session, target.name()).await?;
    }
    Ok(session)
}

/// Waits for the answer, the deadline or a cancellation. Notifies the server of the latter two as its revision of MCP
/// prescribes: by a notification, or by closing the request's stream.
async fn await_answer(
    session: &Session<'_>,
    target: &Target,
    mut handle: RequestHandle<RoleClient>,
    context: &CallContext,
    time_limit: Duration,
) -> CallOutcome {
    let (outcome, reason) = tokio::select! {
        biased;
        answer = &mut handle.rx => {
            return match answer.unwrap_or(Err(ServiceError::TransportClosed)) {
                Ok(result) => read(target, result),
                Err(error) => CallOutcome::from_failure(session.explain(&error), true),
            };
        }
        () = context.cancel.cancelled() => (CallOutcome::Canceled, "cancelled by the caller"),
        () = tokio::time::sleep_until(context.limits.deadline) => {
            (CallOutcome::from_failure(timeout(target, time_limit), true), "out of time")
        }
    };
    if tokio::time::timeout(CANCEL_TIMEOUT, handle.cancel(Some(reason.to_owned()))).await.is_err() {
        let server = target.name();
        tracing::debug!(server, "Failed to notify {server} of a cancellation in time; the call ends without it");
    }
    outcome
}

fn read(target: &Target, result: ServerResult) -> CallOutcome {
    let name = target.name();
    let failure = match result {
        ServerResult::CallToolResult(result) => return finish(target, result),
        // an empty result
        ServerResult::EmptyResult(_) | ServerResult::TaskAckResult(_) => {
            return finish(target, CallToolResult::success(Vec::new()));
        }
        ServerResult::InputRequiredResult(_) => Failure::permanent(
            "input_required",
            format!("{name} asks for further input, which the hub does not support"),
        )
        .with_advice("Give the tool everything that it needs at once"),
        ServerResult::CreateTaskResult(_) => {
            Failure::permanent("task", format!("{name} turned the call into a task, which the hub did not request"))
                .with_advice("Ask the server’s operator")
        }
        _ => no_result(target),
    };
    CallOutcome::from_failure(failure, true)
}

fn finish(target: &Target, result: CallToolResult) -> CallOutcome {
    let failed = result.is_error == Some(true);
    let Ok(Value::Object(mut result)) = serde_json::to_value(result) else {
        return CallOutcome::from_failure(no_result(target), true);
    };
    // protocol framing, not part of the tool's result
    result.remove("resultType");
    result.remove("_meta");
    let result = Value::Object(result);
    if failed { CallOutcome::ToolError(result) } else { CallOutcome::Ok(result) }
}

fn no_result(target: &Target) -> Failure {
    Failure::permanent("not_mcp", format!("{} answered with something other than a tool result", target.name()))
        .with_advice("Ask the server’s operator")
}

#[cfg(test)]
mod tests {
    use super::has_header_arguments;
    use serde_json::json;

    #[test]
    fn only_annotated_properties_are_header_arguments() {
        assert!(has_header_arguments(&json!({"properties": {"a": {"properties": {"b": {"x-mcp-header": "B"}}}}})));
        assert!(!has_header_arguments(&json!({"properties": {"x-mcp-header": {"type": "string"}}})));
        assert!(!has_header_arguments(&json!({"type": "object"})));
    }
}
