//! Validation against the whole schema, including what a plan does not know: patterns, conditions, branches.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use serde_json::Value;

use super::UNUSABLE_SCHEMA_ADVICE;
use super::names::{label, plain};
use super::plan::Plan;
use super::resolve::remote;
use crate::error::{Error, FieldFaults, Result};

/// Maximum number of reported faults.
const MAX_FAULTS: usize = 20;

/// A compiled schema.
#[derive(Debug)]
pub struct Validator {
    compiled: jsonschema::Validator,
    schema: Value,
}

impl Validator {
    /// Compiles a schema, with draft 2020-12 unless it names another draft.
    ///
    /// # Errors
    /// Returns [`Error::Conflict`] with a sentence if the schema is invalid, or refers to another server.
    pub fn compile(schema: &Value) -> Result<Self> {
        if let Some(reference) = remote(schema) {
            return Err(Error::conflict(
                format!("The tool’s schema refers to {}, outside of itself", plain(reference)),
                UNUSABLE_SCHEMA_ADVICE,
            ));
        }
        let known = schema.get("$schema").is_some();
        let options = jsonschema::options().should_validate_formats(true);
        let options = if known { options } else { options.with_draft(Draft::Draft202012) };
        let compiled = options.build(schema).map_err(|error| {
            let cause: String = plain(&error.to_string()).chars().take(300).collect();
            Error::conflict(format!("The tool’s schema cannot be used: {cause}"), UNUSABLE_SCHEMA_ADVICE)
        })?;
        Ok(Self { compiled, schema: schema.clone() })
    }

    /// Validates a value.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault.
    pub fn check(&self, value: &Value) -> Result<()> {
        if self.compiled.is_valid(value) {
            return Ok(());
        }
        let plan = Plan::compile(&self.schema).ok();
        let mut faults = FieldFaults::default();
        for error in self.compiled.iter_errors(value).take(MAX_FAULTS) {
            let (pointer, message) = explain(&error, plan.as_ref());
            faults.add(pointer, message);
        }
        if faults.is_empty() {
            faults.add("", "The input does not fit the tool’s schema: compare it with the tool’s description");
        }
        faults.into_result(())
    }
}

/// Returns the pointer of the fault, and a sentence about it.
fn explain(error: &ValidationError<'_>, plan: Option<&Plan>) -> (String, String) {
    let pointer = error.instance_path().as_str().to_owned();
    if let Kind::Required { property } = error.kind() {
        let name = property.as_str().unwrap_or_default();
        let pointer = format!("{pointer}/{}", super::names::step(name));
        let called = label_at(&pointer, plan);
        return (pointer, format!("Enter {called}"));
    }
    let it = label_at(&pointer, plan);
    let message = match error.kind() {
        Kind::MinLength { limit } => format!("{it} must be {limit} characters or more"),
        Kind::MaxLength { limit } => format!("{it} must be {limit} characters or fewer"),
        Kind::Minimum { limit } => format!("{it} must be {limit} or more"),
        Kind::Maximum { limit } => format!("{it} must be {limit} or less"),
        Kind::ExclusiveMinimum { limit } => format!("{it} must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{it} must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{it} must be a multiple of {multiple_of}"),
        Kind::MinItems { limit } => format!("{it} must have {limit} items or more"),
        Kind::MaxItems { limit } => format!("{it} must have {limit} items or fewer"),
        Kind::UniqueItems => format!("{it} has the same item twice"),
        Kind::Enum { .. } | Kind::Constant { .. } => format!("{it} must be one of the values that are offered"),
        Kind::Format { format } => format!("{it} must be {}", format_words(format)),
        Kind::Pattern { pattern } => format!("{it} must match the pattern {}", cut(pattern)),
        Kind::BacktrackLimitExceeded { .. } => format!("{it} takes too long to check against the tool’s pattern"),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("The tool does not take {}", cut(&unexpected.join(", ")))
        }
        Kind::Type { .. } => format!("{it} must be {}", kind_words(error)),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => format!("{it} is none of the kinds that the tool takes"),
        Kind::OneOfMultipleValid { .. } => format!("{it} is more than one of the kinds that the tool takes"),
        Kind::Not { .. } | Kind::FalseSchema => format!("{it} is not accepted in this combination"),
        // the message quotes no value: it may be a secret
        _ => format!("{it}: {}", cut(&error.masked().to_string())),
    };
    (pointer, message)
}

fn kind_words(error: &ValidationError<'_>) -> String {
    let text = error.masked().to_string();
    let kind = text.rsplit(" is not of type ").next().unwrap_or_default().replace('"', "");
    format!("of type {}", cut(&kind))
}

/// Returns the label of the field at a pointer.
fn label_at(pointer: &str, plan: Option<&Plan>) -> String {
    let field = plan.and_then(|plan| plan.fields().find(|field| field.pointer == pointer));
    match (field, pointer.rsplit('/').next()) {
        (Some(field), _) => field.label.clone(),
        (None, Some("") | None) => "The input".to_owned(),
        (None, Some(last)) => match last.parse::<usize>() {
            Ok(index) => format!("Item {}", index + 1),
            Err(_) => label(&last.replace("~1", "/").replace("~0", "~")),
        },
    }
}

fn format_words(format: &str) -> &str {
    match format {
        "date" => "a date, such as 2026-11-24",
        "time" => "a time, such as 08:30:00Z",
        "date-time" => "a moment, such as 2026-11-24T08:30:00Z",
        "duration" => "a duration, such as P3DT4H",
        "email" | "idn-email" => "an e-mail address, such as name@example.com",
        "uri" | "iri" => "a whole URL, such as https://example.com",
        "uuid" => "a UUID",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "hostname" | "idn-hostname" => "a host name",
        other => other,
    }
}

fn cut(text: &str) -> String {
    plain(text).chars().take(200).collect()
}
