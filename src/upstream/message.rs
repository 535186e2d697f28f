//! Messages of JSON-RPC as servers write them. Members that mean nothing are ignored, and an error without a message is told by
//! its other members.

use rmcp::model::{ErrorCode, ErrorData, RequestId};
use serde_json::Value;

/// A message of a server.
#[derive(Debug, PartialEq)]
pub(super) enum ServerMessage {
    /// The answer to a request.
    Answer(Answer),
    /// A notification, or a request of the server.
    Call(Value),
}

/// The answer to a request.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// The request; `None` if the server does not say which.
    pub(super) id: Option<RequestId>,
    /// The result as it came, or the error.
    pub(super) result: Result<Value, ErrorData>,
}

impl Answer {
    /// Reports whether it can be the answer to this request: it names the request, or none.
    pub(super) fn can_answer(&self, request: &RequestId) -> bool {
        self.id.as_ref().is_none_or(|id| id == request || id.to_string() == request.to_string())
    }
}

/// Reads the messages of a body or an event: a message, or a list of them. Skips what is no message.
pub(super) fn read_messages(value: Value) -> Vec<ServerMessage> {
    match value {
        Value::Array(items) => items.into_iter().filter_map(read_message).collect(),
        other => read_message(other).into_iter().collect(),
    }
}

fn read_message(value: Value) -> Option<ServerMessage> {
    let Value::Object(mut message) = value else { return None };
    let error = message.remove("error");
    let result = message.remove("result");
    let id = message.get("id").and_then(read_id);
    if message.get("method").is_some_and(Value::is_string) {
        if id.is_none() {
            message.remove("id");
        }
        message.retain(|_, member| !member.is_null());
        message.insert("jsonrpc".to_owned(), "2.0".into());
        return Some(ServerMessage::Call(Value::Object(message)));
    }
    let result = match (result, error) {
        (Some(result), None) => Ok(result),
        (Some(result), Some(error)) if is_nothing(&error) => Ok(result),
        (None | Some(Value::Null), Some(error)) => Err(read_error(error)),
        // with both, the message has two meanings
        (Some(_), Some(_)) | (None, None) => return None,
    };
    Some(ServerMessage::Answer(Answer { id, result }))
}

/// Reads an id. `None` for one that no request of the hub can have.
fn read_id(id: &Value) -> Option<RequestId> {
    match id {
        Value::Number(number) => number.as_i64().map(RequestId::Number),
        Value::String(text) => Some(RequestId::String(text.as_str().into())),
        _ => None,
    }
}

/// Reports whether a member says the same as its absence.
fn is_nothing(member: &Value) -> bool {
    match member {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn read_error(error: Value) -> ErrorData {
    let code = error.get("code").and_then(read_code).map_or(ErrorCode::INTERNAL_ERROR, ErrorCode);
    let text = |member: &Value| member.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let message = text(&error).or_else(|| error.get("message").and_then(text));
    let message = message.or_else(|| error.get("data").and_then(text)).unwrap_or_else(|| error.to_string());
    let data = match error {
        Value::Object(mut members) => members.remove("data").filter(|data| !data.is_null()),
        _ => None,
    };
    ErrorData::new(code, message, data)
}

fn read_code(code: &Value) -> Option<i32> {
    match code {
        Value::Number(number) => {
            let text = number.to_string();
            // some languages write whole numbers with a fraction of zero
            let whole = text.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'));
            whole.map_or(text.as_str(), |(whole, _)| whole).parse().ok()
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Reports whether a body of an HTTP error is an error of JSON-RPC, not one of a web framework that looks alike.
pub(super) fn is_json_rpc_error(body: &Value) -> bool {
    let body = body.get(0).unwrap_or(body);
    body.get("jsonrpc").is_some() || body.pointer("/error/code").and_then(read_code).is_some()
}

#[cfg(test)]
mod tests {
    use super::{ServerMessage, is_json_rpc_error, read_messages};
    use rmcp::model::RequestId;
    use serde_json::{Value, json};

    /// The code and the message of an error.
    type CodeAndMessage = (i32, String);

    /// Reads an answer: its id, and its result or its error.
    fn answer(message: Value) -> Option<(Option<RequestId>, Result<Value, CodeAndMessage>)> {
        match read_messages(message).pop()? {
            ServerMessage::Answer(answer) => {
                Some((answer.id, answer.result.map_err(|error| (error.code.0, error.message.into_owned()))))
            }
            ServerMessage::Call(_) => None,
        }
    }

    #[test]
    fn members_that_say_nothing_are_ignored() {
        let one = Some(RequestId::Number(1));
        for error in [json!(null), json!(false), json!(""), json!({}), json!([])] {
            let message = json!({"id": 1, "result": {"a": 1}, "error": error});
            assert_eq!(answer(message), Some((one.clone(), Ok(json!({"a": 1})))));
        }
        assert_eq!(answer(json!([{"jsonrpc": "2.0", "id": 1, "result": 5}])), Some((one.clone(), Ok(json!(5)))));
        assert_eq!(answer(json!({"id": 1, "result": null})), Some((one, Ok(Value::Null))));
    }

    #[test]
    fn an_error_is_told_by_what_the_server_said() {
        let read = |error: Value| answer(json!({"id": null, "result": null, "error": error})).unwrap().1.unwrap_err();
        assert_eq!(read(json!({"code": "-32602", "data": "which one"})), (-32602, "which one".to_owned()));
        assert_eq!(
            read(json!({"code": -32602.0, "message": " "})),
            (-32602, r#"{"code":-32602.0,"message":" "}"#.to_owned())
        );
        assert_eq!(read(json!({"reason": "full"})), (-32603, r#"{"reason":"full"}"#.to_owned()));
        assert_eq!(read(json!("no")), (-32603, "no".to_owned()));
        assert_eq!(
            read(json!({"code": -1, "message": null, "data": {"a": 1}})).1,
            r#"{"code":-1,"message":null,"data":{"a":1}}"#
        );
    }

    #[test]
    fn a_message_with_two_meanings_or_none_is_no_answer() {
        for message in [json!({"id": 1, "result": 1, "error": {"code": 1}}), json!({"hello": 1}), json!([]), json!("x")]
        {
            assert_eq!(answer(message.clone()), None, "{message}");
        }
    }

    #[test]
    fn ids_match_by_their_text() {
        for (id, is_match) in
            [(json!(7), true), (json!("7"), true), (json!(null), true), (json!({}), true), (json!(8), false)]
        {
            let Some(ServerMessage::Answer(answer)) = read_messages(json!({"id": id, "result": {}})).pop() else {
                panic!("no answer")
            };
            assert_eq!(answer.can_answer(&RequestId::Number(7)), is_match, "{id}");
        }
    }

    #[test]
    fn a_notification_loses_members_that_say_nothing() {
        let messages = read_messages(json!({"id": null, "method": "notifications/x", "params": null, "error": null}));
        assert_eq!(messages, [ServerMessage::Call(json!({"method": "notifications/x", "jsonrpc": "2.0"}))]);
    }

    #[test]
    fn the_error_of_a_web_framework_is_none_of_json_rpc() {
        assert!(!is_json_rpc_error(&json!({"error": "Not Found"})));
        assert!(!is_json_rpc_error(&json!({"error": {"code": "nope"}})));
        assert!(is_json_rpc_error(&json!({"error": {"code": -32000, "message": "Bad Request"}})));
        assert!(is_json_rpc_error(&json!({"jsonrpc": "2.0", "error": "x"})));
    }
}
