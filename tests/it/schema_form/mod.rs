//! The law of forms: what the form shows is what the job sends. Here over a corpus of schemas, in `law` over generated ones.

mod changes;
mod corpora;
mod files;
mod formats;
mod generator;
mod hostile;
mod law;
mod readings;
mod samples;

use craft::error::FieldFaults;
use craft::schema_form::{Entries, FormView, Plan, Validator, parse};
use proptest::prelude::*;
use scraper::{Html, Selector};
use serde_json::{Value, json};

use crate::support::page::sent_fields;

/// Schemas as servers send them, and values that they accept.
fn corpus() -> Vec<(&'static str, Value, Vec<Value>)> {
    let text = std::fs::read_to_string("tests/it/schema_form/corpus.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    cases
        .into_iter()
        .map(|case| {
            let name: &'static str = Box::leak(case["name"].as_str().unwrap().to_owned().into_boxed_str());
            (name, case["schema"].clone(), case["values"].as_array().unwrap().clone())
        })
        .collect()
}

/// Returns what a browser sends of the page that shows these contents.
fn through_browser(plan: &Plan, entries: &Entries) -> Entries {
    // the hub seals secrets before it shows a page, and opens them afterwards
    let seal = |text: &str| json!(text).to_string().chars().rev().collect();
    let open = |sealed: &str| serde_json::from_str(&sealed.chars().rev().collect::<String>()).ok();
    let page = entries.with_sealed_secrets(plan, |_, text| Some(seal(text)));
    let html = FormView::new(plan, &page, &FieldFaults::default()).to_string();
    let sent = Entries::from_pairs(sent_fields(&html));
    sent.with_opened_secrets(|_, sealed| open(sealed))
}

#[test]
fn the_form_that_shows_a_value_means_that_value() {
    for (name, schema, values) in corpus() {
        let plan = Plan::compile(&schema);
        let validator = Validator::compile(&schema);
        for value in values {
            validator.check(&value).unwrap_or_else(|error| panic!("{name}: {value} is not accepted: {error}"));
            let entries = through_browser(&plan, &Entries::from_value(&plan, &value));
            let read = parse(&plan, &entries).unwrap_or_else(|error| panic!("{name}: {value}: {error}\n{entries:?}"));
            assert_eq!(read.to_string(), value.to_string(), "{name}: {entries:?}");
        }
    }
}

#[test]
fn every_control_is_labelled_and_every_description_is_there() {
    for (name, schema, values) in corpus() {
        let plan = Plan::compile(&schema);
        let forms = values.iter().map(|value| Entries::from_value(&plan, value)).chain([Entries::blank(&plan)]);
        for entries in forms {
            let html = Html::parse_fragment(&FormView::new(&plan, &entries, &FieldFaults::default()).to_string());
            for control in html.select(&Selector::parse("input:not([type=hidden]), select, textarea").unwrap()) {
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
fn faults_name_the_field_and_say_what_to_do() {
    let schema = json!({ "type": "object", "required": ["title", "count"], "properties": {
        "title": { "type": "string" }, "count": { "type": "integer", "minimum": 1 } } });
    let plan = Plan::compile(&schema);
    let typed =
        |pairs: &[(&str, &str)]| Entries::from_pairs(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
    let fault = |pairs: &[(&str, &str)]| match parse(&plan, &typed(pairs))
        .and_then(|value| Validator::compile(&schema).check(&value))
    {
        Err(craft::error::Error::Invalid(faults)) => {
            faults.faults().iter().map(|it| format!("{}: {}", it.field, it.message)).collect()
        }
        other => vec![format!("{other:?}")],
    };
    assert_eq!(fault(&[]), ["/title: Enter title", "/count: Enter a whole number for count"]);
    assert_eq!(fault(&[("v/title", "x"), ("v/count", "1,5")]), ["/count: Use a full stop: 1.5"]);
    assert_eq!(fault(&[("v/title", "x"), ("v/count", "0")]), ["/count: Count must be 1 or more"]);
    assert_eq!(
        fault(&[("v/title", "x"), ("v/count", "1"), ("v/titel", "y")]),
        [": This tool does not have the field “v/titel”, which the form had: remove it"]
    );
    assert_eq!(
        fault(&[("j", "{\"title\": }")]),
        [": Line 1, column 11: a value is missing, or text without double quotes"]
    );
    assert_eq!(
        fault(&[("j", "{\"title\": \"••••\"}")]),
        [": “••••” stands for a secret that is not shown: type it again"]
    );
}

#[test]
fn a_secret_is_never_shown_again() {
    let schema = json!({ "properties": { "api_key": { "type": "string" } } });
    let plan = Plan::compile(&schema);
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
            let plan = Plan::compile(&schema);
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
        let plan = Plan::compile(&schema);
        let number: Value = serde_json::from_str(&number).unwrap();
        let value = json!({ "plain": text, "body": text, "list": lines, "n": number });
        let read = parse(&plan, &through_browser(&plan, &Entries::from_value(&plan, &value))).unwrap();
        prop_assert_eq!(read.to_string(), value.to_string());
    }
}
