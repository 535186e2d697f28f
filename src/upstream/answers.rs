//! The answers that a session's transport has received.
//!
//! rmcp loses part of what a server says: a broken stream becomes "closed", and an odd member makes a result unreadable. The
//! transport therefore stores results and failures here, gives rmcp an answer in its own types, and the session picks up the rest.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientJsonRpcMessage, ErrorCode, RequestId, ServerJsonRpcMessage, ServerResult};
use serde_json::Value;

use super::failure::{not_json, not_mcp_json};
use super::handshake::RequestKind;
use super::message::{Answer, ServerMessage, read_messages};
use crate::egress::{Failure, InvalidJson};
use crate::secret::Redactor;

/// Codes with which a server refuses a request that it has not begun to process. The first is that of the newer era for
/// another revision; the last two are those of older servers for a missing session.
const UNPROCESSED: [ErrorCode; 5] = [
    ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
    ErrorCode::INVALID_REQUEST,
    ErrorCode::METHOD_NOT_FOUND,
    ErrorCode(-32000),
    ErrorCode(-32001),
];

/// A failure whose details are stored.
#[derive(Debug, thiserror::Error)]
#[error("the request failed")]
pub(super) struct RecordedFailure;

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct AwaitedRequest {
    pub(super) id: RequestId,
    pub(super) kind: RequestKind,
}

impl AwaitedRequest {
    /// Returns the request in a message; `None` for a notification or an answer.
    pub(super) fn from_message(message: &ClientJsonRpcMessage) -> Option<Self> {
        match message {
            ClientJsonRpcMessage::Request(request) => {
                Some(Self { id: request.id.clone(), kind: RequestKind::from_request(&request.request) })
            }
            _ => None,
        }
    }
}

/// The answers of one session.
#[derive(Debug)]
pub(super) struct AnswerStore {
    host: String,
    redactor: Redactor,
    state: Mutex<AnswerState>,
}

#[derive(Debug, Default)]
struct AnswerState {
    /// The last failure.
    failure: Option<Failure>,
    results: HashMap<RequestId, Result<Value, Failure>>,
    /// The latest request; a stream that is resumed has its answer.
    awaited: Option<AwaitedRequest>,
    is_unprocessed: bool,
}

impl AnswerStore {
    pub(super) fn new(host: &str, redactor: Redactor) -> Self {
        Self { host: host.to_owned(), redactor, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, AnswerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a failure, for [`AnswerStore::take_failure`].
    pub(super) fn record(&self, failure: impl Into<Failure>) -> RecordedFailure {
        self.lock().failure = Some(failure.into());
        RecordedFailure
    }

    pub(super) fn take_failure(&self) -> Option<Failure> {
        self.lock().failure.take()
    }

    /// Reports whether a response was longer than the hub accepts.
    pub(super) fn is_too_large(&self) -> bool {
        self.lock().failure.as_ref().is_some_and(|failure| failure.class == "too_large")
    }

    /// Takes the result of a request, as its server wrote it.
    pub(super) fn take_result(&self, id: &RequestId) -> Option<Result<Value, Failure>> {
        self.lock().results.remove(id)
    }

    pub(super) fn set_awaited(&self, request: Option<&AwaitedRequest>) {
        self.lock().awaited = request.cloned();
    }

    pub(super) fn awaited(&self) -> Option<AwaitedRequest> {
        self.lock().awaited.clone()
    }

    /// Records that the server refused a request without having processed it.
    pub(super) fn mark_unprocessed(&self) {
        self.lock().is_unprocessed = true;
    }

    pub(super) fn is_unprocessed(&self) -> bool {
        self.lock().is_unprocessed
    }

    /// Reads the body of an answer. Whatever id it has, it is about the request that it answers.
    pub(super) fn read_body(&self, request: &AwaitedRequest, body: Value) -> Result<ServerJsonRpcMessage, Failure> {
        let answers = read_messages(body).into_iter().filter_map(|message| match message {
            ServerMessage::Answer(answer) => Some(answer),
            ServerMessage::Call(_) => None,
        });
        match <[Answer; 1]>::try_from(answers.collect::<Vec<_>>()) {
            Ok([answer]) => self.settle(request, answer),
            Err(_) => Err(not_mcp_json(&self.host)),
        }
    }

    /// Stores the failure of a request, and returns the message that ends it for rmcp.
    pub(super) fn fail(&self, request: &AwaitedRequest, failure: Failure) -> Result<String, RecordedFailure> {
        if request.kind.is_handshake() {
            return Err(self.record(failure));
        }
        self.lock().results.insert(request.id.clone(), Err(failure));
        let message = ServerJsonRpcMessage::response(ServerResult::empty(()), request.id.clone());
        Ok(serde_json::to_string(&message).unwrap_or_default())
    }

    /// Stores an answer, and returns it in the types of rmcp.
    pub(super) fn settle(&self, request: &AwaitedRequest, answer: Answer) -> Result<ServerJsonRpcMessage, Failure> {
        let result = match answer.result {
            Ok(result) => result,
            Err(error) => {
                if UNPROCESSED.contains(&error.code) {
                    self.mark_unprocessed();
                }
                return Ok(ServerJsonRpcMessage::error(error, Some(request.id.clone())));
            }
        };
        let typed = request.kind.typed_result(&result).ok_or_else(|| not_mcp_json(&self.host))?;
        if !request.kind.is_handshake() {
            self.lock().results.insert(request.id.clone(), Ok(result));
        }
        Ok(ServerJsonRpcMessage::response(typed, request.id.clone()))
    }

    /// Builds the failure of an answer that is not JSON.
    pub(super) fn invalid_json(&self, fault: &InvalidJson) -> Failure {
        not_json(&self.host, &fault.excerpt(&self.redactor))
    }
}
