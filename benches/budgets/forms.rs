//! Duration of the form of GitHub's largest operation, and of hostile schemas.

use std::hint::black_box;
use std::time::{Duration, Instant};

use craft::error::FieldFaults;
use craft::schema_form::{Entries, FormView, Plan, Validator};
use serde_json::{Map, Value, json};

use crate::figure::{Better, Figure};

/// Rounds of each measurement.
const ROUNDS: u32 = 200;

/// Longest time that a hostile schema should take, in milliseconds.
const MAX_HOSTILE_MS: f64 = 50.0;

pub(crate) fn measure() {
    let (schema, value) = largest_operation();
    let (plan, validator) = (Plan::compile(&schema), Validator::compile(&schema));
    let text = value.to_string();
    let bare = time(|| {
        let value: Value = serde_json::from_str(black_box(&text)).expect("JSON");
        assert!(validator.check(&value).is_ok());
        black_box(value.to_string());
    });
    let whole = time(|| {
        let entries = Entries::from_value(&plan, black_box(&value));
        black_box(FormView::new(&plan, &entries, &FieldFaults::default()).to_string());
        assert_eq!(plan.read(&entries, &validator).as_ref().ok(), Some(&value));
    });
    report("forms.filled", micros(whole), 100.0 * micros(bare), micros(bare));
    let compiled = time(|| {
        black_box(Plan::compile(black_box(&schema)));
        black_box(Validator::compile(&schema));
    });
    report("forms.compiled", micros(compiled), 100.0 * micros(bare), micros(bare));
    let slowest = hostile().iter().map(|(schema, value)| round_of(schema, value)).max().unwrap_or_default();
    Figure {
        name: "forms.hostile",
        value: micros(slowest) / 1000.0,
        unit: "ms for the slowest of the hostile schemas",
        better: Better::Lower,
        target: MAX_HOSTILE_MS,
        reference: (micros(bare) / 1000.0, "GitHub’s largest operation: its JSON and one validation"),
    }
    .report();
}

fn report(name: &'static str, value: f64, target: f64, bare: f64) {
    Figure {
        name,
        value,
        unit: "µs",
        better: Better::Lower,
        target,
        reference: (bare, "the value’s JSON, read and written, and one validation"),
    }
    .report();
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn time(mut work: impl FnMut()) -> Duration {
    work();
    let started = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    started.elapsed() / ROUNDS
}

/// Compiles a hostile schema, and shows its form with a value, once.
fn round_of(schema: &Value, value: &Value) -> Duration {
    let started = Instant::now();
    let plan = Plan::compile(schema);
    let entries = Entries::from_value(&plan, value);
    black_box(FormView::new(&plan, &entries, &FieldFaults::default()).to_string());
    started.elapsed()
}

/// Returns the largest operation whose filled value is valid, with that value.
fn largest_operation() -> (Value, Value) {
    let path = "tests/contracts/descriptions/github.operations.jsonl";
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}; run scripts/setup test"));
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    let operation = |line: &str| {
        let mut case: Value = serde_json::from_str(line).expect("JSON");
        let schema = case["schema"].take();
        let value = filled(&schema, &schema, 0);
        Validator::compile(&schema).check(&value).is_ok().then_some((schema, value))
    };
    lines.into_iter().find_map(operation).expect("an operation")
}

/// Returns a value with all properties, to a depth of four.
fn filled(root: &Value, schema: &Value, depth: usize) -> Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|it| root.pointer(it.trim_start_matches('#')));
    if let Some(target) = target {
        return filled(root, target, depth);
    }
    let first = ["enum", "oneOf", "anyOf"].iter().find_map(|keyword| schema.get(*keyword)?.get(0));
    let kind = schema.get("type").and_then(|kind| kind.get(0).or(Some(kind))?.as_str());
    match (first, kind) {
        (Some(value), _) if schema.get("enum").is_some() => value.clone(),
        (Some(branch), _) => filled(root, branch, depth),
        (None, Some("integer" | "number")) => json!(7),
        (None, Some("boolean")) => json!(true),
        (None, Some("array")) if depth < 4 => json!([filled(root, &schema["items"], depth + 1)]),
        (None, Some("array")) => json!([]),
        (None, Some("object")) => {
            let required = schema.get("required").and_then(Value::as_array);
            let is_kept = |name: &str| depth < 4 || required.is_some_and(|names| names.iter().any(|it| it == name));
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let kept = properties.filter(|(name, _)| is_kept(name));
            kept.map(|(name, schema)| (name.clone(), filled(root, schema, depth + 1))).collect()
        }
        _ => json!("text"),
    }
}

/// Returns schemas that are deep, wide, heavy and recursive, each with a value.
fn hostile() -> Vec<(Value, Value)> {
    let wide = |count: usize, schema: &Value| {
        let properties: Map<_, _> = (0..count).map(|at| (format!("p{at}"), schema.clone())).collect();
        json!({ "type": "object", "properties": properties })
    };
    let deep = (0..60)
        .fold(json!({ "type": "string" }), |inner, _| json!({ "required": ["x"], "properties": { "x": inner } }));
    let mut heavy = wide(900, &json!({ "$ref": "#/$defs/big" }));
    let big = wide(200, &json!({ "type": "string", "description": "x".repeat(100) }));
    heavy["$defs"] = json!({ "big": big.clone() });
    let branches: Vec<_> =
        (0..300).map(|at| json!({ "properties": { format!("b{at}"): { "type": "string" } } })).collect();
    let large_union = json!({ "$defs": { "big": big }, "properties": { "a": { "oneOf": branches, "type": "object", "properties": { "big": { "$ref": "#/$defs/big" } } } } });
    let fork = json!({ "type": "object", "required": ["l", "r"], "properties": { "l": { "$ref": "#/$defs/fork" }, "r": { "$ref": "#/$defs/fork" } } });
    let reached = json!({ "type": "array", "items": { "$ref": "#/$defs/big" }, "default": [] });
    let mut judged = wide(900, &reached);
    judged["$defs"] = json!({ "big": wide(3000, &json!({ "type": "string", "description": "x".repeat(20) })) });
    let forked =
        json!({ "$defs": { "fork": fork }, "type": "object", "properties": { "root": { "$ref": "#/$defs/fork" } } });
    let conditions: Vec<_> = (0..300)
        .map(|at| json!({ "if": { "properties": { "a": { "const": at } } }, "then": { "properties": { "b": { "maxLength": at } } } }))
        .collect();
    let conditional = json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": "string" } }, "allOf": conditions });
    let names: Vec<_> = (0..30).map(|at| format!("p{at}")).collect();
    let mut tangled = wide(30, &json!({ "$ref": "#" }));
    tangled["required"] = json!(names);
    let pattern = json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "^(a+)+$", "default": format!("{}b", "a".repeat(40)) } } });
    vec![
        (deep, json!({})),
        (wide(5000, &json!({ "type": "string" })), json!({ "p7": "a" })),
        (wide(900, &json!({ "type": "string" })), json!({ "p7": "a" })),
        (heavy, json!({ "p7": { "p1": "a" } })),
        (large_union, json!({ "a": { "b299": "x", "big": { "p1": "a" } } })),
        (judged, json!({ "p7": [{ "p1": "a" }] })),
        (forked, json!({})),
        (conditional, json!({ "a": 7, "b": "x" })),
        (tangled, json!({})),
        (pattern, json!({ "a": "aaa" })),
    ]
}
