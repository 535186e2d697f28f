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
            parser.whole(root);
            let fit = Fit::new(&plan.schema);
            for (group, object) in &parser.conditional {
                let fields = inapplicable(group, object, entries, &fit);
                let fields = fields.filter(|field| is_empty(field, entries) && !has_fault(field, faults));
                hidden.extend(fields.map(|field| field.pointer.clone()));
            }
        }
        Some(Self { hidden, is_on })
    }
}

/// Returns the optional fields of an object none of whose conditions holds. A condition that the hub cannot judge holds: it may be
/// about a secret, which the page does not have.
fn inapplicable<'g>(
    group: &'g Group,
    object: &Value,
    entries: &Entries,
    fit: &Fit<'_>,
) -> impl Iterator<Item = &'g Field> {
    let sealed = group.fields.iter().filter(|field| entries.has_at("s", &field.pointer));
    let sealed: Vec<_> = sealed.map(|field| Value::from(field.key()).to_string()).collect();
    let holds = |condition: &&Condition| {
        let test = condition.test.to_string();
        let is_unknown = sealed.iter().any(|name| test.contains(name));
        is_unknown || fit.satisfies(&condition.test, object).is_none_or(|is_met| is_met == condition.is_met)
    };
    let (held, other): (Vec<_>, Vec<_>) = group.conditions.iter().partition(holds);
    let names = |conditions: Vec<&'g Condition>| -> HashSet<&str> {
        conditions.into_iter().flat_map(|condition| &condition.names).map(String::as_str).collect()
    };
    let (held, other) = (names(held), names(other));
    group.fields.iter().filter(move |field| {
        let key = field.key();
        !field.required && other.contains(key.as_str()) && !held.contains(key.as_str())
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

    #[test]
    fn a_condition_is_judged_by_what_the_page_shows() {
        let none = FieldFaults::default();
        let choice = json!({ "enum": ["email", "sms"], "default": "sms" });
        let options = json!({ "properties": { "kind": choice },
            "if": { "properties": { "kind": { "const": "sms" } }, "required": ["kind"] },
            "then": { "properties": { "number": { "type": "string" } } }, "else": { "properties": { "address": { "type": "string" } } } });
        let plan = Plan::compile(&json!({ "properties": { "options": options } }));
        let blank: Vec<_> = Entries::blank(&plan).pairs().to_vec();
        let blank: Vec<_> = blank.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        // a default alone sends no object
        let names = shown(&plan, &pressed(&plan, "refresh", &blank), &none);
        assert_eq!(names, ["options/kind", "options/number"]);
    }

    #[test]
    fn what_the_hub_cannot_judge_and_what_is_required_stays() {
        let none = FieldFaults::default();
        let text = json!({ "type": "string" });
        let kind = |kind: &str, name: &str| {
            json!({ "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
            "then": { "properties": { "kind": { "type": "string" }, name: text } } })
        };
        let plan = Plan::compile(&json!({ "required": ["kind"], "allOf": [kind("a", "x"), kind("b", "y")] }));
        assert_eq!(shown(&plan, &pressed(&plan, "refresh", &[]), &none), ["kind"]);
        let secret = json!({ "properties": { "api_key": text },
            "if": { "properties": { "api_key": { "minLength": 1 } }, "required": ["api_key"] }, "then": { "properties": { "x": text } } });
        let plan = Plan::compile(&secret);
        assert_eq!(shown(&plan, &pressed(&plan, "refresh", &[]), &none), ["api_key"]);
        let sealed = pressed(&plan, "refresh", &[("s/api_key", "sealed")]);
        assert_eq!(shown(&plan, &sealed, &none), ["api_key", "x"]);
    }
}
