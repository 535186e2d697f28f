//! References of a schema: where `$ref` leads, by `$id`, anchor or JSON Pointer, and which references leave the schema.
//!
//! Only places that hold schemas are visited. A member named `$ref` in an example, a default or a constant is data.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::names::step;

/// The base of a schema without `$id`. No document has this address.
const DEFAULT_BASE: &str = "json-schema:///";

/// Addresses of the dialects themselves, which every validator knows.
const DIALECTS: [&str; 2] = ["http://json-schema.org/draft-", "https://json-schema.org/draft/"];

/// Keywords that hold one schema. `items` may also hold a list.
const SINGLE: [&str; 12] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that hold a list of schemas.
const LISTS: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];

/// Keywords that hold schemas by name.
pub(super) const MAPS: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// A reference, and the base that it is relative to.
struct Reference<'a> {
    /// JSON Pointer of the schema that has it.
    pointer: String,
    keyword: &'static str,
    target: &'a str,
    base: Url,
}

/// The parts of a schema that references can name.
#[derive(Default)]
struct Index<'a> {
    id_keyword: &'static str,
    /// JSON Pointers by address, without fragment.
    resources: HashMap<String, String>,
    /// JSON Pointers by address and anchor.
    anchors: HashMap<String, String>,
    references: Vec<Reference<'a>>,
    /// JSON Pointers of the schemas with an address of their own.
    named: Vec<String>,
}

/// Returns the first reference that leads outside of the schema. The hub does not fetch schemas.
#[must_use]
pub fn foreign_reference(schema: &Value) -> Option<&str> {
    let index = Index::new(schema);
    index.references.iter().find(|reference| index.is_foreign(reference)).map(|reference| reference.target)
}

/// Returns the schema with each `$ref` as a JSON Pointer from its root, if the schema holds what the reference names. No part has
/// an address then: the pointers would be relative to it.
pub(super) fn with_local_references(schema: &Value) -> Cow<'_, Value> {
    let index = Index::new(schema);
    let rewrite = |reference: &Reference<'_>| {
        let local = format!("#{}", index.locate(reference)?);
        (reference.keyword == "$ref" && local != reference.target).then(|| (reference.pointer.clone(), local))
    };
    let rewritten: Vec<_> = index.references.iter().filter_map(rewrite).collect();
    let mut schema = Cow::Borrowed(schema);
    for (pointer, local) in rewritten {
        if let Some(Value::Object(holder)) = schema.to_mut().pointer_mut(&pointer) {
            holder.insert("$ref".to_owned(), local.into());
        }
    }
    for pointer in &index.named {
        if let Some(Value::Object(holder)) = schema.to_mut().pointer_mut(pointer) {
            holder.shift_remove(index.id_keyword);
        }
    }
    schema
}

impl<'a> Index<'a> {
    fn new(schema: &'a Value) -> Self {
        let dialect = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
        let id_keyword = if dialect.contains("draft-04") { "id" } else { "$id" };
        let mut index = Self { id_keyword, ..Self::default() };
        if let Ok(base) = Url::parse(DEFAULT_BASE) {
            index.resources.insert(base.to_string(), String::new());
            index.visit(schema, "", &base);
        }
        index
    }

    fn visit(&mut self, schema: &'a Value, pointer: &str, base: &Url) {
        let Some(object) = schema.as_object() else { return };
        let base = self.enter(object, pointer, base);
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(Value::String(target)) = object.get(keyword) {
                let pointer = pointer.to_owned();
                self.references.push(Reference { pointer, keyword, target, base: base.clone() });
            }
        }
        for (path, inner) in subschemas(object) {
            self.visit(inner, &format!("{pointer}{path}"), &base);
        }
    }

    /// Records the names of a schema. Returns the base of the references in it.
    fn enter(&mut self, object: &Map<String, Value>, pointer: &str, base: &Url) -> Url {
        let text = |keyword: &str| object.get(keyword).and_then(Value::as_str);
        let mut base = base.clone();
        let mut anchors = Vec::from([text("$anchor"), text("$dynamicAnchor")]);
        match text(self.id_keyword) {
            // older drafts wrote an anchor so
            Some(id) if id.starts_with('#') => anchors.push(id.strip_prefix('#')),
            Some(id) => {
                base = base.join(id).unwrap_or(base);
                base.set_fragment(None);
                self.named.push(pointer.to_owned());
                self.resources.insert(base.to_string(), pointer.to_owned());
            }
            None => {}
        }
        for anchor in anchors.into_iter().flatten() {
            self.anchors.insert(format!("{base}#{anchor}"), pointer.to_owned());
        }
        base
    }

    /// Returns the JSON Pointer of what a reference names, if the schema holds it.
    fn locate(&self, reference: &Reference<'_>) -> Option<String> {
        let address = reference.base.join(reference.target).ok()?;
        let resource = self.resources.get(document(&address).as_str())?;
        match address.fragment().unwrap_or_default() {
            "" => Some(resource.clone()),
            path if path.starts_with('/') => {
                Some(format!("{resource}{}", percent_decode_str(path).decode_utf8().ok()?))
            }
            _ => self.anchors.get(address.as_str()).cloned(),
        }
    }

    fn is_foreign(&self, reference: &Reference<'_>) -> bool {
        let Ok(address) = reference.base.join(reference.target) else { return true };
        let document = document(&address);
        let is_dialect = DIALECTS.iter().any(|dialect| document.as_str().starts_with(dialect));
        !is_dialect && !self.resources.contains_key(document.as_str())
    }
}

fn document(address: &Url) -> Url {
    let mut document = address.clone();
    document.set_fragment(None);
    document
}

/// Returns the schemas directly inside of a schema, each with its path.
fn subschemas(object: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (keyword, value) in object {
        let is = |keywords: &[&str]| keywords.contains(&keyword.as_str());
        match value {
            Value::Object(named) if is(&MAPS) => {
                found.extend(named.iter().map(|(name, inner)| (format!("/{keyword}/{}", step(name)), inner)));
            }
            Value::Object(_) if is(&SINGLE) => found.push((format!("/{keyword}"), value)),
            Value::Array(items) if is(&LISTS) => {
                found.extend(items.iter().enumerate().map(|(at, inner)| (format!("/{keyword}/{at}"), inner)));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{foreign_reference, with_local_references};
    use serde_json::{Value, json};

    /// Returns the schema in which all references are local.
    fn local(schema: &Value) -> Value {
        with_local_references(schema).into_owned()
    }

    #[test]
    fn a_reference_to_another_document_is_found_at_any_depth() {
        let schema = json!({ "properties": { "x": { "anyOf": [{ "$ref": "https://example.com/s.json" }] } } });
        assert_eq!(foreign_reference(&schema), Some("https://example.com/s.json"));
        for foreign in ["other.json", "other.json#/$defs/a", "urn:x:y"] {
            assert_eq!(foreign_reference(&json!({ "items": { "$ref": foreign } })), Some(foreign));
        }
        for own in ["#/$defs/a", "#anchor", "#", "http://json-schema.org/draft-07/schema#"] {
            assert_eq!(foreign_reference(&json!({ "$ref": own })), None, "{own}");
        }
    }

    #[test]
    fn a_member_named_like_a_reference_is_data_outside_of_schemas() {
        let data = json!({ "schema": { "$ref": "./pet.yaml" } });
        for keyword in ["examples", "default", "enum", "const", "x-anything"] {
            let schema = json!({ "properties": { "spec": { keyword: [data] } } });
            assert_eq!(foreign_reference(&schema), None, "{keyword}");
        }
        let named = json!({ "properties": { "default": { "$ref": "a.json" }, "$ref": { "type": "string" } } });
        assert_eq!(foreign_reference(&named), Some("a.json"), "a property may be named like a keyword");
    }

    #[test]
    fn a_name_inside_of_the_schema_becomes_a_pointer() {
        let tree = |reference: &str| {
            json!({ "properties": { "tree": {
                "$id": "T0", "$anchor": "top", "$defs": { "a b": {} },
                "properties": { "nodes": { "items": { "$ref": reference } } } } } })
        };
        let found = |reference: &str| {
            let schema = local(&tree(reference));
            schema.pointer("/properties/tree/properties/nodes/items/$ref").unwrap().as_str().unwrap().to_owned()
        };
        assert_eq!(foreign_reference(&tree("T0")), None);
        for reference in ["T0", "#", "#top", "T0#top"] {
            assert_eq!(found(reference), "#/properties/tree", "{reference}");
        }
        assert_eq!(found("#/$defs/a%20b"), "#/properties/tree/$defs/a b");
        assert_eq!(found("#nowhere"), "#nowhere", "what leads nowhere stays");
        let named = json!({ "$id": "https://x.test/tool.json", "$defs": { "a": {} },
                            "properties": { "a": { "$ref": "tool.json#/$defs/a" } } });
        assert_eq!(local(&named)["properties"]["a"]["$ref"], "#/$defs/a");
    }

    #[test]
    fn older_drafts_name_their_parts_in_other_ways() {
        let four = json!({ "$schema": "http://json-schema.org/draft-04/schema#", "definitions": { "a": { "id": "a" } },
                           "properties": { "a": { "$ref": "a" } } });
        assert_eq!(local(&four)["properties"]["a"]["$ref"], "#/definitions/a");
        let seven = json!({ "definitions": { "a": { "$id": "#a" } }, "properties": { "a": { "$ref": "#a" } } });
        assert_eq!(local(&seven)["properties"]["a"]["$ref"], "#/definitions/a");
    }
}
