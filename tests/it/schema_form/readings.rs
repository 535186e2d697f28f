//! Unusual schemas: their meaning, and the forms of those that the hub cannot use.

use craft::schema_form::{Control, Entries, Op, Plan, Validator, parse, parse_as_shown};
use serde_json::{Value, json};

use super::through_browser;

/// Returns the value that a form sends if its fields are changed like this.
fn sent(schema: &Value, typed: &[(&str, &str)]) -> Value {
    let plan = Plan::compile(schema);
    let blank = through_browser(&plan, &Entries::blank(&plan));
    let is_typed = |name: &str| typed.iter().any(|(other, _)| *other == name);
    let others = blank.pairs().iter().filter(|(name, _)| !is_typed(name)).cloned();
    let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    parse(&plan, &Entries::from_pairs(others.chain(typed).collect())).unwrap()
}

fn labels(schema: &Value) -> Vec<String> {
    Plan::compile(schema).fields().iter().map(|field| field.label.clone()).collect()
}

#[test]
fn what_is_typed_or_chosen_wins_over_a_null_that_was_ticked_beforehand() {
    let optional = |inner: Value| json!({ "anyOf": [inner, { "type": "null" }], "default": null });
    let schema = json!({ "properties": {
        "text": optional(json!({ "type": "string" })),
        "number": optional(json!({ "type": "integer" })),
        "yes": optional(json!({ "type": "boolean" })),
        "pick": optional(json!({ "enum": ["a", "b"] })),
        "list": optional(json!({ "type": "array", "items": { "type": "string" } })),
        "set": optional(json!({ "type": "array", "items": { "enum": ["x", "y"] }, "uniqueItems": true })),
        "group": optional(json!({ "type": "object", "properties": { "x": { "type": "string" } } })),
        "map": optional(json!({ "type": "object", "additionalProperties": true })),
    } });
    let all_null: Value = Plan::compile(&schema).fields().iter().filter(|field| !field.pointer.contains("/x")).fold(
        json!({}),
        |mut all, it| {
            all[it.name.as_str()] = Value::Null;
            all
        },
    );
    assert_eq!(sent(&schema, &[]), all_null);
    for (name, text, value) in [
        ("v/text", "hello", json!("hello")),
        ("v/number", "7", json!(7)),
        ("v/yes", "false", json!(false)),
        ("v/pick", "1", json!("b")),
        ("v/list", "a\r\nb", json!(["a", "b"])),
        ("v/set", "1", json!(["y"])),
        ("v/group/x", "inside", json!({ "x": "inside" })),
        ("on/group", "on", json!({})),
        ("j/map", "{\"k\": 1}", json!({ "k": 1 })),
    ] {
        let mut expected = all_null.clone();
        expected[name.split('/').nth(1).unwrap()] = value;
        assert_eq!(sent(&schema, &[(name, text)]), expected, "{name}");
    }
}

#[test]
fn a_default_that_does_not_fit_is_no_value() {
    for property in [
        json!({ "type": "string", "default": null }),
        json!({ "type": "integer", "default": "10" }),
        json!({ "enum": ["a", "b"], "default": "c" }),
        json!({ "type": "integer", "minimum": 5, "default": 1 }),
        json!({ "type": "array", "items": { "type": "integer" }, "default": ["x"] }),
        json!({ "type": "object", "additionalProperties": { "type": "string" }, "default": { "a": 1 } }),
    ] {
        assert_eq!(sent(&json!({ "properties": { "p": property } }), &[]), json!({}), "{property}");
    }
    assert_eq!(sent(&json!({ "properties": { "p": { "type": "integer", "default": 10 } } }), &[]), json!({ "p": 10 }));
}

#[test]
fn a_default_inside_an_optional_object_is_sent_with_it_and_does_not_create_it() {
    let address = json!({ "type": "object", "required": ["street"], "properties": {
        "street": { "type": "string" }, "country": { "type": "string", "default": "DE" } } });
    let schema = json!({ "properties": { "address": address } });
    assert_eq!(sent(&schema, &[]), json!({}));
    let filled = sent(&schema, &[("v/address/street", "Main St")]);
    assert_eq!(filled, json!({ "address": { "street": "Main St", "country": "DE" } }));
    // whoever clears the default and types it again means it
    let plan = Plan::compile(&schema);
    let cleared = Entries::from_pairs(vec![
        ("v/address/country".into(), String::new()),
        ("d/address/country".into(), "on".into()),
    ]);
    let mut again = through_browser(&plan, &cleared).pairs().to_vec();
    again.retain(|(name, _)| name != "v/address/country");
    again.push(("v/address/country".into(), "DE".into()));
    assert_eq!(parse_as_shown(&plan, &Entries::from_pairs(again)).unwrap(), json!({ "address": { "country": "DE" } }));
}

#[test]
fn all_properties_that_a_tool_requires_have_a_field() {
    let beside = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"],
                         "allOf": [{ "properties": { "z": { "type": "string" } }, "required": ["z"] }] });
    assert_eq!(labels(&beside), ["A", "Z"]);
    let conditional = json!({ "properties": { "kind": { "enum": ["a", "b"] } },
                              "if": { "properties": { "kind": { "const": "b" } } },
                              "then": { "properties": { "size": { "type": "integer" } }, "required": ["size"] } });
    assert_eq!(labels(&conditional), ["Kind", "Size"]);
    let contradicting = json!({ "properties": { "x": { "allOf": [{ "type": "string" }, { "type": "integer" }] } } });
    let plan = Plan::compile(&contradicting);
    assert!(matches!(plan.fields()[0].control, Control::Json(_)));
}

#[test]
fn a_schema_that_the_hub_cannot_use_is_a_reason_and_raw_json() {
    for (schema, reason) in [
        (json!({ "properties": { "x": { "$ref": "https://example.com/x.json" } } }), "https://example.com/x.json"),
        (json!({ "properties": { "a": { "type": "string", "required": true } } }), "at /properties/a/required"),
        (json!({ "properties": { "a": { "$ref": "#/$defs/nowhere" } } }), "nowhere"),
        (json!({ "description": "x".repeat(300_000) }), "longer than 256 kB"),
    ] {
        let plan = Plan::compile(&schema);
        let found = plan.unusable_reason.clone().unwrap_or_default();
        assert!(found.contains(reason), "{reason}: {found}");
        let typed = Entries::from_pairs(vec![("j".into(), "{\"a\": \"b\"}".into())]);
        let value = parse(&plan, &through_browser(&plan, &typed)).unwrap();
        assert_eq!(value, json!({ "a": "b" }));
        Validator::compile(&schema).check(&value).unwrap();
        assert!(Validator::compile(&schema).check(&json!([])).is_err(), "arguments are an object");
    }
}

#[test]
fn dialects_that_the_hub_does_not_know_are_read_as_the_nearest_that_it_does() {
    let openapi = json!({ "$schema": "https://spec.openapis.org/oas/3.1/dialect/base",
                          "properties": { "a": { "type": "string" } } });
    let draft_4 = json!({ "properties": { "n": { "type": "number", "minimum": 0, "exclusiveMinimum": true } } });
    assert_eq!((labels(&openapi), labels(&draft_4)), (vec!["A".to_owned()], vec!["N".to_owned()]));
    assert!(Validator::compile(&openapi).check(&json!({ "a": 1 })).is_err());
    assert!(Validator::compile(&draft_4).check(&json!({ "n": 0 })).is_err());
    assert!(Validator::compile(&draft_4).check(&json!({ "n": 1 })).is_ok());
}

#[test]
fn fields_of_an_earlier_version_stay_in_the_json() {
    let plan = Plan::compile(&json!({ "properties": { "title": { "type": "string" } } }));
    let old = Entries::from_pairs(vec![("v/title".into(), "t".into()), ("v/subject".into(), "s".into())]);
    assert!(parse(&plan, &old).is_err() && craft::schema_form::has_stale_fields(&plan, &old));
    assert_eq!(parse_as_shown(&plan, &old).unwrap(), json!({ "title": "t", "subject": "s" }));
}

#[test]
fn a_masked_secret_of_an_earlier_run_is_not_sent_as_it_is() {
    let plan = Plan::compile(&json!({ "properties": { "note": { "type": "string" } } }));
    let masked = Entries::from_value(&plan, &json!({ "note": "••••" }));
    assert!(parse(&plan, &masked).unwrap_err().to_string().contains("type it again"));
}

#[test]
fn an_unknown_operation_runs_the_tool() {
    let op = |text: &str| Op::from_entries(&Entries::from_pairs(vec![("op".into(), text.into())]));
    assert_eq!([op("change"), op("preview"), op("anything")], [Op::Change, Op::Preview, Op::Run]);
}
