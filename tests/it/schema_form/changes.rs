//! Changes of a form between two of its pages: what belongs to another row, branch or condition is not carried along.

use craft::error::{Error, FieldFaults};
use craft::schema_form::{Entries, FormView, Plan, Validator, parse};
use serde_json::{Value, json};

use super::through_browser;

/// Types into a form as its page shows it. A name without text stands for a pair that is taken away.
fn typed(plan: &Plan, entries: &Entries, changes: &[(&str, &str)]) -> Entries {
    let shown = through_browser(plan, entries);
    let is_changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let others = shown.pairs().iter().filter(|(name, _)| !is_changed(name)).cloned();
    let new = changes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Entries::from_pairs(others.chain(new).collect())
}

/// Presses a button after typing.
fn pressed(plan: &Plan, entries: &Entries, op: &str, changes: &[(&str, &str)]) -> Entries {
    let changes: Vec<_> = changes.iter().copied().chain([("op", op)]).collect();
    typed(plan, entries, &changes).edited(plan).unwrap().entries.with_masked_text(plan)
}

fn faults(plan: &Plan, entries: &Entries) -> Vec<String> {
    match parse(plan, entries) {
        Err(Error::Invalid(faults)) => faults.faults().iter().map(|fault| fault.message.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_stays_with_the_item_of_the_list_that_had_it() {
    let pin = json!({ "type": "string", "writeOnly": true });
    let row = json!({ "type": "object", "properties": { "n": { "type": "string" }, "pin": pin } });
    let plan = Plan::compile(&json!({ "properties": { "rows": { "type": "array", "items": row } } }));
    let both = json!({ "rows": [{ "n": "alice", "pin": "pA" }, { "n": "bob", "pin": "pB" }] });
    let shown = Entries::from_value(&plan, &both);
    let raw = pressed(&plan, &shown, "raw:/rows", &[]);
    let sent = |text: &str| typed(&plan, &raw, &[("j/rows", text), ("op", "run")]);
    let (alice, bob) = (r#"{"n": "alice", "pin": "••••"}"#, r#"{"n": "bob", "pin": "••••"}"#);
    assert_eq!(parse(&plan, &sent(&format!("[{alice}, {bob}]"))).unwrap(), both);
    let more = parse(&plan, &sent(&format!("[{alice}, {bob}, {{\"n\": \"c\"}}]"))).unwrap();
    assert_eq!(more["rows"][1], both["rows"][1], "{more}");
    for moved in
        [format!("[{bob}]"), format!("[{bob}, {alice}]"), format!("[{{\"n\": \"eve\", \"pin\": \"••••\"}}, {bob}]")]
    {
        let told = faults(&plan, &sent(&moved));
        assert!(told[0].contains("type it again"), "{moved}: {told:?}");
    }
}

#[test]
fn what_a_branch_held_is_carried_only_to_the_same_control() {
    let choice = |values: &[&str]| json!({ "enum": values });
    let plan = Plan::compile(&json!({ "required": ["x"], "properties": { "x": { "oneOf": [
        { "title": "A", "type": "object", "properties": { "mode": choice(&["fast", "slow"]), "level": { "type": "integer", "default": 2 }, "note": { "type": "string" },
            "value": { "type": "string", "writeOnly": true } } },
        { "title": "B", "type": "object", "properties": { "mode": choice(&["red", "green"]), "level": { "type": "integer", "default": 9 }, "note": { "type": "string" },
            "value": { "type": "string" } } } ] } } }));
    let first = pressed(&plan, &Entries::blank(&plan), "pick:/x", &[("b/x", "0")]);
    let held = [("v/x/mode", "1"), ("v/x/note", "kept"), ("v/x/value", "hunter2"), ("b/x", "1")];
    let second = pressed(&plan, &first, "pick:/x", &held);
    assert_eq!(parse(&plan, &through_browser(&plan, &second)).unwrap(), json!({ "x": { "level": 9, "note": "kept" } }));
    let html = FormView::new(&plan, &second, &FieldFaults::default()).to_string();
    assert!(!html.contains("hunter2"), "{html}");
    // sent at once, nobody has seen the fields of the other branch; and no page shows the secret of the one that was left
    let at_once = typed(&plan, &first, &held);
    assert!(faults(&plan, &at_once)[0].starts_with("You chose “B”"));
    let page = at_once.with_masked_text(&plan).with_sealed_secrets(&plan, |_, _| Some("sealed".to_owned()));
    let page = format!("{:?} {}", page.pairs(), FormView::new(&plan, &page, &FieldFaults::default()));
    assert!(!page.contains("hunter2"), "{page}");
}

#[test]
fn an_index_of_another_branch_is_not_sent_unseen() {
    let plan = Plan::compile(&json!({ "properties": { "x": { "oneOf": [
        { "title": "Colour", "type": "string", "enum": ["red", "green"] }, { "title": "Rank", "type": "integer" } ] } } }));
    let first = pressed(&plan, &Entries::blank(&plan), "pick:/x", &[("b/x", "0")]);
    let other = typed(&plan, &first, &[("v/x", "1"), ("b/x", "1")]);
    assert_eq!(faults(&plan, &other), ["You chose “Rank”: check its fields, which are shown now"]);
}

#[test]
fn an_optional_tuple_is_left_out_and_may_be_short() {
    let tuple = json!({ "type": "array", "prefixItems": [{ "type": "number" }, { "type": "string" }] });
    let schema = json!({ "properties": { "t": tuple, "o": { "type": "object", "properties": { "c": tuple, "x": { "type": "string" } } } } });
    let plan = Plan::compile(&schema);
    assert_eq!(parse(&plan, &through_browser(&plan, &Entries::blank(&plan))).unwrap(), json!({}));
    for value in [json!({ "t": [1] }), json!({ "t": [1, "a"] }), json!({ "t": [] }), json!({ "o": { "x": "y" } })] {
        assert_eq!(parse(&plan, &through_browser(&plan, &Entries::from_value(&plan, &value))).unwrap(), value);
    }
    let gap = typed(&plan, &Entries::blank(&plan), &[("v/t/1", "second")]);
    assert_eq!(faults(&plan, &gap).len(), 1, "an item before another is missing");
}

#[test]
fn a_default_that_counts_in_some_combinations_is_not_sent_in_others() {
    let schema = json!({ "properties": { "meal": { "enum": ["none", "fish"] }, "card": { "type": "string" } },
        "if": { "properties": { "meal": { "const": "fish" } }, "required": ["meal"] },
        "then": { "properties": { "fish": { "type": "string", "default": "trout" } } },
        "dependentSchemas": { "card": { "properties": { "cvv": { "type": "string", "default": "000" } } } },
        "unevaluatedProperties": false });
    let plan = Plan::compile(&schema);
    let value = parse(&plan, &through_browser(&plan, &Entries::blank(&plan))).unwrap();
    assert_eq!(value, json!({}));
    Validator::compile(&schema).check(&value).unwrap();
}

#[test]
fn a_secret_of_some_combinations_is_a_secret_in_all() {
    let schema = json!({ "properties": { "kind": { "enum": ["a", "b"] } }, "if": { "properties": { "kind": { "const": "a" } } },
        "then": { "properties": { "pin": { "type": "string", "writeOnly": true } } }, "else": { "properties": { "pin": { "type": "string" } } } });
    let plan = Plan::compile(&schema);
    let html =
        FormView::new(&plan, &Entries::from_pairs(vec![("v/pin".into(), "hunter2".into())]), &FieldFaults::default());
    assert!(!html.to_string().contains("hunter2"));
}

#[test]
fn a_required_name_without_a_description_is_one_field() {
    let plan =
        Plan::compile(&json!({ "required": ["q"], "properties": {}, "additionalProperties": { "type": "integer" } }));
    let value = json!({ "q": 1, "z": 2 });
    assert_eq!(parse(&plan, &through_browser(&plan, &Entries::from_value(&plan, &value))).unwrap(), value);
}

#[test]
fn a_button_of_another_form_changes_nothing() {
    let plan = Plan::compile(&json!({ "properties": {
        "a": { "type": "string" }, "rows": { "type": "array", "items": { "type": "object", "properties": { "x": { "type": "string" } } } } } }));
    let value = json!({ "a": "text", "rows": [{ "x": "1" }] });
    let shown = Entries::from_value(&plan, &value);
    for op in [
        "form:/rows",
        "form:",
        "del:/a",
        "del:",
        "del:/rows",
        "up:/rows/0",
        "copy:/a",
        "add:/a",
        "pick:/a",
        "raw:/none",
    ] {
        let after = pressed(&plan, &shown, op, &[]);
        assert_eq!(parse(&plan, &through_browser(&plan, &after)).unwrap(), value, "{op}");
    }
}

/// Reports the names of a form's pairs that hold this text.
fn names_with(entries: &Entries, text: &str) -> Vec<String> {
    entries.pairs().iter().filter(|(_, held)| held.contains(text)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn untyped_json_has_its_secrets_masked_as_other_pages_do() {
    let plan = Plan::compile(&json!({ "properties": { "free": {} } }));
    let value: Value = json!({ "free": { "password": "hunter2", "n": 1 } });
    let page = Entries::from_value(&plan, &value)
        .with_masked_text(&plan)
        .with_sealed_secrets(&plan, |_, _| Some("sealed".to_owned()));
    assert_eq!(names_with(&page, "hunter2"), Vec::<String>::new());
    let back = through_browser(&plan, &Entries::from_value(&plan, &value).with_masked_text(&plan));
    assert_eq!(parse(&plan, &back).unwrap(), value);
}

#[test]
fn a_secret_stays_one_when_its_row_gets_another_name() {
    let plan = Plan::compile(
        &json!({ "properties": { "m": { "type": "object", "additionalProperties": { "type": "string" } } } }),
    );
    let shown = Entries::from_value(&plan, &json!({ "m": { "api_key": "hunter2" } }));
    let renamed = typed(&plan, &shown, &[("k/m/~k0", "note")]);
    assert_eq!(parse(&plan, &renamed).unwrap(), json!({ "m": { "note": "hunter2" } }));
    let page = renamed.with_masked_text(&plan).with_sealed_secrets(&plan, |_, _| Some("sealed".to_owned()));
    assert_eq!(names_with(&page, "hunter2"), Vec::<String>::new());
}

#[test]
fn what_a_row_holds_is_not_lost_when_its_name_changes_its_kind() {
    let flag = json!({ "type": "object", "properties": { "q": { "type": "boolean" } } });
    let plan = Plan::compile(&json!({ "properties": { "m": {
        "type": "object", "patternProperties": { "^x_": flag }, "additionalProperties": { "type": "string" } } } }));
    let shown = Entries::from_value(&plan, &json!({ "m": { "a": "precious" } }));
    let renamed = typed(&plan, &shown, &[("k/m/~k0", "x_a")]);
    assert!(faults(&plan, &renamed)[0].starts_with("With this name"), "{:?}", faults(&plan, &renamed));
    let again = through_browser(&plan, &renamed);
    assert_eq!(again.get("j/m/~k0"), Some("\"precious\""), "{again:?}");
}

#[test]
fn a_row_without_a_name_of_its_own_is_not_shown_as_json() {
    let group = json!({ "type": "object", "properties": { "x": { "type": "string" } } });
    let plan = Plan::compile(
        &json!({ "properties": { "m": { "type": "object", "additionalProperties": group }, "other": group } }),
    );
    let two = json!({ "m": { "a": { "x": "one" }, "b": { "x": "two" } }, "other": { "x": "three" } });
    let shown = Entries::from_value(&plan, &two);
    assert!(plan.check_before_json(&shown, "").is_ok());
    for (name, told) in [("", "Enter a name"), ("a", "is there twice")] {
        for op in ["raw:/m", "raw:/m/~k1"] {
            let unnamed = typed(&plan, &shown, &[("k/m/~k1", name), ("op", op)]);
            let Err(Error::Invalid(faults)) = unnamed.edited(&plan) else { panic!("{name} is lost") };
            assert!(faults.faults()[0].message.contains(told), "{faults:?}");
            assert!(plan.check_before_json(&unnamed, "").is_err());
        }
        // rows elsewhere keep their names, whatever those are
        let other = typed(&plan, &shown, &[("k/m/~k1", name), ("op", "raw:/other")]);
        assert_eq!(other.edited(&plan).unwrap().focus, "f-other");
    }
}

#[test]
fn names_that_a_browser_rewrites_are_written_as_json() {
    let plan = Plan::compile(
        &json!({ "properties": { "o": { "type": "object", "properties": { "a\nb": { "type": "string" } } } } }),
    );
    let value = json!({ "o": { "a\nb": "x" } });
    assert_eq!(parse(&plan, &through_browser(&plan, &Entries::from_value(&plan, &value))).unwrap(), value);
    assert_eq!(parse(&plan, &through_browser(&plan, &Entries::blank(&plan))).unwrap(), json!({}));
}

#[test]
fn null_is_one_of_the_constants_and_branches_keep_their_places() {
    let named = json!({ "oneOf": [{ "const": "a", "title": "Letter" }, { "const": null, "title": "Nothing" }] });
    let branches = json!({ "anyOf": [{ "type": "null" },
        { "title": "Card", "type": "object", "required": ["n"], "properties": { "n": { "type": "string", "maxLength": 2 } } },
        { "title": "Bank", "type": "object", "required": ["i"], "properties": { "i": { "type": "integer" } } }] });
    let schema = json!({ "properties": { "c": named, "u": branches } });
    let plan = Plan::compile(&schema);
    for value in [json!({ "c": null }), json!({ "c": "a" }), json!({ "u": null }), json!({ "u": { "i": 1 } })] {
        assert_eq!(parse(&plan, &through_browser(&plan, &Entries::from_value(&plan, &value))).unwrap(), value);
    }
    let html = FormView::new(&plan, &Entries::blank(&plan), &FieldFaults::default()).to_string();
    assert!(html.contains("Nothing") && html.contains("Letter"), "{html}");
    let long = pressed(&plan, &Entries::blank(&plan), "pick:/u", &[("b/u", "0")]);
    let long = typed(&plan, &long, &[("v/u/n", "long")]);
    let Err(Error::Invalid(told)) = plan.read(&long, &Validator::compile(&schema)) else { panic!("too long") };
    let told: Vec<_> = told.faults().iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(told, ["N must be 2 characters or fewer"]);
}
