//! Values of schemas, put together at random. Many are valid, and the tests keep those.

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use serde_json::{Map, Value, json};

/// Depth at which optional parts are left out.
const MAX_DEPTH: usize = 5;

/// Makes values for the parts of one schema.
pub(super) struct Sampler<'a> {
    pub(super) root: &'a Value,
    pub(super) rng: TestRng,
    /// The number of optional properties that are there, of ten.
    pub(super) filled: u32,
}

impl Sampler<'_> {
    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.rng.next_u32() as usize % n }
    }

    fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        for _ in 0..16 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
            let target = self.root.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default();
            let mut joined = target.as_object().cloned().unwrap_or_default();
            for (name, value) in schema.as_object().into_iter().flatten().filter(|(name, _)| *name != "$ref") {
                joined.insert(name.clone(), value.clone());
            }
            schema = Value::Object(joined);
        }
        schema
    }

    /// Returns a value that probably fits.
    pub(super) fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolved(schema);
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
            return values[self.below(values.len())].clone();
        }
        let mut parts = Vec::new();
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = schema.get(keyword).and_then(Value::as_array).filter(|it| !it.is_empty()) {
                parts.push(branches[self.below(branches.len())].clone());
            }
        }
        parts.extend(schema.get("allOf").and_then(Value::as_array).cloned().unwrap_or_default());
        if parts.is_empty() {
            return self.own_value(&schema, depth);
        }
        let has_own = ["type", "properties"].iter().any(|keyword| schema.get(*keyword).is_some());
        let mut values: Vec<Value> = parts.iter().map(|part| self.value(part, depth)).collect();
        if has_own {
            values.push(self.own_value(&schema, depth));
        }
        // of objects, everything counts; of others, the last one
        if values.iter().all(Value::is_object) {
            let members = values.into_iter().filter_map(|value| value.as_object().cloned()).flatten();
            return Value::Object(members.collect());
        }
        values.into_iter().find(|value| !value.is_object()).unwrap_or_default()
    }

    fn own_value(&mut self, schema: &Value, depth: usize) -> Value {
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) if !kinds.is_empty() => kinds[self.below(kinds.len())].clone(),
            Some(kind) => kind.clone(),
            None if schema.get("properties").is_some() => json!("object"),
            None if schema.get("items").is_some() => json!("array"),
            None => {
                return [json!("text"), json!(7), json!(true), json!([1, "a"]), json!({ "x": null })][self.below(5)]
                    .clone();
            }
        };
        match kind.as_str().unwrap_or_default() {
            "string" => Value::from(self.text(schema)),
            "integer" => self.number(schema, &["0", "7", "-3", "12345678901234567890123"]),
            "number" => self.number(schema, &["0", "1.50", "-0.25", "3"]),
            "boolean" => Value::from(self.below(2) == 0),
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    fn text(&mut self, schema: &Value) -> String {
        let options: &[&str] = match schema.get("format").and_then(Value::as_str).unwrap_or_default() {
            "date" => &["2026-11-24"],
            "date-time" => &["2026-11-24T08:30:00Z", "2026-02-28T23:59:59.250+02:00", "2026-11-24T08:30:00.100Z"],
            "time" => &["08:30:00Z", "23:59:59.25-03:30", "08:30:00.100Z", "23:59:60Z"],
            "byte" | "binary" => &["aGkKeW91", "aGk", "AP8+", "not base64", "aGk=\naGk="],
            "duration" => &["P3DT4H", "PT0060S", "P1W"],
            "email" => &["a@b.example"],
            "uri" | "url" | "iri" => &["https://a.example/x?y=1"],
            "uuid" => &["018f5c5e-7b1a-7c3e-9b1e-0123456789ab"],
            "ipv4" => &["192.0.2.1"],
            _ => &["a", "two words", " edges ", "line\nbreak", "Ünïcode 🦊", "", "7", "true", "old\rmac"],
        };
        let mut text = options[self.below(options.len())].to_owned();
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        while (text.chars().count() as u64) < least {
            text.push('x');
        }
        text
    }

    fn number(&mut self, schema: &Value, options: &[&str]) -> Value {
        let least = schema.get("minimum").or_else(|| schema.get("maximum"));
        match least {
            Some(limit) => limit.clone(),
            None => serde_json::from_str(options[self.below(options.len())]).unwrap(),
        }
    }

    fn array(&mut self, schema: &Value, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(3).min(least + 3);
        let extra =
            if depth >= MAX_DEPTH { 0 } else { self.below(usize::try_from(most - least).unwrap_or(0) + 1) as u64 };
        let count = usize::try_from(least + extra).unwrap_or(0).min(8);
        let fixed = schema.get("prefixItems").and_then(Value::as_array).cloned().unwrap_or_default();
        let items = schema.get("items").cloned().unwrap_or(json!(true));
        let mut found = Vec::new();
        for at in 0..count.max(if least > 0 { fixed.len() } else { 0 }) {
            let item = self.value(fixed.get(at).unwrap_or(&items), depth + 1);
            if schema.get("uniqueItems") != Some(&json!(true)) || !found.contains(&item) {
                found.push(item);
            }
        }
        Value::Array(found)
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_there = depth < MAX_DEPTH && self.below(10) < self.filled as usize;
            if required.contains(&name.as_str()) || is_there {
                object.insert(name.clone(), self.value(property, depth + 1));
            }
        }
        if let Some(others) = schema.get("additionalProperties").filter(|rule| **rule != json!(false))
            && depth < MAX_DEPTH
        {
            for name in ["env", "a/b", "0"].into_iter().take(self.below(3)) {
                object.entry(name).or_insert_with(|| json!(null));
                let value = self.value(others, depth + 1);
                object.insert(name.to_owned(), value);
            }
        }
        Value::Object(object)
    }
}

/// Returns values of a schema, always the same for one seed.
pub(super) fn values(schema: &Value, count: usize, seed: u8) -> Vec<Value> {
    let rng = TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &[seed; 32]);
    let mut sampler = Sampler { root: schema, rng, filled: 3 };
    (0..count)
        .map(|at| {
            sampler.filled = [0, 3, 8, 10][at % 4];
            sampler.value(schema, 0)
        })
        .collect()
}
