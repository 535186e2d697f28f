//! The messages of an event stream, as rmcp shall see them. The transport opens the stream.

use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::Sse;

use super::answers::{AnswerStore, AwaitedRequest, RecordedFailure};
use super::event_stream::EventParser;
use super::handshake::RequestKind;
use super::message::{ServerMessage, read_messages};
use crate::egress::{Response, read_json};

/// The events of a stream.
pub(super) type Events = BoxStream<'static, Result<Sse, SseError>>;

/// Reads a stream. `request` is the one that the stream answers, if any.
pub(super) fn read_events(
    response: Response,
    answers: Arc<AnswerStore>,
    request: Option<AwaitedRequest>,
    records_failures: bool,
) -> Events {
    let events = async_stream::stream! {
        let (mut parser, mut chunks) = (EventParser::default(), pin!(response.stream()));
        while let Some(chunk) = chunks.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    yield Err(if records_failures { answers.record(error) } else { RecordedFailure });
                    return;
                }
            };
            for event in parser.push(&chunk) {
                for message in read_event(&answers, event, request.as_ref()) {
                    yield message;
                }
            }
        }
        if let Some(event) = parser.finish() {
            for message in read_event(&answers, event, request.as_ref()) {
                yield message;
            }
        }
    };
    events.map(|event| event.map_err(|failure| SseError::Body(Box::new(failure)))).boxed()
}

/// Reads an event. Events without data stay: a stream can be resumed after their id.
fn read_event(
    answers: &AnswerStore,
    event: Sse,
    request: Option<&AwaitedRequest>,
) -> Vec<Result<Sse, RecordedFailure>> {
    let data = event.data.as_deref().unwrap_or_default();
    let messages = match (read_json(data.as_bytes()), request) {
        (Ok(value), _) => {
            read_messages(value).into_iter().filter_map(|it| read_message(answers, it, request)).collect()
        }
        (Err(fault), Some(request)) if is_answer(data) => vec![answers.fail(request, answers.invalid_json(&fault))],
        (Err(_), _) => Vec::new(),
    };
    if messages.is_empty() {
        return vec![Ok(Sse { data: None, ..event })];
    }
    // a message is one under whatever name the event has
    messages.into_iter().map(|data| Ok(Sse { data: Some(data?), event: None, ..event.clone() })).collect()
}

fn read_message(
    answers: &AnswerStore,
    message: ServerMessage,
    request: Option<&AwaitedRequest>,
) -> Option<Result<String, RecordedFailure>> {
    let answer = match message {
        ServerMessage::Call(call) => return Some(Ok(call.to_string())),
        ServerMessage::Answer(answer) => answer,
    };
    let request = match request {
        Some(request) => Some(request.clone()).filter(|request| answer.can_answer(&request.id)),
        // on a stream for no request in particular, an answer has to name its request
        None => answer.id.clone().map(|id| AwaitedRequest { id, kind: RequestKind::Other }),
    }?;
    Some(match answers.settle(&request, answer) {
        Ok(message) => Ok(serde_json::to_string(&message).unwrap_or_default()),
        Err(failure) => answers.fail(&request, failure),
    })
}

/// Reports whether text that cannot be read was meant as an answer. Anything else on a stream may be skipped.
fn is_answer(data: &str) -> bool {
    (data.contains("\"result\"") || data.contains("\"error\"")) && !data.contains("\"method\"")
}
