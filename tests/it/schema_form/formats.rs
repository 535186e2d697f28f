//! Controls of texts with a format: what a person types, what is sent for it, and what the form says about other texts.

use craft::error::{Error, FieldFaults};
use craft::schema_form::{Entries, FormView, Plan, Validator, parse};
use serde_json::{Value, json};

use super::through_browser;

fn plan(property: &Value) -> Plan {
    Plan::compile(&json!({ "properties": { "p": property } }))
}

fn html(plan: &Plan, entries: &Entries, zone: &str) -> String {
    FormView::with_focus(plan, entries, &FieldFaults::default(), "", zone).to_string()
}

/// Types into the blank form, and returns the value of the field or the sentences about it.
fn sent(plan: &Plan, typed: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    let blank = through_browser(plan, &Entries::blank(plan));
    let is_typed = |name: &str| typed.iter().any(|(other, _)| *other == name);
    let others = blank.pairs().iter().filter(|(name, _)| !is_typed(name)).cloned();
    let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let entries = Entries::from_pairs(others.chain(typed).collect());
    let schema = json!({ "properties": { "p": plan.fields()[0].format.as_ref().map(|it| json!({ "format": it })) } });
    match plan.read(&entries, &Validator::compile(&schema)) {
        Ok(value) => Ok(value["p"].clone()),
        Err(Error::Invalid(faults)) => {
            Err(faults.faults().iter().map(|it| format!("{}: {}", it.field, it.message)).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_duration_is_typed_in_words_and_sent_as_iso() {
    let plan = plan(&json!({ "type": "string", "format": "duration" }));
    assert_eq!(sent(&plan, &[("v/p", " 3 days 4 hours ")]), Ok(json!("P3DT4H")));
    assert_eq!(sent(&plan, &[("v/p", "PT0060S")]), Ok(json!("PT0060S")), "nobody rewrites it");
    assert_eq!(sent(&plan, &[("v/p", "")]), Ok(Value::Null), "left out");
    let told = sent(&plan, &[("v/p", "two weeks")]).unwrap_err();
    assert_eq!(told, ["/p: Enter a duration in words, such as 3 days 4 hours, or as P3DT4H"]);
    assert_eq!(sent(&plan, &[("v/p", "90")]).unwrap_err(), ["/p: Write the unit after the number, such as 90 minutes"]);
    assert_eq!(sent(&plan, &[("v/p", "P3X")]).unwrap_err(), ["/p: P must be a duration, such as P3DT4H"]);
    assert!(html(&plan, &Entries::blank(&plan), "UTC").contains("such as 3 days 4 hours, or as P3DT4H"));
}

#[test]
fn a_value_that_reads_as_words_of_a_duration_stays_what_it_is() {
    // older drafts do not check this format
    let schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "properties": {
        "p": { "type": "string", "format": "duration" } } });
    let plan = Plan::compile(&schema);
    for text in ["2h 30m", "soon", "P1D", ""] {
        let value = json!({ "p": text });
        let shown = through_browser(&plan, &Entries::from_value(&plan, &value));
        assert_eq!(parse(&plan, &shown).unwrap(), value, "{shown:?}");
    }
}

#[test]
fn a_time_has_an_offset_that_a_person_chooses() {
    let plan = plan(&json!({ "type": "string", "format": "time" }));
    let page = html(&plan, &Entries::blank(&plan), "Europe/Berlin");
    assert!(page.contains("type=\"time\" step=\"1\""), "{page}");
    assert!(page.contains("<option value=\"\" selected dir=\"auto\">Choose…</option>"), "no offset is guessed: {page}");
    let utc = html(&plan, &Entries::blank(&plan), "UTC");
    assert!(utc.contains("<option value=\"UTC\" selected dir=\"auto\">UTC</option>"), "{utc}");

    assert_eq!(sent(&plan, &[("v/p", "08:30"), ("z/p", "+02:00")]), Ok(json!("08:30:00+02:00")));
    assert_eq!(sent(&plan, &[("v/p", "08:30:15"), ("z/p", "UTC")]), Ok(json!("08:30:15Z")));
    assert_eq!(sent(&plan, &[("v/p", ""), ("z/p", "UTC")]), Ok(Value::Null), "an offset alone is no time");
    let told = sent(&plan, &[("v/p", "08:30"), ("z/p", "")]).unwrap_err();
    assert_eq!(told, ["/p: Choose the offset from UTC that the time has"]);
    let told = sent(&plan, &[("v/p", "noon"), ("z/p", "UTC")]).unwrap_err();
    assert_eq!(told, ["/p: Enter a time, such as 08:30 or 17:05:30"]);
}

#[test]
fn a_time_that_the_controls_cannot_show_is_a_text() {
    let plan = plan(&json!({ "type": "string", "format": "time" }));
    for (text, is_control) in
        [("08:30:00Z", true), ("08:30:00.5+05:45", true), ("08:30:00.100Z", false), ("23:59:60Z", false)]
    {
        let entries = Entries::from_value(&plan, &json!({ "p": text }));
        assert_eq!(html(&plan, &entries, "UTC").contains("type=\"time\""), is_control, "{text}");
        assert_eq!(parse(&plan, &through_browser(&plan, &entries)).unwrap(), json!({ "p": text }));
    }
    // an offset that no place uses is one more option
    let odd = html(&plan, &Entries::from_value(&plan, &json!({ "p": "08:30:00+00:20" })), "UTC");
    assert!(odd.contains("<option value=\"+00:20\" selected dir=\"auto\">UTC+00:20</option>"), "{odd}");
}

#[test]
fn a_list_of_durations_has_a_control_for_each() {
    let list = json!({ "type": "array", "items": { "type": "string", "format": "duration" } });
    let plan = plan(&list);
    let typed = Entries::from_pairs(vec![("r/p".into(), "4".into()), ("v/p/4".into(), "1 week".into())]);
    assert_eq!(parse(&plan, &typed).unwrap(), json!({ "p": ["P1W"] }));
}
