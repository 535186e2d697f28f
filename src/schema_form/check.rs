//! Validation of a value against the whole schema, including what no control knows: patterns, conditions, several fields.

use serde_json::Value;

use super::entries::Entries;
use super::faults::{Words, explain};
use super::parse::{Parser, parse, parse_as_shown};
use super::plan::Plan;
use super::validator::Validator;
use crate::error::{Error, FieldFault, FieldFaults, Message, Result};

const UNEXPLAINED: &str = "The input does not fit the tool’s schema: compare it with the tool’s description";

impl Validator {
    /// Validates a value. With a schema that the hub cannot use, every object is valid.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault.
    pub fn check(&self, value: &Value) -> Result<()> {
        match self.errors(value) {
            Some(errors) if errors.is_empty() => return Ok(()),
            None if value.is_object() => return Ok(()),
            None => return Err(Error::field("", "The input must be an object: put it in braces")),
            Some(_) => {}
        }
        let plan = Plan::outline(self.schema());
        let faults = faults_in(&plan, &Entries::from_value(&plan, value), self, value);
        let mut told = FieldFaults::default();
        for (pointer, _, message) in faults {
            told.add(pointer, message);
        }
        told.into_result(())
    }
}

impl Plan {
    /// Checks a field before it is shown as JSON, which has no place for some of what a form has: for a row without a name of its
    /// own, and for a file that cannot be sent. Only what is inside of the field, and rows that it is in, matter; the root has the
    /// empty pointer.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with the place of each such name and file.
    pub fn check_before_json(&self, entries: &Entries, pointer: &str) -> Result<()> {
        let Err(Error::Invalid(faults)) = parse(self, entries) else { return Ok(()) };
        let mut told = FieldFaults::default();
        for fault in faults.faults() {
            let row = fault.field.strip_suffix("/~key");
            let is_name = row.is_some_and(|row| is_at_or_in(row, pointer) || is_at_or_in(pointer, row));
            if is_name || entries.has_at("u", &fault.field) && is_at_or_in(&fault.field, pointer) {
                told.add(&fault.field, fault.message.clone());
            }
        }
        told.into_result(())
    }

    /// Parses the value of a form, and validates it. All faults are told at once: those of the typed text, and what the schema
    /// refuses elsewhere.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with the pointer of a field of the form for each fault.
    pub fn read(&self, entries: &Entries, validator: &Validator) -> Result<Value> {
        let (value, mut told) = match parse(self, entries) {
            Ok(value) => (value, FieldFaults::default()),
            Err(Error::Invalid(faults)) => match parse_as_shown(self, entries) {
                Ok(value) => (value, faults),
                Err(_) => return Err(Error::Invalid(faults)),
            },
            Err(other) => return Err(other),
        };
        for (_, place, message) in faults_in(self, entries, validator, &value) {
            // the place of a fault, and what is inside of it, have been told
            let is_told = |fault: &FieldFault| {
                let rest = place.strip_prefix(fault.field.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') && !fault.field.is_empty())
            };
            if !told.faults().iter().any(is_told) {
                told.add(place, message);
            }
        }
        told.into_result(value)
    }
}

/// Reports whether a pointer is that of a field, or of one inside of it.
fn is_at_or_in(pointer: &str, field: &str) -> bool {
    pointer.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the faults of a value: the place of each in the value, its field in the form, and a sentence.
fn faults_in(plan: &Plan, entries: &Entries, validator: &Validator, value: &Value) -> Vec<(String, String, Message)> {
    let Some(errors) = validator.errors(value).filter(|errors| !errors.is_empty()) else { return Vec::new() };
    let root = plan.root(entries);
    let mut parser = Parser::new(entries);
    parser.whole(&root);
    let words = Words::new(parser.places);
    let mut faults = Vec::new();
    for error in &errors {
        for (pointer, message) in explain(error, &words) {
            let fault = (pointer.clone(), words.field_pointer(&pointer), message);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    if faults.is_empty() {
        faults.push((String::new(), String::new(), UNEXPLAINED.into()));
    }
    faults
}
