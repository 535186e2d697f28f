//! Schemas as generators of tool servers write them, put together at random, and contents for their forms.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A text to type, and the value that the form sends for it.
#[derive(Clone, Debug)]
pub(super) struct TypedText {
    pub(super) text: &'static str,
    pub(super) value: Value,
}

/// A kind of value: its schema, a default that fits, and something to type.
#[derive(Clone, Debug)]
struct Kind {
    schema: Value,
    default: Value,
    typed: TypedText,
}

/// A generated property.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) schema: Value,
    pub(super) is_required: bool,
    pub(super) typed: TypedText,
    /// The properties inside, if it is an object with fields.
    pub(super) inner: Vec<Property>,
}

/// A schema with properties `p0`, `p1` …, which are described.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) schema: Value,
    pub(super) properties: Vec<Property>,
}

fn kind() -> impl Strategy<Value = Kind> {
    let kind = |schema: Value, default: Value, text: &'static str, value: Value| Kind {
        schema,
        default,
        typed: TypedText { text, value },
    };
    select(vec![
        kind(json!({ "type": "string" }), json!("some"), "hello", json!("hello")),
        kind(json!({ "type": "string", "maxLength": 500 }), json!("a\nb"), "x\r\ny", json!("x\ny")),
        kind(json!({ "type": "string", "format": "date" }), json!("2026-11-24"), "2020-02-29", json!("2020-02-29")),
        kind(
            json!({ "type": "string", "format": "time" }),
            json!("08:30:00Z"),
            "17:05:30+02:00",
            json!("17:05:30+02:00"),
        ),
        kind(json!({ "type": "string", "format": "duration" }), json!("P3DT4H"), "PT90M", json!("PT90M")),
        kind(json!({ "type": "string", "format": "byte" }), json!("aGkKeW91"), "x\r\ny", json!("eAp5")),
        kind(
            json!({ "type": "string", "contentEncoding": "base64url", "contentMediaType": "text/plain" }),
            json!("aGk"),
            "ü?",
            json!("w7w_"),
        ),
        kind(json!({ "type": "string", "format": "email" }), json!("a@b.example"), "c@d.example", json!("c@d.example")),
        kind(json!({ "type": "integer" }), json!(10), "7", json!(7)),
        kind(json!({ "type": "number" }), json!(0.5), "1.50", serde_json::from_str("1.50").unwrap()),
        kind(json!({ "type": "boolean" }), json!(false), "true", json!(true)),
        kind(json!({ "enum": ["a", "b", 3] }), json!("b"), "2", json!(3)),
        kind(json!({ "enum": [1, 2, 3, 4, 5, 6, 7, 8] }), json!(2), "7", json!(8)),
        kind(json!({ "type": "array", "items": { "type": "string" } }), json!(["x"]), "a\r\nb", json!(["a", "b"])),
        kind(json!({ "type": "array", "items": { "type": "integer" } }), json!([]), "1\r\n2", json!([1, 2])),
    ])
}

/// Values of every kind, which fit some schemas and not others.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(10),
        serde_json::from_str("1.50").unwrap(),
        json!(""),
        json!("10"),
        json!("a"),
        json!("two\nlines"),
        json!(" spaces "),
        json!("2026-11-24"),
        json!("2026-02-30"),
        json!("08:30:00.5-03:30"),
        json!("23:59:60Z"),
        json!("08:30"),
        json!("PT0060S"),
        json!("3 days"),
        json!("aGkKeW91"),
        json!("aGk"),
        json!("AP8-"),
        json!("ü@bücher.example"),
        json!("old\rmac"),
        json!([]),
        json!(["a", "b"]),
        json!(["a\nb"]),
        json!([1, 2]),
        json!({}),
        json!({ "p0": "a" }),
        json!({ "p1": 10, "unknown": null }),
    ])
}

/// Makes the schema accept null, in one of the ways that generators use.
fn nullable(schema: Value, way: u8) -> Value {
    match (way, schema.get("type").cloned()) {
        (0, Some(kind)) => {
            let mut schema = schema;
            schema["type"] = json!([kind, "null"]);
            schema
        }
        (1, _) => json!({ "oneOf": [{ "type": "null" }, schema] }),
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// Writes a schema in one of the ways that mean the same.
fn spelled(schema: Value, way: u8) -> Value {
    match way {
        0 => json!({ "$ref": "#/$defs/used", "title": "Beside", "$defs": { "used": schema } }),
        1 => json!({ "allOf": [schema], "title": "Beside" }),
        2 => json!({ "allOf": [{}, schema, { "description": "Further" }] }),
        _ => schema,
    }
}

/// Marks the schema as that of a secret, in one of two ways.
fn secret(mut schema: Value, way: u8) -> Value {
    match way {
        0 => schema["writeOnly"] = json!(true),
        1 if schema.get("format").is_none() => schema["format"] = json!("password"),
        _ => {}
    }
    schema
}

fn leaf() -> impl Strategy<Value = Property> {
    let default = prop_oneof![Just(None), Just(Some(None)), any_value().prop_map(|value| Some(Some(value)))];
    let ways = (0_u8..6, 0_u8..6, 0_u8..4, 0_u8..4);
    (kind(), default, ways, any::<bool>()).prop_map(|(kind, default, (null, spelling, place, secrecy), is_required)| {
        let inner = secret(kind.schema, secrecy);
        let inner = if null < 3 { nullable(inner, null) } else { inner };
        let mut schema = spelled(inner, spelling);
        if let (Some(default), Value::Object(members)) = (default, &mut schema) {
            let default = default.unwrap_or(kind.default);
            // beside the reference, or a null default that nobody wrote for this kind
            members.insert("default".to_owned(), if place == 0 { Value::Null } else { default });
        }
        Property { schema, is_required, typed: kind.typed, inner: Vec::new() }
    })
}

fn object(properties: &[Property]) -> Value {
    let names = (0..).map(|at| format!("p{at}"));
    let described: Map<_, _> = names.zip(properties).map(|(name, property)| (name, property.schema.clone())).collect();
    let required: Vec<_> = (0..)
        .zip(properties)
        .filter(|(_, property)| property.is_required)
        .map(|(at, _): (usize, _)| format!("p{at}"))
        .collect();
    json!({ "type": "object", "properties": described, "required": required })
}

fn group() -> impl Strategy<Value = Property> {
    (proptest::collection::vec(leaf(), 1..4), 0_u8..8, any::<bool>(), any::<bool>()).prop_map(
        |(inner, null, has_null_default, is_required)| {
            // everything inside of a secret object is secret
            let mut schema = secret(object(&inner), if null == 7 { 0 } else { 2 });
            if null < 3 {
                schema = nullable(schema, null);
                if has_null_default {
                    schema["default"] = Value::Null;
                }
            }
            Property { schema, is_required, typed: inner[0].typed.clone(), inner }
        },
    )
}

/// Moves the definitions of the properties to the root, so that references find them.
fn with_definitions_at_root(mut schema: Value) -> Value {
    let mut definitions = Map::new();
    collect(&mut schema, &mut definitions);
    schema["$defs"] = Value::Object(definitions);
    schema
}

fn collect(node: &mut Value, definitions: &mut Map<String, Value>) {
    if let Value::Object(members) = node
        && let Some(Value::Object(mut own)) = members.remove("$defs")
    {
        let name = format!("used{}", definitions.len());
        definitions.insert(name.clone(), own["used"].take());
        members.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
    }
    match node {
        Value::Object(members) => members.values_mut().for_each(|inner| collect(inner, definitions)),
        Value::Array(items) => items.iter_mut().for_each(|inner| collect(inner, definitions)),
        _ => {}
    }
}

/// Generates schemas of one to five properties.
pub(super) fn schema() -> impl Strategy<Value = Generated> {
    let property = prop_oneof![3 => leaf().boxed(), 1 => group().boxed()];
    proptest::collection::vec(property, 1..6)
        .prop_map(|properties| Generated { schema: with_definitions_at_root(object(&properties)), properties })
}
