//! The law of forms, over a corpus of schemas: the form that shows a value means that value.

use craft::error::FieldFaults;
use craft::schema_form::{Entries, FormView, Plan, Validator, parse};
use proptest::prelude::*;
use scraper::{Html, Selector};
use serde_json::{Value, json};

/// Schemas as servers send them, and values that they accept.
fn corpus() -> Vec<(&'static str, Value, Vec<Value>)> {
    let text = std::fs::read_to_string("tests/it/schema_form.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    cases
        .into_iter()
        .map(|case| {
            let name: &'static str = Box::leak(case["name"].as_str().unwrap().to_owned().into_boxed_str());
            (name, case["schema"].clone(), case["values"].as_array().unwrap().clone())
        })
        .collect()
}

#[test]
fn the_form_that_shows_a_value_means_that_value() {
    for (name, schema, values) in corpus() {
        let plan = Plan::compile(&schema).unwrap();
        let validator = Validator::compile(&schema).unwrap();
        for value in values {
            validator.check(&value).unwrap_or_else(|error| panic!("{name}: {value} is not accepted: {error}"));
            let entries = Entries::from_value(&plan, &value);
            let read = parse(&plan, &entries).unwrap_or_else(|error| panic!("{name}: {value}: {error}\n{entries:?}"));
            assert_eq!(read.to_string(), value.to_string(), "{name}: {entries:?}");
        }
    }
}

#[test]
fn every_control_is_labelled_and_every_description_is_there() {
    for (name, schema, values) in corpus() {
        let plan = Plan::compile(&schema).unwrap();
        let forms = values.iter().map(|value| Entries::from_value(&plan, value)).chain([Entries::blank(&plan)]);
        for entries in forms {
            let html = Html::parse_fragment(&FormView::new(&plan, &entries, &FieldFaults::default()).to_string());
            for control in html.select(&Selector::parse("input, select, textarea").unwrap()) {
                let id = control.attr("id").unwrap_or_default();
                let by_for = html.select(&Selector::parse("label").unwrap()).any(|label| label.attr("for") == Some(id));
                let inside =
                    control.ancestors().any(|node| node.value().as_element().is_some_and(|it| it.name() == "label"));
                assert!(inside || (by_for && !id.is_empty()), "{name}: {} has no label", control.html());
                for id in control.attr("aria-describedby").unwrap_or_default().split_whitespace() {
                    assert_eq!(
                        html.select(&Selector::parse(&format!("[id='{id}']")).unwrap()).count(),
                        1,
                        "{name}: #{id}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_schema_that_leads_elsewhere_is_refused_by_name() {
    let schema = json!({ "properties": { "x": { "$ref": "https://example.com/x.json" } } });
    let error = Plan::compile(&schema).unwrap_err().to_string();
    assert!(error.contains("https://example.com/x.json"), "{error}");
    assert!(Validator::compile(&schema).is_err());
}

#[test]
fn faults_name_the_field_and_say_what_to_do() {
    let schema = json!({ "type": "object", "required": ["title", "count"], "properties": {
        "title": { "type": "string" }, "count": { "type": "integer", "minimum": 1 } } });
    let plan = Plan::compile(&schema).unwrap();
    let typed =
        |pairs: &[(&str, &str)]| Entries::from_pairs(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
    let fault = |pairs: &[(&str, &str)]| match parse(&plan, &typed(pairs))
        .and_then(|value| Validator::compile(&schema)?.check(&value))
    {
        Err(craft::error::Error::Invalid(faults)) => {
            faults.faults().iter().map(|it| format!("{}: {}", it.field, it.message)).collect()
        }
        other => vec![format!("{other:?}")],
    };
    assert_eq!(fault(&[]), ["/title: Enter title", "/count: Enter count"]);
    assert_eq!(fault(&[("v/title", "x"), ("v/count", "1,5")]), ["/count: Use a full stop: 1.5"]);
    assert_eq!(fault(&[("v/title", "x"), ("v/count", "0")]), ["/count: Count must be 1 or more"]);
    assert_eq!(
        fault(&[("v/title", "x"), ("v/count", "1"), ("v/titel", "y")]),
        [": The form has a field “v/titel” that this tool does not have: reload the page"]
    );
    assert_eq!(fault(&[("j", "{\"title\": }")]), [": Line 1, column 11: this is not JSON (expected value)"]);
    assert_eq!(
        fault(&[("j", "{\"title\": \"••••\"}")]),
        [": “••••” stands for a secret that is not shown: type it again"]
    );
}

#[test]
fn a_secret_is_never_shown_again() {
    let schema = json!({ "properties": { "api_key": { "type": "string" } } });
    let plan = Plan::compile(&schema).unwrap();
    let again = FormView::new(
        &plan,
        &Entries::from_value(&plan, &json!({ "api_key": "s3cret-value" })),
        &FieldFaults::default(),
    );
    let typed = Entries::from_pairs(vec![("v/api_key".into(), "s3cret-value".into())]);
    let back = FormView::new(&plan, &typed, &FieldFaults::default());
    assert!(!again.to_string().contains("s3cret") && !back.to_string().contains("s3cret"));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_a_value_or_a_fault(pairs in proptest::collection::vec((".{0,12}|v/[a-z]{1,6}|j/[a-z]{1,6}|on/[a-z]{1,4}", ".{0,40}"), 0..12)) {
        for (_, schema, _) in corpus() {
            let plan = Plan::compile(&schema).unwrap();
            let entries = Entries::from_pairs(pairs.clone());
            let faults = match parse(&plan, &entries) {
                Err(craft::error::Error::Invalid(faults)) => faults,
                _ => FieldFaults::default(),
            };
            let _ = FormView::new(&plan, &entries, &faults).to_string();
        }
    }

    #[test]
    fn texts_and_lists_survive_the_form(text in "\\PC{0,30}|[ a-z\n]{0,20}", lines in proptest::collection::vec("\\PC{0,10}", 0..5), number in "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,10})?") {
        let schema = json!({ "properties": {
            "plain": { "type": "string" }, "body": { "type": "string" },
            "list": { "type": "array", "items": { "type": "string" } }, "n": { "type": ["number", "null"] } } });
        let plan = Plan::compile(&schema).unwrap();
        let number: Value = serde_json::from_str(&number).unwrap();
        let value = json!({ "plain": text, "body": text, "list": lines, "n": number });
        let read = parse(&plan, &Entries::from_value(&plan, &value)).unwrap();
        prop_assert_eq!(read.to_string(), value.to_string());
    }
}
