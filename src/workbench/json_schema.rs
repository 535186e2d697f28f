//! Checks a value against a JSON Schema, inside the sandbox only. References to the network are not resolved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema_form::explain_json_error;

const MAX_PROBLEMS: usize = 100;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[schemars(
        title = "Schema",
        description = "A JSON Schema",
        length(max = 1_000_000),
        example = r#"{"type": "object", "required": ["name"], "properties": {"price": {"minimum": 0}}}"#
    )]
    pub(super) schema: String,
    #[schemars(
        title = "Value",
        description = "The JSON to check",
        length(max = 1_000_000),
        example = r#"{"name": "tea", "price": -1}"#
    )]
    pub(super) value: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "Fits the schema")]
    fits: bool,
    #[schemars(title = "Problems", description = "The first hundred, if there are that many")]
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Problem {
    #[schemars(title = "Where", description = "JSON Pointer into the value; empty for the value as a whole")]
    at: String,
    #[schemars(title = "What is wrong")]
    message: String,
}

pub(super) fn check(input: &Input) -> Result<Output, String> {
    let schema = parse("schema", &input.schema)?;
    let value = parse("value", &input.value)?;
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| format!("The schema cannot be used: {error:.300}"))?;
    let problems: Vec<_> = validator
        .iter_errors(&value)
        .take(MAX_PROBLEMS)
        .map(|error| Problem { at: error.instance_path().to_string(), message: format!("{error:.300}") })
        .collect();
    Ok(Output { fits: problems.is_empty(), problems })
}

fn parse(name: &str, json: &str) -> Result<Value, String> {
    serde_json::from_str(json).map_err(|error| format!("The {name} is not JSON. {}", explain_json_error(&error)))
}

#[cfg(test)]
mod tests {
    use super::{Input, check};

    fn problems(schema: &str, value: &str) -> Result<Vec<(String, String)>, String> {
        let output = check(&Input { schema: schema.to_owned(), value: value.to_owned() })?;
        assert_eq!(output.fits, output.problems.is_empty());
        Ok(output.problems.into_iter().map(|problem| (problem.at, problem.message)).collect())
    }

    #[test]
    fn each_problem_has_its_json_pointer() {
        let schema = r#"{"properties":{"age":{"type":"integer"},"mail":{"type":"string","format":"email"}},"required":["name"]}"#;
        assert_eq!(problems(schema, r#"{"name":"x","age":3}"#).unwrap(), []);
        let found = problems(schema, r#"{"age":"3","mail":"nobody"}"#).unwrap();
        let mut pointers: Vec<_> = found.iter().map(|(at, _)| at.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["", "/age", "/mail"]);
    }

    #[test]
    fn an_unreadable_schema_or_value_is_named() {
        assert!(problems("{", "1").unwrap_err().starts_with("The schema is not JSON"));
        assert!(problems("{}", "x").unwrap_err().starts_with("The value is not JSON"));
        assert!(problems(r#"{"type":"banana"}"#, "1").unwrap_err().starts_with("The schema cannot be used"));
        assert!(
            problems(r#"{"$ref":"https://example.com/s"}"#, "1").unwrap_err().starts_with("The schema cannot be used")
        );
    }
}
