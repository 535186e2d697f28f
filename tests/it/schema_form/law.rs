//! The law of forms over generated schemas: nullable values with null defaults, defaults that do not fit, optional objects,
//! references with neighbours.

use craft::error::{Error, FieldFault};
use craft::schema_form::{Entries, Plan, Validator, parse, parse_as_shown};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::generator::{Generated, Property, any_value, schema};
use super::through_browser;

/// Types a text into the field at the pointer, and changes nothing else.
fn type_into(entries: &Entries, pointer: &str, text: &str) -> Entries {
    let name = format!("v{pointer}");
    let others = entries.pairs().iter().filter(|(other, _)| *other != name).cloned();
    Entries::from_pairs(others.chain([(name.clone(), text.to_owned())]).collect())
}

/// Returns the fields that a person can type into: pointer and property. A property inside of an object has its own pointer.
fn typable(generated: &Generated) -> Vec<(String, &Property)> {
    let top = (0..).zip(&generated.properties);
    top.flat_map(|(at, property): (usize, _)| {
        let inner = (0..).zip(&property.inner).map(move |(i, inner): (usize, _)| (format!("/p{at}/p{i}"), inner));
        let own = property.inner.is_empty().then(|| (format!("/p{at}"), property));
        own.into_iter().chain(inner)
    })
    .collect()
}

fn faults_of(error: Error) -> Vec<FieldFault> {
    match error {
        Error::Invalid(faults) => faults.faults().to_vec(),
        other => panic!("{other}"),
    }
}

/// Reports whether a form with fields has to add something to the value: what is required and can only have one value.
fn lacks_required(schema: &Value, value: &Map<String, Value>) -> bool {
    schema["required"].as_array().unwrap().iter().any(|name| !value.contains_key(name.as_str().unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_form_that_shows_a_value_means_that_value(generated in schema(), values in proptest::collection::vec(proptest::option::of(any_value()), 5)) {
        let plan = Plan::compile(&generated.schema);
        prop_assert_eq!(&plan.unusable_reason, &None);
        let named = (0..).zip(values).take(generated.properties.len());
        let value: Map<_, _> = named.filter_map(|(at, value): (usize, _)| Some((format!("p{at}"), value?))).collect();
        prop_assume!(!lacks_required(&generated.schema, &value));
        let object = Value::Object(value);
        let shown = through_browser(&plan, &Entries::from_value(&plan, &object));
        if Validator::compile(&generated.schema).check(&object).is_ok() {
            prop_assert_eq!(parse(&plan, &shown).unwrap().to_string(), object.to_string(), "{:?}", shown);
        }
        // an invalid object inside may lack what its fields add
        let has_inner_object = (0..).zip(&generated.properties).any(|(at, property): (usize, _)| {
            !property.inner.is_empty() && object[format!("p{at}")].is_object()
        });
        if !has_inner_object {
            prop_assert_eq!(parse_as_shown(&plan, &shown).unwrap().to_string(), object.to_string(), "{:?}", shown);
        }
    }

    #[test]
    fn a_form_that_nobody_touched_has_faults_only_where_something_is_missing(generated in schema()) {
        let plan = Plan::compile(&generated.schema);
        let blank = through_browser(&plan, &Entries::blank(&plan));
        match parse(&plan, &blank) {
            Ok(value) => {
                let checked = Validator::compile(&generated.schema).check(&value);
                prop_assert!(checked.is_ok(), "{} is not accepted: {:?}", value, checked);
            }
            Err(error) => {
                for fault in faults_of(error) {
                    let asks = fault.message.starts_with("Enter ") || fault.message.starts_with("Choose ");
                    prop_assert!(asks, "{:?}", fault);
                }
            }
        }
        let shown = parse_as_shown(&plan, &blank).unwrap();
        for (at, property) in (0..).zip(&generated.properties) {
            let at: usize = at;
            let is_left_out = shown.get(format!("p{at}")).is_none_or(Value::is_null);
            prop_assert!(property.inner.is_empty() || property.is_required || is_left_out, "a default makes p{}: {}", at, shown);
        }
    }

    #[test]
    fn what_is_typed_is_sent_and_changes_nothing_else(generated in schema(), which: prop::sample::Index) {
        let plan = Plan::compile(&generated.schema);
        let fields = typable(&generated);
        let (pointer, property) = which.get(&fields);
        let blank = through_browser(&plan, &Entries::blank(&plan));
        // the field has a control of its own, and shows something else
        // (a browser ends lines with CRLF, an opened secret has its own line ends)
        let shown = |prefix: &str| blank.get(&format!("{prefix}{pointer}")).map(|text| text.replace("\r\n", "\n"));
        prop_assume!(shown("j").is_none() && shown("v") != Some(property.typed.text.replace("\r\n", "\n")));
        // the control takes base64 instead of the text that is typed
        prop_assume!(shown("e").as_deref() != Some("encoded"));
        let typed = through_browser(&plan, &type_into(&blank, pointer, property.typed.text));
        let mut before = parse_as_shown(&plan, &blank).unwrap();
        let mut sent = parse_as_shown(&plan, &typed).unwrap();
        prop_assert_eq!(sent.pointer(pointer), Some(&property.typed.value), "{:?}", typed);
        // the rest of the input is as before
        let top = pointer.split('/').nth(1).unwrap();
        for value in [&mut before, &mut sent] {
            value.as_object_mut().unwrap().shift_remove(top);
        }
        prop_assert_eq!(before, sent);
    }

    #[test]
    fn another_view_shows_the_same_and_judges_nothing(generated in schema(), which: prop::sample::Index, text in "\\PC{0,12}|-?[0-9,.]{1,6}|true|0|1") {
        let plan = Plan::compile(&generated.schema);
        let fields = typable(&generated);
        let (pointer, _) = which.get(&fields);
        let typed = through_browser(&plan, &type_into(&Entries::blank(&plan), pointer, &text));
        let shown = parse_as_shown(&plan, &typed).unwrap();
        let as_json = through_browser(&plan, &Entries::as_json(&plan, &shown));
        prop_assert_eq!(&parse_as_shown(&plan, &as_json).unwrap(), &shown);
        let back = through_browser(&plan, &Entries::from_value(&plan, &shown));
        prop_assert_eq!(parse_as_shown(&plan, &back).unwrap(), shown, "{:?}", back);
    }
}
