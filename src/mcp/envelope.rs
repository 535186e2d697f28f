//! The envelope of a message: JSON-RPC 2.0, one message a request.

use std::borrow::Cow;

use http::StatusCode;
use rmcp::model::ErrorCode;
use serde::Deserialize;
use serde_json::Value;

use super::refusal::Refusal;

/// The parts of a message that decide who may send it.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Id of a request; null for a notification or a response.
    pub(super) id: Value,
    /// Method; `None` for a response.
    pub(super) method: Option<String>,
}

#[derive(Deserialize)]
struct EnvelopeMembers<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
}

impl Envelope {
    /// Reads the envelope of a body.
    ///
    /// # Errors
    /// Refuses what is not JSON, batches, and messages of another version of JSON-RPC.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let not_json = || {
            let message = "The body is not JSON. Send one JSON-RPC message.";
            Refusal::message(StatusCode::BAD_REQUEST, ErrorCode::PARSE_ERROR, Value::Null, message)
        };
        std::str::from_utf8(body).map_err(|_| not_json())?;
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refusal::invalid_request(Value::Null, "Batches are not accepted. Send one message a request."));
        }
        let mut members = match serde_json::from_slice::<EnvelopeMembers<'_>>(body) {
            Ok(members) => members,
            Err(error) if error.is_data() => {
                return Err(Refusal::invalid_request(Value::Null, "The body is not a JSON-RPC message."));
            }
            Err(_) => return Err(not_json()),
        };
        // other kinds of value are no ids, and are not repeated in an answer
        if !(members.id.is_string() || members.id.is_i64() || members.id.is_u64()) {
            members.id = Value::Null;
        }
        if members.jsonrpc.as_deref() != Some("2.0") {
            return Err(Refusal::invalid_request(members.id, "The member “jsonrpc” of a message is “2.0”."));
        }
        Ok(Self { id: members.id, method: members.method.map(Cow::into_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::Envelope;
    use crate::mcp::refusal::Refusal;

    fn code(body: &str) -> i32 {
        match Envelope::parse(body.as_bytes()) {
            Err(Refusal::Message { code, .. }) => code.0,
            _ => 0,
        }
    }

    #[test]
    fn broken_messages_have_the_code_of_their_fault() {
        assert_eq!(code("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\":"), -32700);
        assert_eq!(code("nothing"), -32700);
        assert_eq!(code(""), -32700);
        let not_text =
            Envelope::parse(b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\", \"params\": \"\xff\"}");
        assert!(matches!(not_text, Err(Refusal::Message { code, .. }) if code.0 == -32700));
        let odd_id = Envelope::parse(b"{\"jsonrpc\": \"2.0\", \"id\": {\"a\": 1}, \"method\": \"ping\"}");
        assert!(odd_id.is_ok_and(|envelope| envelope.id.is_null()));
        assert_eq!(code(" [{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}]"), -32600);
        assert_eq!(code("\"text\""), -32600);
        assert_eq!(code("{\"id\": 1, \"method\": \"ping\"}"), -32600);
        assert_eq!(code("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": 7}"), -32600);
        assert_eq!(code("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}"), 0);
    }
}
