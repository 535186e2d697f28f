//! Examples of a schema. They fill what a form leaves empty, when a person asks for them.

use serde_json::{Map, Value};

use super::builder::Builder;
use super::describe::first_example;
use super::entries::{Entries, WHOLE_INPUT};
use super::field::{Control, Field};
use super::field_place::Source;
use super::parse::shows_default;
use super::plan::Plan;
use super::validator::Validator;

impl Plan {
    /// Finds the example of the whole input: that of the schema, or those of its fields.
    pub(super) fn find_examples(&mut self, validator: &Validator) {
        let whole = self.schema.as_object().and_then(first_example);
        let whole = whole.filter(|value| value.is_object() && validator.check(value).is_ok()).cloned();
        if self.why_json.is_some() {
            self.example = whole;
            return;
        }
        let root = self.root(&Entries::default());
        let Control::Group(group) = &root.control else {
            self.example = whole;
            return;
        };
        let of_whole = |field: &Field| whole.as_ref()?.get(field.key()).cloned().filter(|_| !field.is_secret);
        let example = |field: &Field| Some((field.key(), example_of(field).or_else(|| of_whole(field))?));
        let examples: Map<_, _> = group.fields.iter().filter_map(example).collect();
        self.example = (!examples.is_empty()).then_some(Value::Object(examples));
    }
}

/// Returns the example of a field. That of an object consists of its fields.
fn example_of(field: &Field) -> Option<Value> {
    if field.is_secret {
        return None;
    }
    let inner = || match &field.control {
        Control::Group(group) if field.required => {
            let examples: Map<_, _> =
                group.fields.iter().filter_map(|field| Some((field.key(), example_of(field)?))).collect();
            (!examples.is_empty()).then_some(Value::Object(examples))
        }
        _ => None,
    };
    field.example.clone().or_else(inner)
}

impl Entries {
    /// Returns the form with examples, or defaults, in its empty fields. What somebody typed stays.
    #[must_use]
    pub fn with_example(&self, plan: &Plan) -> Self {
        let mut filled = self.clone();
        if plan.why_json.is_some() || self.is_json() {
            filled.complete_text(plan);
            return filled;
        }
        let root = plan.root(self);
        let example = plan.example.clone().unwrap_or_default();
        let mut replaced = Vec::new();
        if let Control::Group(group) = &root.control {
            filled.find_empty(&group.fields, Some(&example), &mut replaced);
        }
        for (pointer, value) in replaced {
            filled.remove_below(&pointer);
            Builder::new(&plan.schema, &mut filled).replacing(&pointer, Source::Value(&value)).root(Source::Entries);
        }
        filled
    }

    /// Reports whether the schema has an example for something that the form leaves empty.
    #[must_use]
    pub fn lacks_example(&self, plan: &Plan) -> bool {
        plan.example.is_some() && self.with_example(plan) != *self
    }

    /// Finds the fields that are empty, and the examples or defaults for them.
    fn find_empty(&self, fields: &[Field], example: Option<&Value>, replaced: &mut Vec<(String, Value)>) {
        for field in fields {
            let is_used = self.is_used(field);
            let example = example.and_then(|example| example.get(field.key()));
            match &field.control {
                _ if field.is_secret => {}
                Control::Group(group) if is_used || field.required => self.find_empty(&group.fields, example, replaced),
                _ if is_used => {}
                Control::Group(_) | Control::Closed if example.is_none() => {}
                _ => {
                    let value = example.or(field.default.as_ref());
                    replaced.extend(value.map(|value| (field.pointer.clone(), value.clone())));
                }
            }
        }
    }

    /// Reports whether a field, or a field inside of it, holds more than the defaults that the form filled in.
    fn is_used(&self, field: &Field) -> bool {
        let is_own = self.contents(field).iter().any(|(prefix, _)| *prefix != "r") && !shows_default(field, self);
        is_own || self.has_at("s", &field.pointer) || field.inner().into_iter().any(|field| self.is_used(field))
    }

    /// Adds the missing properties of the example to the whole input as JSON, if that is an object.
    fn complete_text(&mut self, plan: &Plan) {
        let Some(Value::Object(example)) = &plan.example else { return };
        let text = self.get(WHOLE_INPUT).unwrap_or_default().trim();
        let typed = if text.is_empty() { Some(Map::new()) } else { serde_json::from_str(text).ok() };
        let Some(mut input) = typed else { return };
        let missing: Vec<_> = example.iter().filter(|(name, _)| !input.contains_key(*name)).collect();
        if missing.is_empty() {
            return;
        }
        input.extend(missing.into_iter().map(|(name, value)| (name.clone(), value.clone())));
        let text = serde_json::to_string_pretty(&input).unwrap_or_default();
        self.retain(|(name, _)| name != WHOLE_INPUT);
        self.push(WHOLE_INPUT, "", text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Entries, Plan, parse};

    fn plan() -> Plan {
        Plan::compile(&json!({
            "type": "object",
            "required": ["title", "shape"],
            "properties": {
                "title": { "type": "string", "examples": ["Tea", "Cup"] },
                "count": { "type": "integer", "examples": ["many"], "default": 3 },
                "password": { "type": "string", "format": "password", "examples": ["hunter2"] },
                "tags": { "type": "array", "items": { "type": "string" }, "examples": [["a", "b"]] },
                "shape": { "type": "object", "required": ["side"], "properties": {
                    "side": { "type": "integer", "examples": [4] }
                } },
                "note": { "type": "object", "properties": { "text": { "type": "string", "examples": ["hidden"] } } },
            }
        }))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Entries {
        Entries::from_pairs(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    fn value(entries: &Entries) -> Value {
        parse(&plan(), entries).unwrap()
    }

    #[test]
    fn an_example_fills_what_is_empty_and_nothing_else() {
        let plan = plan();
        let blank = Entries::blank(&plan);
        assert!(blank.lacks_example(&plan));
        let filled = blank.with_example(&plan);
        let expected = json!({ "title": "Tea", "count": 3, "tags": ["a", "b"], "shape": { "side": 4 } });
        assert_eq!(value(&filled), expected, "no secret, no default that fits not, no object that is left out");
        assert!(!filled.lacks_example(&plan));

        let typed = pairs(&[("v/title", "My own"), ("v/tags", ""), ("v/shape/side", ""), ("v/count", "")]);
        let expected = json!({ "title": "My own", "count": 3, "tags": ["a", "b"], "shape": { "side": 4 } });
        assert_eq!(value(&typed.with_example(&plan)), expected);
        // text that is no number stays, to be corrected
        let wrong = pairs(&[("v/count", "many"), ("on/title", "on")]).with_example(&plan);
        assert_eq!((wrong.get("v/count"), wrong.get("v/title")), (Some("many"), None));
    }

    #[test]
    fn in_json_the_example_adds_what_is_missing() {
        let plan = plan();
        let text = |typed: &str| pairs(&[("j", typed), ("idem", "1")]).with_example(&plan).get("j").unwrap().to_owned();
        let filled: Value =
            serde_json::from_str(&text(r#"{"title": "Mine", "big": 12345678901234567890123}"#)).unwrap();
        assert_eq!(filled["title"], "Mine");
        assert_eq!(filled["big"].to_string(), "12345678901234567890123");
        assert_eq!(filled["tags"], json!(["a", "b"]));
        assert_eq!(text("{ not json"), "{ not json");
    }

    #[test]
    fn an_example_of_the_whole_input_serves_every_field() {
        let plan = Plan::compile(&json!({
            "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "integer" } },
            "examples": [{ "a": "x", "b": 2 }]
        }));
        let filled = Entries::blank(&plan).with_example(&plan);
        assert_eq!(parse(&plan, &filled).unwrap(), json!({ "a": "x", "b": 2 }));
    }
}
