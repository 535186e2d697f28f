//! The plan of a form, compiled from the schema alone.

use serde_json::Value;

use super::builder::Builder;
use super::encoded_bytes::has_encoded_bytes;
use super::entries::Entries;
use super::field::{Control, Field};
use super::field_place::Source;
use super::references::with_local_references;
use super::resolve::resolve;
use super::validator::{Validator, in_known_dialect};

/// The arguments of a tool as a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The reason why the form is one text area with JSON, as a sentence without its full stop.
    pub why_json: Option<String>,
    /// The reason why the hub cannot use the schema, as a sentence without its full stop. Only the tool's server can then
    /// judge the input.
    pub unusable_reason: Option<String>,
    /// An example of the whole input.
    pub(super) example: Option<Value>,
    /// The schema, with local references.
    pub(super) schema: Value,
}

impl Plan {
    /// Compiles the plan of a schema. If the hub cannot use the schema, the form is one text area with JSON.
    #[must_use]
    pub fn compile(schema: &Value) -> Self {
        Self::with_validator(schema, &Validator::compile(schema))
    }

    /// Compiles the plan of a schema that is compiled for validation already.
    pub(super) fn with_validator(schema: &Value, validator: &Validator) -> Self {
        if let Some(reason) = validator.unusable_reason() {
            let why_json = Some("Enter the input as a JSON object. The server checks it".to_owned());
            let unusable_reason = Some(reason.to_owned());
            return Self { why_json, unusable_reason, example: None, schema: schema.clone() };
        }
        let mut plan = Self::outline(schema);
        plan.find_examples(validator);
        plan
    }

    /// Compiles the plan of a schema without its examples, and without a check of the schema.
    pub(super) fn outline(schema: &Value) -> Self {
        let schema = in_known_dialect(with_local_references(schema)).into_owned();
        let mut plan = Self { why_json: None, unusable_reason: None, example: None, schema };
        plan.why_json = plan.find_why_json();
        plan
    }

    /// Returns the reason why no fields can show the input.
    fn find_why_json(&self) -> Option<String> {
        let Some(object) = resolve(&self.schema, &self.schema) else {
            return Some("The tool’s input has a form that JSON shows best".to_owned());
        };
        if object.get("type").is_some_and(|kind| kind != "object") {
            return Some("The tool does not take named values".to_owned());
        }
        match Builder::new(&self.schema, &mut Entries::default()).root_control() {
            Control::Group(_) | Control::Union(_) => None,
            Control::Json(why) => Some(why.to_owned()),
            _ => Some("The tool’s input has a form that JSON shows best".to_owned()),
        }
    }

    /// Reports whether the form takes files.
    #[must_use]
    pub fn takes_files(&self) -> bool {
        has_encoded_bytes(&self.schema)
    }

    /// Builds the field of the whole input for the contents of a form.
    #[must_use]
    pub fn root(&self, entries: &Entries) -> Field {
        Builder::new(&self.schema, &mut entries.clone()).root(Source::Entries)
    }

    /// Returns the fields of the blank form in the order of the page.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let root = self.root(&Entries::blank(self));
        let all = root.all();
        all.into_iter().skip(1).cloned().collect()
    }

    /// Builds the field of the whole input, and returns the contents with the defaults of a branch that is shown for the first
    /// time.
    pub(super) fn root_with_defaults(&self, entries: &Entries) -> (Field, Entries) {
        let mut entries = entries.clone();
        let root = Builder::new(&self.schema, &mut entries).root(Source::Entries);
        (root, entries)
    }
}
