//! Schemas of tools as assistants get them. MCP wants an object at the root and for each property, and many programs read
//! no other part of a schema that is `true` or `false`.
//!
//! A changed schema means the same. The hub judges a call by the schema of the server.

use std::fmt;

use serde_json::{Map, Value, json};

/// Keywords that hold one schema. `items` may also hold a list. Those of which every dialect accepts `true` and `false`, such
/// as `additionalProperties`, are in [`SWITCHES`].
const SINGLE: [&str; 8] = ["contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"];

/// Keywords that hold one schema, and in every dialect `true` or `false`. Programs look for these words.
const SWITCHES: [&str; 4] = ["additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"];

/// Keywords that hold a list of schemas.
const LISTS: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];

/// Keywords that hold schemas by name.
const MAPS: [&str; 6] = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// A schema that MCP allows, and what was changed for that.
#[derive(Clone, Debug, PartialEq)]
pub struct WireSchema {
    /// The schema, whose `type` is `object`.
    pub schema: Map<String, Value>,
    /// The changes, in the order of the schema.
    pub changes: Vec<SchemaChange>,
}

/// A change of a schema. It is shown as a part of a sentence, such as “/properties/a was true and is now {}”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaChange {
    /// The root was `true`, `false` or no schema.
    Root {
        /// The root as JSON.
        from: String,
    },
    /// The root had another `type`, or none.
    RootType {
        /// The type as JSON.
        from: Option<String>,
    },
    /// A part was `true` or `false`.
    Part {
        /// JSON Pointer of the part.
        pointer: String,
        /// The part that it was.
        accepts: bool,
    },
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { from } => write!(f, "it was {from} and is now an object"),
            Self::RootType { from: None } => f.write_str("it had no type and is now an object"),
            Self::RootType { from: Some(from) } => write!(f, "its type was {from} and is now \"object\""),
            Self::Part { pointer, accepts } => write!(f, "{pointer} was {accepts} and is now {}", object_for(*accepts)),
        }
    }
}

impl WireSchema {
    /// Makes the schema of a tool's input legal. Arguments are always an object, so its `type` is `object`.
    #[must_use]
    pub fn from_input(schema: Value) -> Self {
        let mut changes = Vec::new();
        let mut schema = match schema {
            Value::Object(schema) => with_object_type(schema, &mut changes),
            other => {
                changes.push(SchemaChange::Root { from: other.to_string() });
                let mut root = object_type();
                if other == Value::Bool(false) {
                    root.insert("not".to_owned(), json!({}));
                }
                root
            }
        };
        change_parts(&mut schema, "", &mut changes);
        Self { schema, changes }
    }

    /// Makes the schema of a structured result legal. `None` if the result is no object: MCP has no word for that schema.
    #[must_use]
    pub fn from_output(schema: Value) -> Option<Self> {
        let is_object = match &schema {
            Value::Object(schema) => schema.get("type").is_none_or(|it| it == "object"),
            other => *other == Value::Bool(true),
        };
        is_object.then(|| Self::from_input(schema))
    }
}

/// Returns the schema with the type `object`. Its other members keep their values and their order.
fn with_object_type(mut schema: Map<String, Value>, changes: &mut Vec<SchemaChange>) -> Map<String, Value> {
    match schema.get_mut("type") {
        Some(kind) if kind == "object" => schema,
        Some(kind) => {
            changes.push(SchemaChange::RootType { from: Some(kind.to_string()) });
            *kind = "object".into();
            schema
        }
        None => {
            changes.push(SchemaChange::RootType { from: None });
            let mut typed = object_type();
            typed.extend(schema);
            typed
        }
    }
}

fn object_type() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), "object".into())])
}

/// Returns the object that accepts what `true` or `false` accepts.
fn object_for(accepts: bool) -> Value {
    if accepts { json!({}) } else { json!({ "not": {} }) }
}

/// Replaces `true` and `false` inside of a schema. Values that are no schemas, such as examples, stay.
fn change_parts(schema: &mut Map<String, Value>, pointer: &str, changes: &mut Vec<SchemaChange>) {
    for (keyword, value) in schema {
        let is = |keywords: &[&str]| keywords.contains(&keyword.as_str());
        match value {
            Value::Object(named) if is(&MAPS) => {
                for (name, part) in named {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    change_part(part, format!("{pointer}/{keyword}/{name}"), changes);
                }
            }
            Value::Array(parts) if is(&LISTS) => {
                for (n, part) in parts.iter_mut().enumerate() {
                    change_part(part, format!("{pointer}/{keyword}/{n}"), changes);
                }
            }
            Value::Bool(_) if is(&SWITCHES) => {}
            part if is(&SINGLE) || is(&SWITCHES) => change_part(part, format!("{pointer}/{keyword}"), changes),
            _ => {}
        }
    }
}

fn change_part(part: &mut Value, pointer: String, changes: &mut Vec<SchemaChange>) {
    match part {
        Value::Bool(accepts) => {
            let accepts = *accepts;
            *part = object_for(accepts);
            changes.push(SchemaChange::Part { pointer, accepts });
        }
        Value::Object(schema) => change_parts(schema, &pointer, changes),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::WireSchema;
    use serde_json::{Value, json};

    /// Returns the schema as JSON text, which shows the order, and the changes in words.
    fn wire(schema: Value) -> (String, Vec<String>) {
        let WireSchema { schema, changes } = WireSchema::from_input(schema);
        (Value::Object(schema).to_string(), changes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_legal_schema_stays_as_it_is() {
        let text = r#"{"title":"B","type":"object","properties":{"b":{"const":true,"minimum":1.50},"a":{"enum":[true,false],"default":false,"examples":[true]}},"additionalProperties":false,"$defs":{"d":{"unevaluatedProperties":false,"additionalItems":true}},"required":["b"],"x-note":{"properties":{"c":true}}}"#;
        assert_eq!(wire(serde_json::from_str(text).unwrap()), (text.to_owned(), Vec::new()));
    }

    #[test]
    fn the_root_is_an_object() {
        let cases = [
            (json!(true), json!({"type": "object"}), "it was true and is now an object"),
            (json!(false), json!({"type": "object", "not": {}}), "it was false and is now an object"),
            (json!(null), json!({"type": "object"}), "it was null and is now an object"),
            (json!({}), json!({"type": "object"}), "it had no type and is now an object"),
            (
                json!({"properties": {}}),
                json!({"type": "object", "properties": {}}),
                "it had no type and is now an object",
            ),
            (
                json!({"title": "A", "type": ["object", "null"]}),
                json!({"title": "A", "type": "object"}),
                "its type was [\"object\",\"null\"] and is now \"object\"",
            ),
            (json!({"type": "string"}), json!({"type": "object"}), "its type was \"string\" and is now \"object\""),
        ];
        for (schema, legal, change) in cases {
            assert_eq!(wire(schema), (legal.to_string(), vec![change.to_owned()]));
        }
    }

    #[test]
    fn true_and_false_become_objects_wherever_a_schema_stands() {
        for keyword in super::SINGLE {
            let inner = json!({"type": "object", keyword: {keyword: true}});
            let (text, changes) = wire(inner);
            assert_eq!(text, json!({"type": "object", keyword: {keyword: {}}}).to_string());
            assert_eq!(changes, [format!("/{keyword}/{keyword} was true and is now {{}}")]);
        }
        for keyword in super::LISTS {
            let (text, changes) = wire(json!({"type": "object", keyword: [{}, false]}));
            assert_eq!(text, json!({"type": "object", keyword: [{}, {"not": {}}]}).to_string());
            assert_eq!(changes, [format!("/{keyword}/1 was false and is now {{\"not\":{{}}}}")]);
        }
        for keyword in super::MAPS {
            let (text, changes) = wire(json!({"type": "object", keyword: {"a/b": true, "properties": ["c"]}}));
            assert_eq!(text, json!({"type": "object", keyword: {"a/b": {}, "properties": ["c"]}}).to_string());
            assert_eq!(changes, [format!("/{keyword}/a~1b was true and is now {{}}")]);
        }
        for keyword in super::SWITCHES {
            let (text, changes) = wire(json!({"type": "object", keyword: {"not": false}}));
            assert_eq!(text, json!({"type": "object", keyword: {"not": {"not": {}}}}).to_string());
            assert_eq!(changes.len(), 1, "a schema below {keyword} is changed");
        }
    }

    #[test]
    fn the_changed_schema_accepts_the_same_objects() {
        let schema = json!({
            "properties": { "any": true, "none": false, "list": { "prefixItems": [true, false] } },
            "anyOf": [true, false],
            "additionalProperties": false
        });
        let WireSchema { schema: legal, .. } = WireSchema::from_input(schema.clone());
        let (before, after) =
            (jsonschema::validator_for(&schema).unwrap(), jsonschema::validator_for(&Value::Object(legal)).unwrap());
        for (value, fits) in [
            (json!({}), true),
            (json!({ "any": [1], "list": [1] }), true),
            (json!({ "none": 1 }), false),
            (json!({ "list": [1, 2] }), false),
            (json!({ "other": 1 }), false),
        ] {
            assert_eq!((before.is_valid(&value), after.is_valid(&value)), (fits, fits), "{value}");
        }
    }

    #[test]
    fn the_schema_of_a_result_that_is_no_object_is_left_out() {
        assert!(WireSchema::from_output(json!({ "type": "array" })).is_none());
        assert!(WireSchema::from_output(json!(false)).is_none());
        let open = WireSchema::from_output(json!({ "properties": { "a": true } })).unwrap();
        assert_eq!(open.changes.len(), 2);
    }
}
