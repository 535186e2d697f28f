//! Patterns for the names of properties.

use serde_json::json;

/// Reports whether a name matches a pattern. A pattern that cannot be read matches: better a secret masked than
/// shown.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let schema = json!({ "pattern": pattern });
    jsonschema::validator_for(&schema).map_or(true, |validator| validator.is_valid(&name.into()))
}
