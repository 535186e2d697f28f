//! Compilation of a plan: a check of the schema, and of the defaults and examples in it.

use serde_json::Value;

use super::check::Validator;
use super::defaults::remove_unfit_defaults;
use super::plan::{Plan, Root};

impl Plan {
    /// Compiles the plan of a schema. If the hub cannot use the schema, the form is one text area with JSON.
    #[must_use]
    pub fn compile(schema: &Value) -> Self {
        let validator = Validator::compile(schema);
        if let Some(reason) = validator.unusable_reason() {
            let root = Root::Json("Enter the input as a JSON object. The server checks it".to_owned());
            let unusable_reason = Some(reason.to_owned());
            return Self { root, is_open: false, unusable_reason, example: None, schema: schema.clone() };
        }
        let mut plan = Self::outline(schema);
        if let Root::Fields(fields) = &mut plan.root {
            remove_unfit_defaults(fields, &validator);
        }
        plan.find_examples(&validator);
        plan
    }
}
