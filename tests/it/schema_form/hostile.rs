//! Schemas and forms that somebody sends to hurt. The number of fields is bounded, the page says why a part is JSON, and what
//! is entered as JSON is still sent.

use craft::error::FieldFaults;
use craft::schema_form::{Control, Entries, FormView, Plan, parse, parse_as_shown};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::through_browser;

/// The largest page of a form, in bytes.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

fn deep(levels: usize) -> Value {
    (0..levels).fold(
        json!({ "type": "string" }),
        |inner, _| json!({ "type": "object", "required": ["x"], "properties": { "x": inner } }),
    )
}

fn wide(count: usize, schema: &Value) -> Value {
    let properties: serde_json::Map<_, _> = (0..count).map(|at| (format!("p{at}"), schema.clone())).collect();
    json!({ "type": "object", "properties": properties })
}

/// Returns hostile schemas, each with its name and an input.
fn hostile() -> Vec<(&'static str, Value, Value)> {
    let names: Vec<_> = (0..300).map(|at| format!("value {at}")).collect();
    let branches: Vec<_> =
        (0..300).map(|at| json!({ "properties": { format!("b{at}"): { "type": "string" } } })).collect();
    let big = wide(200, &json!({ "type": "string", "description": "x".repeat(100) }));
    let conditions: Vec<_> = (0..300)
        .map(|at| json!({ "if": { "properties": { "a": { "const": at } } }, "then": { "properties": { "b": { "minLength": 0 }, format!("c{at}"): {} } } }))
        .collect();
    let mut heavy = wide(900, &json!({ "$ref": "#/$defs/big" }));
    heavy["$defs"] = json!({ "big": big.clone() });
    let mut judged = wide(900, &json!({ "type": "array", "items": { "$ref": "#/$defs/big" }, "default": [] }));
    judged["$defs"] = json!({ "big": wide(3000, &json!({ "type": "string", "description": "x".repeat(20) })) });
    let fork = json!({ "type": "object", "required": ["l", "r"], "properties": { "l": { "$ref": "#/$defs/fork" }, "r": { "$ref": "#/$defs/fork" } } });
    vec![
        ("deep", deep(60), deep_value(60)),
        ("wide", wide(5000, &json!({ "type": "string" })), json!({ "p7": "a" })),
        ("heavy", heavy, json!({ "p7": { "p1": "a" } })),
        (
            "forked",
            json!({ "$defs": { "fork": fork }, "properties": { "root": { "$ref": "#/$defs/fork" } } }),
            json!({}),
        ),
        ("circle", json!({ "properties": { "a": { "$ref": "#/properties/a" } } }), json!({})),
        (
            "doubled",
            json!({ "$defs": { "d": { "allOf": [{ "$ref": "#/$defs/d" }, { "$ref": "#/$defs/d" }] } },
            "properties": { "a": { "$ref": "#/$defs/d" } } }),
            json!({}),
        ),
        (
            "many rows",
            json!({ "required": ["a"], "properties": { "a": { "type": "array", "minItems": 1_000_000_000_u64, "items": { "type": "object" } } } }),
            json!({}),
        ),
        ("long enum", json!({ "properties": { "a": { "enum": names } } }), json!({ "a": "value 299" })),
        (
            "branches of a large object",
            json!({ "$defs": { "big": big.clone() }, "properties": { "a": { "oneOf": branches, "type": "object", "properties": { "big": { "$ref": "#/$defs/big" } }, "minProperties": 1 } } }),
            json!({ "a": { "b299": "x", "big": { "p1": "a" } } }),
        ),
        ("defaults of a large schema", judged, json!({ "p7": [{ "p1": "a" }] })),
        ("conditions", json!({ "properties": { "a": {}, "b": {} }, "allOf": conditions }), json!({ "a": 7, "b": "x" })),
        ("branches", json!({ "properties": { "a": { "oneOf": branches } } }), json!({})),
        (
            "names",
            json!({ "properties": { "": { "type": "string" }, "~k0": { "type": "string" }, "a/b~": { "type": "string" }, "__proto__": { "type": "string" } },
            "additionalProperties": { "type": "string" } }),
            json!({ "": "1", "~k0": "2", "a/b~": "3", "__proto__": "4", "~k1": "5", "r": "6" }),
        ),
        (
            "pattern",
            json!({ "properties": { "a": { "type": "string", "pattern": "^(a+)+$" } }, "patternProperties": { "^(a+)+$": { "type": "string" } } }),
            json!({ "a": "aaa" }),
        ),
    ]
}

fn deep_value(levels: usize) -> Value {
    (0..levels).fold(json!("bottom"), |inner, _| json!({ "x": inner }))
}

#[test]
fn a_hostile_schema_is_a_bounded_form_and_its_values_are_kept() {
    for (name, schema, value) in hostile() {
        let plan = Plan::compile(&schema);
        for entries in [Entries::blank(&plan), Entries::from_value(&plan, &value), Entries::as_json(&plan, &value)] {
            let root = plan.root(&entries);
            assert!(root.all().len() <= 2000, "{name}: {} fields", root.all().len());
            let html = FormView::new(&plan, &entries, &FieldFaults::default()).to_string();
            assert!(html.len() < MAX_PAGE_BYTES, "{name}: {} bytes", html.len());
        }
        if value != json!({}) {
            let shown = through_browser(&plan, &Entries::from_value(&plan, &value));
            assert_eq!(parse(&plan, &shown).unwrap(), value, "{name}: {shown:?}");
        }
        let has_json = plan.why_json.is_some()
            || plan.root(&Entries::blank(&plan)).all().iter().any(|field| matches!(field.control, Control::Json(_)));
        let must_have = ["wide", "heavy", "circle", "doubled", "forked"].contains(&name);
        assert!(!must_have || has_json, "{name}: no part says that it is JSON");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // a browser sends it, or somebody who pretends to be one
    #[test]
    fn whatever_is_sent_to_a_form_that_nests_is_answered(
        pairs in proptest::collection::vec(("(v|on|n|j|r|k|b|w|t|z|d|s|q)(/(a|b|c|0|1|~k0|~k1|x)){0,4}", "[0-9]{1,3}|[a-c]{0,3}|\\[\\]|\\{\"x\": 1\\}|\\PC{0,6}|18446744073709551615"), 0..24),
        op in "(add|del|up|down|copy|pick|raw|form|refresh|filter):(/(a|b|c|0|1|~k0|x)){0,4}",
    ) {
        let item = json!({ "type": "object", "required": ["x"], "properties": { "x": { "type": "integer" }, "a": { "$ref": "#" } } });
        let schema = json!({ "type": "object", "properties": {
            "a": { "type": "array", "items": item },
            "b": { "oneOf": [{ "type": "string" }, { "type": "object", "properties": { "x": {}, "a": { "type": "array", "items": true } } }] },
            "c": { "type": "object", "additionalProperties": { "anyOf": [{ "type": "integer" }, { "type": "array", "items": { "type": "string", "format": "date" } }] } } } });
        let plan = Plan::compile(&schema);
        let with_op: Vec<_> = pairs.into_iter().chain([("op".to_owned(), op)]).collect();
        let entries = Entries::from_pairs(with_op);
        let edited = entries.edited(&plan).map_or(entries, |edited| edited.entries);
        for entries in [edited.clone(), through_browser(&plan, &edited)] {
            let _ = parse(&plan, &entries);
            prop_assert!(FormView::new(&plan, &entries, &FieldFaults::default()).to_string().len() < MAX_PAGE_BYTES);
        }
        // a page means the same when it is sent again
        if let (Ok(once), Ok(again)) = (parse(&plan, &edited), parse_as_shown(&plan, &through_browser(&plan, &edited))) {
            prop_assert_eq!(once, again);
        }
    }
}
