//! Validation against the whole schema, including what a plan does not know: patterns, conditions, branches.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use serde_json::Value;

use super::field::Field;
use super::json_parts::type_words;
use super::names::plain;
use super::plan::Plan;
use super::references::foreign_reference;
use crate::error::{Error, FieldFaults, Message, Result};

/// Maximum number of reported faults.
const MAX_FAULTS: usize = 20;

/// Maximum length of a schema in bytes.
const MAX_SCHEMA_BYTES: usize = 256 * 1024;

/// A compiled schema. If the hub cannot use the schema, only the tool's server can judge the input.
#[derive(Debug)]
pub struct Validator {
    /// The compiled schema, or the reason why the hub cannot use it.
    compiled: std::result::Result<jsonschema::Validator, String>,
    schema: Value,
}

impl Validator {
    /// Compiles a schema, with draft 2020-12 unless it names another draft.
    #[must_use]
    pub fn compile(schema: &Value) -> Self {
        Self { compiled: compile(schema), schema: schema.clone() }
    }

    /// Returns the reason why the hub cannot use the schema, as a sentence without its full stop.
    #[must_use]
    pub fn unusable_reason(&self) -> Option<&str> {
        self.compiled.as_ref().err().map(String::as_str)
    }

    /// Validates a value. With a schema that the hub cannot use, every object is valid.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault.
    pub fn check(&self, value: &Value) -> Result<()> {
        let compiled = match &self.compiled {
            Ok(compiled) => compiled,
            Err(_) if value.is_object() => return Ok(()),
            Err(_) => return Err(Error::field("", "The input must be an object: put it in braces")),
        };
        if compiled.is_valid(value) {
            return Ok(());
        }
        let plan = Plan::outline(&self.schema);
        let mut faults = FieldFaults::default();
        for error in compiled.iter_errors(value).take(MAX_FAULTS) {
            let (pointer, message) = explain(&error, &plan);
            faults.add(pointer, message);
        }
        if faults.is_empty() {
            faults.add("", "The input does not fit the tool’s schema: compare it with the tool’s description");
        }
        faults.into_result(())
    }

    /// Reports whether the part of `value` at the pointer is valid. Faults elsewhere, such as missing values, do not count.
    pub(super) fn accepts_at(&self, value: &Value, pointer: &str) -> bool {
        let Ok(compiled) = &self.compiled else { return false };
        let is_inside = |error: ValidationError<'_>| {
            let rest = error.instance_path().as_str().strip_prefix(pointer).map(str::to_owned);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !compiled.iter_errors(value).any(is_inside)
    }
}

/// Compiles a schema. Returns a sentence without its full stop if the hub cannot use the schema.
fn compile(schema: &Value) -> std::result::Result<jsonschema::Validator, String> {
    if let Some(reference) = foreign_reference(schema) {
        return Err(format!("It refers to {}, outside of itself, and the hub fetches no schemas", cut(reference)));
    }
    if schema.to_string().len() > MAX_SCHEMA_BYTES {
        return Err("It is longer than 256 kB".to_owned());
    }
    let options = || jsonschema::options().should_validate_formats(true);
    let with = |draft: Draft, schema: &Value| options().with_draft(draft).build(schema);
    let built = match schema.get("$schema") {
        // a dialect that the hub does not know mostly adds words to 2020-12
        Some(_) if Draft::default().detect(schema) == Draft::Unknown => {
            let mut schema = schema.clone();
            schema.as_object_mut().map(|members| members.shift_remove("$schema"));
            with(Draft::Draft202012, &schema)
        }
        Some(_) => options().build(schema),
        // draft 4 wrote exclusive limits in another way, and many generators still do
        None => with(Draft::Draft202012, schema).or_else(|error| with(Draft::Draft4, schema).map_err(|_| error)),
    };
    built.map_err(|error| match error.instance_path().as_str() {
        "" => cut(&error.to_string()),
        place => format!("{}, at {}", cut(&error.to_string()), cut(place)),
    })
}

/// Returns the pointer of the fault, and a sentence about it. What only a programmer reads is its detail.
fn explain(error: &ValidationError<'_>, plan: &Plan) -> (String, Message) {
    let pointer = error.instance_path().as_str().to_owned();
    if let Kind::Required { property } = error.kind() {
        let name = property.as_str().unwrap_or_default();
        let pointer = format!("{pointer}/{}", super::names::step(name));
        let field = plan.fields().find(|field| field.pointer == pointer);
        let is_missing = || format!("{} is missing", label_at(&pointer, plan));
        let message = field.map_or_else(is_missing, Field::missing_message);
        return (pointer, message.into());
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
        Kind::MinProperties { limit } => format!("{it} must have {limit} names or more"),
        Kind::MaxProperties { limit } => format!("{it} must have {limit} names or fewer"),
        Kind::Contains => format!("{it} lacks an item that the tool requires"),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            format!("{it} has more items than the tool takes")
        }
        Kind::UniqueItems => format!("{it} has the same item twice"),
        Kind::Enum { .. } | Kind::Constant { .. } => format!("{it} must be one of the values that are offered"),
        Kind::Format { format } => format!("{it} must be {}", format_words(format)),
        Kind::Pattern { pattern: regex } => {
            let message = Message::from(format!("{it} is not written as the tool expects"));
            return (pointer, message.with_detail(format!("Pattern: {}", cut(regex))));
        }
        Kind::BacktrackLimitExceeded { .. } => format!("{it} takes too long to check against the tool’s pattern"),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("The tool does not take {}", cut(&unexpected.join(", ")))
        }
        Kind::Type { .. } => format!("{it} must be {}", kind_words(error)),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => format!("{it} is none of the kinds that the tool takes"),
        Kind::OneOfMultipleValid { .. } => format!("{it} is more than one of the kinds that the tool takes"),
        Kind::Not { .. } | Kind::FalseSchema => format!("{it} is not accepted in this combination"),
        // the detail quotes no value: it may be a secret
        _ => {
            let message = Message::from(format!("{it} does not fit the tool’s schema"));
            return (pointer, message.with_detail(cut(&error.masked().to_string())));
        }
    };
    (pointer, message.into())
}

fn kind_words(error: &ValidationError<'_>) -> String {
    let text = error.masked().to_string();
    let kinds = text.rsplit(" is not of type").next().unwrap_or_default();
    let kinds: Vec<_> = kinds.split('"').skip(1).step_by(2).map(|kind| cut(type_words(kind))).collect();
    kinds.join(", or ")
}

/// Returns the label of the field at a pointer. Inside of JSON it is the name as it stands there, with the item that has it.
fn label_at(pointer: &str, plan: &Plan) -> String {
    if let Some(field) = plan.fields().find(|field| field.pointer == pointer) {
        return field.label.clone();
    }
    let mut steps = pointer.rsplit('/');
    let index = |step: &str| step.parse::<usize>().ok().map(|index| index + 1);
    match steps.next() {
        Some("") | None => "The input".to_owned(),
        Some(last) => match (index(last), steps.find_map(index)) {
            (Some(item), _) => format!("Item {item}"),
            (None, item) => {
                let name = cut(&last.replace("~1", "/").replace("~0", "~"));
                item.map_or(format!("“{name}”"), |item| format!("“{name}” of item {item}"))
            }
        },
    }
}

fn format_words(format: &str) -> &str {
    match format {
        "date" => "a date, such as 2026-11-28",
        "time" => "a time, such as 08:30:00Z",
        "date-time" => "a date and a time, such as 2026-11-28T08:30:00Z",
        "duration" => "a duration, such as P3DT4H",
        "email" | "idn-email" => "an email address, such as name@example.com",
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
