//! Checks the result of a tool against the output schema that the list of tools shows.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use crate::assistants::WireSchema;
use crate::schema_form::Validator;

/// Returns a result that a client accepts. Clients drop a result whose structured part is absent or not as the output schema
/// says. It is sent as a result with an error instead, which says that the tool has run, and has its content as text.
pub(super) fn check(result: CallToolResult, output_schema: Option<&Value>) -> CallToolResult {
    let listed = output_schema.cloned().and_then(WireSchema::from_output);
    let Some(WireSchema { schema, .. }) = listed.filter(|_| result.is_error != Some(true)) else { return result };
    match find_fault(&Value::Object(schema), result.structured_content.as_ref()) {
        Some(fault) => with_fault(result, &fault),
        None => result,
    }
}

/// Returns the first fault of a structured result. A schema that the hub cannot use has none.
fn find_fault(schema: &Value, structured: Option<&Value>) -> Option<String> {
    let Some(structured) = structured else { return Some("it has no structured part".to_owned()) };
    let validator = Validator::compile(schema);
    let fault = validator.errors(structured)?.into_iter().next()?;
    let place = fault.instance_path().to_string();
    Some(if place.is_empty() { "its structured part does not fit".to_owned() } else { format!("{place} does not fit") })
}

fn with_fault(mut result: CallToolResult, fault: &str) -> CallToolResult {
    let text = format!(
        "The tool has run, and its result is not as its output schema says: {fault}. Look before you repeat the call. \
         The result follows."
    );
    if let Some(structured) = result.structured_content.take().filter(|_| result.content.is_empty()) {
        result.content.push(ContentBlock::text(structured.to_string()));
    }
    result.content.insert(0, ContentBlock::text(text));
    result.is_error = Some(true);
    result
}

#[cfg(test)]
mod tests {
    use super::check;
    use rmcp::model::{CallToolResult, ContentBlock};
    use serde_json::{Value, json};

    fn result(structured: Option<Value>) -> CallToolResult {
        let mut result = CallToolResult::success(vec![ContentBlock::text("found")]);
        result.structured_content = structured;
        result
    }

    #[test]
    fn only_a_result_that_fits_is_a_success() {
        let schema =
            json!({ "type": "object", "properties": { "count": { "type": "integer" } }, "required": ["count"] });
        let checked = |structured| check(result(structured), Some(&schema));
        assert_eq!(checked(Some(json!({ "count": 7 }))).is_error, Some(false));
        for (structured, fault) in [
            (None, "no structured part"),
            (Some(json!({})), "structured part does not fit"),
            (Some(json!({ "count": "7" })), "/count"),
        ] {
            let refused = checked(structured);
            assert_eq!((refused.is_error, refused.structured_content.is_none()), (Some(true), true));
            let texts = serde_json::to_value(&refused.content).unwrap().to_string();
            assert!(texts.contains(fault) && texts.contains("found"), "{texts}");
        }
    }

    #[test]
    fn a_tool_without_a_listed_schema_and_a_failed_call_are_left_as_they_are() {
        for schema in [None, Some(json!({ "type": "string" }))] {
            assert_eq!(check(result(None), schema.as_ref()).is_error, Some(false));
        }
        let failed = CallToolResult::error(vec![ContentBlock::text("no")]);
        assert_eq!(check(failed, Some(&json!({ "type": "object" }))).content.len(), 1);
    }
}
