//! The compiled forms of tools, kept for the next request.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::Value;

use super::plan::Plan;
use super::validator::Validator;
use crate::ids::ToolVersionId;

/// Most bytes of the schemas whose compiled forms are kept. A compiled form takes several times as much memory.
const MAX_SCHEMA_BYTES: u64 = 1024 * 1024;

/// The number of compiled forms for which the cache makes room at first.
const USUAL_FORMS: usize = 256;

/// The form of a tool, compiled from the schema of its input.
#[derive(Debug)]
pub struct CompiledForm {
    /// The plan of the fields.
    pub plan: Plan,
    /// Judges the input.
    pub validator: Validator,
    /// Length of the schema in bytes.
    schema_bytes: u64,
}

impl CompiledForm {
    /// Compiles the form of a schema.
    #[must_use]
    pub fn compile(schema: &Value) -> Self {
        let validator = Validator::compile(schema);
        let schema_bytes = schema.to_string().len() as u64;
        Self { plan: Plan::with_validator(schema, &validator), validator, schema_bytes }
    }
}

/// The compiled forms of the tools that were used last; cheap to clone. A tool version never changes, so a form is never stale.
#[derive(Clone, Debug)]
pub struct FormCache(Arc<Cache<ToolVersionId, Arc<CompiledForm>, SchemaSize>>);

impl Default for FormCache {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(USUAL_FORMS, MAX_SCHEMA_BYTES, SchemaSize)))
    }
}

impl FormCache {
    /// Returns the form of a tool version, whose schema is compiled if it was not used lately.
    #[must_use]
    pub fn get(&self, version: ToolVersionId, schema: &Value) -> Arc<CompiledForm> {
        if let Some(form) = self.0.get(&version) {
            return form;
        }
        let form = Arc::new(CompiledForm::compile(schema));
        self.0.insert(version, Arc::clone(&form));
        form
    }
}

/// Weighs a form by the length of its schema.
#[derive(Clone, Debug)]
struct SchemaSize;

impl Weighter<ToolVersionId, Arc<CompiledForm>> for SchemaSize {
    fn weight(&self, _: &ToolVersionId, form: &Arc<CompiledForm>) -> u64 {
        form.schema_bytes.max(1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::{Arc, FormCache, MAX_SCHEMA_BYTES};
    use crate::ids::ToolVersionId;

    #[test]
    fn a_form_is_compiled_once_and_the_kept_ones_are_bounded() {
        let forms = FormCache::default();
        let version = |_| ToolVersionId::new(OffsetDateTime::UNIX_EPOCH);
        let (first, schema) = (version(0), json!({ "properties": { "a": { "type": "string" } } }));
        let form = forms.get(first, &schema);
        assert!(Arc::ptr_eq(&form, &forms.get(first, &schema)));
        let long = json!({ "properties": { "a": { "type": "string", "description": "x".repeat(100_000) } } });
        for other in (1..=30).map(version) {
            assert!(forms.get(other, &long).validator.unusable_reason().is_none());
        }
        assert!(forms.0.weight() <= MAX_SCHEMA_BYTES, "{}", forms.0.weight());
    }
}
