//! The compiled schema of a tool.

use jsonschema::{Draft, ValidationError};
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
    let built = build_validator(schema, schema);
    built.map_err(|error| match error.instance_path().as_str() {
        "" => cut(&error.to_string()),
        place => format!("{}, at {}", cut(&error.to_string()), cut(place)),
    })
}

/// Builds the validator of a schema, in the dialect that `root` names.
pub(super) fn build_validator<'s>(
    schema: &'s Value,
    root: &Value,
) -> std::result::Result<jsonschema::Validator, Box<ValidationError<'s>>> {
    let options = || jsonschema::options().should_validate_formats(true);
    let with = |draft: Draft, schema: &Value| {
        options().with_draft(draft).build(schema).map_err(|error| Box::new(error.to_owned()))
    };
    match root.get("$schema") {
        // a dialect that the hub does not know mostly adds words to 2020-12
        Some(_) if Draft::default().detect(root) == Draft::Unknown => {
            let mut schema = schema.clone();
            schema.as_object_mut().map(|members| members.shift_remove("$schema"));
            with(Draft::Draft202012, &schema)
        }
        Some(_) => with(Draft::default().detect(root), schema),
        // draft 4 wrote exclusive limits in another way, and many generators still do
        None => with(Draft::Draft202012, schema).or_else(|error| with(Draft::Draft4, schema).map_err(|_| error)),
    }
}
