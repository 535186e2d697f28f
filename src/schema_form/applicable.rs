//! The fields whose conditions do not hold, which a form hides once somebody asks for it.

use std::collections::HashSet;

use serde_json::Value;

use super::entries::{Entries, ONLY_APPLICABLE};
use super::field::{Condition, Control, Field, Group};
use super::fit::Fit;
use super::parse::Parser;
use super::plan::Plan;
use super::tuck::{has_fault, is_empty};
use crate::error::FieldFaults;

/// The id of the button that asks for it.
pub(super) const REFRESH_ID: &str = "f__refresh";

/// The fields with conditions of a form, and the button that hides some of them.
pub(super) struct ConditionalFields {
    /// Pointers of the fields that are hidden. Those that hold something, or have a fault, are shown.
    pub(super) hidden: HashSet<String>,
    /// The form hides fields.
    pub(super) is_on: bool,
}

impl ConditionalFields {
    /// Finds the fields with conditions. Returns `None` for a form without any.
    pub(super) fn find(plan: &Plan, root: &Field, entries: &Entries, faults: &FieldFaults) -> Option<Self> {
        let all = root.all();
        if !all.iter().any(|field| matches!(&field.control, Control::Group(group) if !group.conditions.is_empty())) {
            return None;
        }
        let is_on = entries.has(ONLY_APPLICABLE);
        let mut hidden = HashSet::new();
        if is_on {
            let mut parser = Parser::new(entries);
            let value = parser.whole(root);
            let fit = Fit::new(&plan.schema);
            for (place, field) in &parser.places {
                if let Control::Group(group) = &field.control {
                    let fields = inapplicable(group, value.pointer(place), &fit);
                    let fields = fields.filter(|field| is_empty(field, entries) && !has_fault(field, faults));
                    hidden.extend(fields.map(|field| field.pointer.clone()));
                }
            }
        }
        Some(Self { hidden, is_on })
    }
}

/// Returns the fields of an object none of whose conditions holds.
fn inapplicable<'g>(group: &'g Group, object: Option<&Value>, fit: &Fit<'_>) -> impl Iterator<Item = &'g Field> {
    let empty = Value::Object(serde_json::Map::new());
    let holds = |condition: &&Condition| fit.satisfies(&condition.test, object.unwrap_or(&empty)) == condition.is_met;
    let (held, other): (Vec<_>, Vec<_>) = group.conditions.iter().partition(holds);
    let names = |conditions: Vec<&'g Condition>| -> HashSet<&str> {
        conditions.into_iter().flat_map(|condition| &condition.names).map(String::as_str).collect()
    };
    let (held, other) = (names(held), names(other));
    group.fields.iter().filter(move |field| {
        let key = field.key();
        other.contains(key.as_str()) && !held.contains(key.as_str())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Entries, FormView, Plan};
    use crate::error::FieldFaults;

    /// Returns the names of the fields with text that the page of a form has.
    fn shown(plan: &Plan, entries: &Entries, faults: &FieldFaults) -> Vec<String> {
        let html = FormView::new(plan, entries, faults).to_string();
        let names = html.split("name=\"v/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut names: Vec<_> = names.map(ToOwned::to_owned).collect();
        names.dedup();
        names
    }

    fn pressed(plan: &Plan, op: &str, pairs: &[(&str, &str)]) -> Entries {
        let pairs = pairs.iter().copied().chain([("op", op)]).map(|(name, text)| (name.to_owned(), text.to_owned()));
        Entries::from_pairs(pairs.collect()).edited(plan).unwrap().entries
    }

    #[test]
    fn fields_whose_condition_does_not_hold_are_hidden_when_somebody_asks() {
        let text = json!({ "type": "string" });
        let kind = |kind: &str, name: &str| json!({ "if": { "properties": { "kind": { "const": kind } } }, "then": { "properties": { name: text } } });
        let plan = Plan::compile(&json!({ "required": ["kind"], "properties": { "kind": text },
            "allOf": [kind("email", "address"), kind("sms", "number"), kind("sms", "country")],
            "dependentSchemas": { "number": { "properties": { "extension": text } } } }));
        let none = FieldFaults::default();
        let all = ["kind", "address", "number", "country", "extension"];
        assert_eq!(shown(&plan, &Entries::blank(&plan), &none), all);
        let email = pressed(&plan, "refresh", &[("v/kind", "email")]);
        assert_eq!(shown(&plan, &email, &none), ["kind", "address"]);
        // what holds something, or has a fault, stays
        let typed = pressed(&plan, "refresh", &[("v/kind", "email"), ("v/country", "DE")]);
        assert_eq!(shown(&plan, &typed, &none), ["kind", "address", "country"]);
        let mut faults = FieldFaults::default();
        faults.add("/number", "Enter number");
        assert_eq!(shown(&plan, &email, &faults), ["kind", "address", "number"]);
        // the page keeps it, until somebody asks for all fields
        let pair = ("applicable", "on");
        let sms = pressed(&plan, "refresh", &[pair, ("v/kind", "sms"), ("v/number", "1")]);
        assert_eq!(shown(&plan, &sms, &none), ["kind", "number", "country", "extension"]);
        assert_eq!(shown(&plan, &pressed(&plan, "refresh:all", &[pair, ("v/kind", "sms")]), &none), all);
    }
}
