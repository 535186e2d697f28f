//! Values of a structured result that are not as its output schema says.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::pointer::{child, unescape};
use crate::foreign_text::clean_name;
use crate::schema_form::Validator;

/// Most characters of a name in a sentence.
const MAX_NAME_LENGTH: usize = 80;

/// A value that is not as the schema says.
#[derive(Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// A sentence for people.
    pub sentence: String,
    /// JSON Pointer of the value in the stored result, if there is such a value.
    pub pointer: Option<String>,
}

/// Compares a structured result with its schema. A schema that the hub cannot use finds nothing.
pub(super) fn find(schema: &Value, value: Option<&Value>) -> Vec<SchemaFault> {
    let validator = Validator::compile(schema);
    if validator.unusable_reason().is_some() {
        return Vec::new();
    }
    let Some(value) = value.filter(|value| !value.is_null()) else {
        let sentence = "The schema describes structured values, but the result has none.".to_owned();
        return vec![SchemaFault { sentence, pointer: None }];
    };
    validator.errors(value).unwrap_or_default().iter().map(explain).collect()
}

fn explain(error: &ValidationError<'_>) -> SchemaFault {
    let place = format!("/structuredContent{}", error.instance_path().as_str());
    if let Kind::Required { property } = error.kind() {
        let name = property.as_str().unwrap_or_default();
        let sentence = format!("{} is missing.", name_of(&child(&place, name)));
        return SchemaFault { sentence, pointer: Some(place) };
    }
    let it = name_of(&place);
    let sentence = match error.kind() {
        Kind::Type { .. } => format!("{it} should be {}.", type_words(error)),
        Kind::Enum { .. } | Kind::Constant { .. } => format!("{it} is none of the values that the schema lists."),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names: Vec<_> = unexpected.iter().take(5).map(|name| quote(name)).collect();
            format!("The schema does not have {}.", names.join(", "))
        }
        Kind::Minimum { limit } => format!("{it} should be {limit} or more."),
        Kind::Maximum { limit } => format!("{it} should be {limit} or less."),
        Kind::MinLength { limit } => format!("{it} should have {limit} characters or more."),
        Kind::MaxLength { limit } => format!("{it} should have {limit} characters or fewer."),
        Kind::MinItems { limit } => format!("{it} should have {limit} items or more."),
        Kind::MaxItems { limit } => format!("{it} should have {limit} items or fewer."),
        _ => format!("{it} is not as the schema says."),
    };
    SchemaFault { sentence, pointer: Some(place) }
}

/// Names a value by its key, with the item that has it.
fn name_of(pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(2).map(unescape).collect::<Vec<_>>();
    let index = |step: &String| step.parse::<usize>().ok().map(|index| index + 1);
    let Some(last) = steps.pop() else { return "The whole result".to_owned() };
    match (index(&last), steps.iter().rev().find_map(index)) {
        (Some(item), _) => format!("Item {item}"),
        (None, Some(item)) => format!("{} of item {item}", quote(&last)),
        (None, None) => quote(&last),
    }
}

fn quote(name: &str) -> String {
    format!("“{}”", clean_name(name).chars().take(MAX_NAME_LENGTH).collect::<String>())
}

/// Returns the expected types in words. The crate offers them in its message only.
fn type_words(error: &ValidationError<'_>) -> String {
    let text = error.masked().to_string();
    let types = text.rsplit(" is not of type").next().unwrap_or_default();
    let words = types.split('"').skip(1).step_by(2).map(|name| match name {
        "string" => "a text",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "yes or no",
        "array" => "a list",
        "object" => "a group of values",
        "null" => "empty",
        _ => "another type",
    });
    words.collect::<Vec<_>>().join(" or ")
}
