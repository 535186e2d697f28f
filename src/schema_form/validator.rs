//! The compiled schema of a tool.

use std::borrow::Cow;

use jsonschema::{Draft, ValidationError, ValidationOptions};
use serde_json::Value;

use super::names::cut;
use super::references::foreign_reference;

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

    /// Returns the faults of a value, as the validator reports them. `None` if the hub cannot use the schema.
    #[must_use]
    pub fn errors<'v>(&'v self, value: &'v Value) -> Option<Vec<ValidationError<'v>>> {
        let compiled = self.compiled.as_ref().ok()?;
        // the quick answer is the usual one
        if compiled.is_valid(value) {
            return Some(Vec::new());
        }
        Some(compiled.iter_errors(value).take(MAX_FAULTS).collect())
    }

    /// Returns the schema.
    pub(super) const fn schema(&self) -> &Value {
        &self.schema
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
    build_validator(schema).map_err(|error| match error.instance_path().as_str() {
        "" => cut(&error.to_string()),
        place => format!("{}, at {}", cut(&error.to_string()), cut(place)),
    })
}

/// Builds the validator of a schema, in the dialect that it names.
fn build_validator(schema: &Value) -> std::result::Result<jsonschema::Validator, Box<ValidationError<'static>>> {
    let schema = in_known_dialect(Cow::Borrowed(schema));
    let build = |draft: Draft| options(draft).build(&schema).map_err(Box::new);
    match drafts(&schema) {
        [draft, other] => build(*draft).or_else(|error| build(*other).map_err(|_| error)),
        [draft, ..] => build(*draft),
        [] => build(Draft::Draft202012),
    }
}

/// Returns a schema without the dialect that it names, if the hub does not know it. Such a dialect mostly adds words to 2020-12.
pub(super) fn in_known_dialect(mut schema: Cow<'_, Value>) -> Cow<'_, Value> {
    if schema.get("$schema").is_some() && Draft::default().detect(&schema) == Draft::Unknown {
        schema.to_mut().as_object_mut().map(|members| members.shift_remove("$schema"));
    }
    schema
}

/// Returns the options of all validators.
pub(super) fn options<'i>(draft: Draft) -> ValidationOptions<'i> {
    jsonschema::options().should_validate_formats(true).with_draft(draft)
}

/// Returns the drafts in which a schema is read: the second one if it is not valid in the first.
pub(super) fn drafts(schema: &Value) -> &'static [Draft] {
    match (schema.get("$schema"), Draft::default().detect(schema)) {
        // draft 4 wrote exclusive limits in another way, and many generators still do
        (None, _) => &[Draft::Draft202012, Draft::Draft4],
        (Some(_), Draft::Draft4) => &[Draft::Draft4],
        (Some(_), Draft::Draft6) => &[Draft::Draft6],
        (Some(_), Draft::Draft7) => &[Draft::Draft7],
        (Some(_), Draft::Draft201909) => &[Draft::Draft201909],
        _ => &[Draft::Draft202012],
    }
}
