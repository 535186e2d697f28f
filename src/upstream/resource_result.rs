//! The contents of a resource, as the result of a tool that embeds them: pages show both alike.

use serde_json::{Map, Value, json};

use super::tool_result::refused_kind;
use super::{CallOutcome, Target};
use crate::egress::Failure;

/// Reads the result of `resources/read` for the resource at `uri`.
pub(super) fn read(target: &Target, uri: &str, result: Value) -> CallOutcome {
    let Value::Object(mut result) = result else { return without_contents(target) };
    if let Some(failure) = refused_kind(target, &result) {
        return CallOutcome::from_failure(failure, true);
    }
    let contents = match result.remove("contents") {
        Some(Value::Array(contents)) => contents,
        Some(content @ Value::Object(_)) => vec![content],
        _ => return without_contents(target),
    };
    let blocks: Vec<_> = contents.into_iter().map(|content| block(content, uri)).collect();
    CallOutcome::Ok(json!({ "content": blocks }))
}

/// Returns a part of the contents as an embedded resource. A part that names no address has that of the whole.
fn block(content: Value, uri: &str) -> Value {
    let Value::Object(content) = content else { return content };
    let mut resource = Map::from_iter([("uri".to_owned(), Value::from(uri))]);
    resource.extend(content.into_iter().filter(|(name, value)| name != "uri" || value.is_string()));
    json!({ "type": "resource", "resource": resource })
}

fn without_contents(target: &Target) -> CallOutcome {
    let message = format!("{} answered without the contents of the resource", target.name());
    let failure = Failure::permanent("not_mcp", message).with_advice("Ask the server’s operator");
    CallOutcome::from_failure(failure, true)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::secret::Redactor;
    use crate::upstream::{CallOutcome, Target};
    use serde_json::{Value, json};

    fn outcome(result: Value) -> CallOutcome {
        let target = Target::Mcp {
            server: url::Url::parse("https://a.test/mcp").unwrap().into(),
            credential: None,
            arguments: Redactor::default(),
        };
        read(&target, "demo://a", result)
    }

    #[test]
    fn contents_are_embedded_as_they_came() {
        let (text, blob) = (json!({"uri": "demo://a/1", "text": "x"}), json!({"uri": "demo://a/2", "blob": "aGk="}));
        let block = |resource: &Value| json!({"type": "resource", "resource": resource});
        let read = outcome(json!({"resultType": "complete", "_meta": {"a": 1}, "contents": [text, blob]}));
        assert_eq!(read, CallOutcome::Ok(json!({"content": [block(&text), block(&blob)]})));
        assert_eq!(outcome(json!({"contents": text})), CallOutcome::Ok(json!({"content": [block(&text)]})));
        assert_eq!(outcome(json!({"contents": []})), CallOutcome::Ok(json!({"content": []})));
    }

    #[test]
    fn contents_without_an_address_have_that_of_the_resource() {
        for odd in [json!({"text": "x"}), json!({"uri": null, "text": "x"}), json!({"text": "x", "uri": 5})] {
            let expected = json!({"type": "resource", "resource": {"uri": "demo://a", "text": "x"}});
            assert_eq!(outcome(json!({"contents": [odd]})), CallOutcome::Ok(json!({"content": [expected]})));
        }
        assert_eq!(outcome(json!({"contents": ["odd"]})), CallOutcome::Ok(json!({"content": ["odd"]})));
    }

    #[test]
    fn a_result_without_contents_is_a_failure() {
        for result in [json!(null), json!({}), json!({"contents": "x"}), json!({"resultType": "task"})] {
            assert!(matches!(outcome(result.clone()), CallOutcome::Permanent { .. }), "{result}");
        }
    }
}
