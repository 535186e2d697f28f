//! Calls one tool once, or reads one resource, for `jobs::execute`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, ErrorData, ReadResourceRequest, ReadResourceRequestParams,
};
use rmcp::service::{PeerRequestOptions, RequestHandle};
use rmcp::{RoleClient, ServiceError};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::failure::{resource_refused, timeout};
use super::session::{NotificationSinks, Session};
use super::{CallOutcome, KnownEra, Limits, Progress, Target, resource_result, tool_list, tool_result};
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
    /// The server's era; corrected during the call.
    pub era: KnownEra,
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

/// The request of a call.
enum CallRequest<'a> {
    /// `tools/call`.
    Tool { name: &'a str, arguments: Map<String, Value> },
    /// `resources/read`.
    Resource { uri: &'a str },
}

impl CallRequest<'_> {
    fn to_message(&self) -> ClientRequest {
        match self {
            Self::Tool { name, arguments } => {
                let params = CallToolRequestParams::new((*name).to_owned()).with_arguments(arguments.clone());
                ClientRequest::CallToolRequest(CallToolRequest::new(params))
            }
            Self::Resource { uri } => {
                let params = ReadResourceRequestParams::new(*uri);
                ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
            }
        }
    }

    fn read_result(&self, target: &Target, result: Value) -> CallOutcome {
        match self {
            Self::Tool { .. } => tool_result::read(target, result),
            Self::Resource { uri } => resource_result::read(target, uri, result),
        }
    }

    /// Explains the error with which the server answered; `None` if the session explains it as well.
    fn explain(&self, target: &Target, error: &ErrorData) -> Option<Failure> {
        match self {
            Self::Tool { .. } => None,
            Self::Resource { .. } => Some(resource_refused(target, error)),
        }
    }
}

/// Calls the tool `name` with `arguments` that fit its schema. Ends by the deadline, and promptly when canceled.
pub async fn call(
    egress: &Egress,
    target: &Target,
    name: &str,
    arguments: Map<String, Value>,
    context: CallContext,
) -> CallOutcome {
    send_request(egress, target, &CallRequest::Tool { name, arguments }, context).await
}

/// Reads the resource at `uri`. Its contents become the blocks of a tool's result. Ends by the deadline, and promptly when
/// canceled.
pub async fn read_resource(egress: &Egress, target: &Target, uri: &str, context: CallContext) -> CallOutcome {
    send_request(egress, target, &CallRequest::Resource { uri }, context).await
}

async fn send_request(
    egress: &Egress,
    target: &Target,
    request: &CallRequest<'_>,
    context: CallContext,
) -> CallOutcome {
    let time_limit = context.limits.remaining();
    let session = match begin(egress, target, &context, time_limit).await {
        Ok(session) => session,
        Err(outcome) => return outcome,
    };
    let outcome = send(&session, target, request, &context, time_limit).await;
    if !session.is_refused_unprocessed() {
        return outcome;
    }
    // the server no longer speaks the era that was assumed: only then is the call sent again, for it cannot have run
    let assumed = context.era.forget();
    drop(session);
    match begin(egress, target, &context, time_limit).await {
        Ok(session) if context.era.get() != assumed => send(&session, target, request, &context, time_limit).await,
        _ => outcome,
    }
}

/// Begins a session. Ends by the deadline, and promptly when canceled; nothing was called then.
async fn begin<'a>(
    egress: &'a Egress,
    target: &'a Target,
    context: &CallContext,
    time_limit: Duration,
) -> Result<Session<'a>, CallOutcome> {
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(CallOutcome::Canceled),
        session = prepare(egress, target, context) => {
            session.map_err(|failure| CallOutcome::from_failure(failure, false))
        }
        () = tokio::time::sleep_until(context.limits.deadline) => {
            Err(CallOutcome::from_failure(timeout(target, time_limit), false))
        }
    }
}

async fn send(
    session: &Session<'_>,
    target: &Target,
    request: &CallRequest<'_>,
    context: &CallContext,
    time_limit: Duration,
) -> CallOutcome {
    let message = request.to_message();
    match session.client.send_cancellable_request(message, PeerRequestOptions::no_options()).await {
        Ok(handle) => await_answer(session, target, request, handle, context, time_limit).await,
        Err(error) => CallOutcome::from_failure(session.explain(&error), false),
    }
}

async fn prepare<'a>(egress: &'a Egress, target: &'a Target, context: &CallContext) -> Result<Session<'a>, Failure> {
    let sinks = NotificationSinks { progress: context.progress.clone(), tools_changed: context.tools_changed.clone() };
    let begin = || Session::begin(egress, target, context.limits, sinks.clone(), &context.era);
    let session = begin().await?;
    if !context.has_header_arguments {
        return Ok(session);
    }
    match tool_list::list(&session, target.name()).await {
        Ok(_) => Ok(session),
        Err(_) if session.is_refused_unprocessed() => {
            context.era.forget();
            let session = begin().await?;
            tool_list::list(&session, target.name()).await?;
            Ok(session)
        }
        Err(failure) => Err(failure),
    }
}

/// Waits for the answer, the deadline or a cancellation. Notifies the server of the latter two as its revision of MCP
/// prescribes: by a notification, or by closing the request's stream.
async fn await_answer(
    session: &Session<'_>,
    target: &Target,
    request: &CallRequest<'_>,
    mut handle: RequestHandle<RoleClient>,
    context: &CallContext,
    time_limit: Duration,
) -> CallOutcome {
    let (outcome, reason) = tokio::select! {
        biased;
        answer = &mut handle.rx => {
            let answer = answer.unwrap_or(Err(ServiceError::TransportClosed));
            if let Err(ServiceError::McpError(error)) = &answer && let Some(failure) = request.explain(target, error) {
                return CallOutcome::from_failure(failure, true);
            }
            return match session.result(&handle.id, answer) {
                Ok(result) => request.read_result(target, result),
                Err(failure) => CallOutcome::from_failure(failure, true),
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
