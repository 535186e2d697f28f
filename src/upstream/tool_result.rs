//! The result of a tool, as its server wrote it: odd details stay in it, and cost no call that had its effect.

use serde_json::{Map, Value, json};

use super::{CallOutcome, Target};
use crate::egress::{Failure, quote};

/// Maximum number of characters that a message quotes of a server's result type.
const MAX_KIND: usize = 40;

/// Reads the result of `tools/call`.
pub(super) fn read(target: &Target, result: Value) -> CallOutcome {
    let mut result = with_content(result);
    if let Some(failure) = refused_kind(target, &result) {
        return CallOutcome::from_failure(failure, true);
    }
    let has_failed = match result.get("isError") {
        Some(Value::Bool(has_failed)) => *has_failed,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    // protocol framing, not part of the tool's result
    result.remove("resultType");
    result.remove("_meta");
    let result = Value::Object(result);
    if has_failed { CallOutcome::ToolError(result) } else { CallOutcome::Ok(result) }
}

/// Returns a result whose content is a list of blocks. A block that is not in a list is a list of one, and text is a block.
fn with_content(result: Value) -> Map<String, Value> {
    let mut result = match result {
        Value::Object(result) => result,
        Value::Null => Map::new(),
        other => return Map::from_iter([("content".to_owned(), json!([])), ("structuredContent".to_owned(), other)]),
    };
    let blocks = match result.remove("content") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(blocks)) => blocks,
        Some(block) => vec![block],
    };
    let blocks = blocks.into_iter().map(|block| match block {
        Value::String(text) => json!({"type": "text", "text": text}),
        other => other,
    });
    // content stands first, as servers write it
    let mut ordered = Map::from_iter([("content".to_owned(), Value::Array(blocks.collect()))]);
    ordered.extend(result);
    ordered
}

/// Explains a result that is not complete, by its type.
pub(super) fn refused_kind(target: &Target, result: &Map<String, Value>) -> Option<Failure> {
    let name = target.name();
    let failure = match result.get("resultType")?.as_str()? {
        "complete" => return None,
        "input_required" => Failure::permanent(
            "input_required",
            format!("{name} asks for further input, which the hub does not support"),
        )
        .with_advice("Give the tool everything that it needs at once"),
        "task" => {
            Failure::permanent("task", format!("{name} turned the call into a task, which the hub did not request"))
                .with_advice("Ask the server’s operator")
        }
        other => {
            let kind = quote(&target.redact(other), MAX_KIND);
            Failure::permanent(
                "not_mcp",
                format!("{name} answered with a result of the type “{kind}”, which the hub does not know"),
            )
            .with_advice("Ask the server’s operator")
        }
    };
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::secret::Redactor;
    use crate::upstream::{CallOutcome, Target};
    use serde_json::{Value, json};

    fn outcome(result: Value) -> CallOutcome {
        read(
            &Target::Mcp {
                server: url::Url::parse("https://a.test/mcp").unwrap().into(),
                credential: None,
                arguments: Redactor::default(),
            },
            result,
        )
    }

    #[test]
    fn a_result_is_shown_as_it_came() {
        let blocks = json!([{"type": "text", "text": "kept", "annotations": {"audience": ["system"]}}, {"type": "video"}, 5, null]);
        let came = json!({"content": blocks, "structuredContent": [1.50], "extra": true, "isError": null});
        assert_eq!(outcome(came.clone()), CallOutcome::Ok(came));
        let framed = json!({"resultType": "complete", "_meta": {"a": 1}, "content": []});
        assert_eq!(outcome(framed), CallOutcome::Ok(json!({"content": []})));
    }

    #[test]
    fn content_that_is_no_list_is_understood() {
        let block = json!({"type": "text", "text": "a"});
        for content in [block.clone(), json!([block]), json!("a"), json!(["a"])] {
            assert_eq!(outcome(json!({ "content": content })), CallOutcome::Ok(json!({"content": [block]})));
        }
        for empty in [json!({}), json!(null), json!({"content": null})] {
            assert_eq!(outcome(empty), CallOutcome::Ok(json!({"content": []})));
        }
        assert_eq!(outcome(json!(7)), CallOutcome::Ok(json!({"content": [], "structuredContent": 7})));
    }

    #[test]
    fn an_error_of_a_tool_is_one_in_any_spelling() {
        for is_error in [json!(true), json!("true"), json!("True")] {
            assert!(matches!(outcome(json!({"content": [], "isError": is_error})), CallOutcome::ToolError(_)));
        }
    }

    #[test]
    fn results_of_other_types_are_refused_by_name() {
        for (kind, class) in [("input_required", "input_required"), ("task", "task"), ("partial", "not_mcp")] {
            let ended = outcome(json!({"resultType": kind, "content": []}));
            assert!(matches!(ended, CallOutcome::Permanent { class: found, .. } if found == class), "{ended:?}");
        }
        assert!(matches!(outcome(json!({"resultType": 5, "content": []})), CallOutcome::Ok(_)));
    }
}
