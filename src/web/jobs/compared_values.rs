//! The values of two results by their place: "owner › name", "orders › id 7 › total".
//!
//! Rows of two lists belong together if they have the same id, so a row that was added does not make all that follow differ.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::foreign_text::clean_text;

/// Most values of a body that are compared.
pub(super) const MAX_VALUES: usize = 200;

/// Longest text of a value, in characters.
const MAX_VALUE_LENGTH: usize = 300;

/// Members by which rows of two lists are matched, the best first.
const ROW_KEYS: [&str; 7] = ["id", "key", "uuid", "slug", "number", "name", "email"];

/// A value at the same place of two bodies.
pub(super) struct ComparedValue {
    pub(super) place: String,
    pub(super) shown: [String; 2],
    /// True if the whole values are equal, of which the row may show only the beginning.
    pub(super) is_same: bool,
}

/// Compares the values of two bodies, and reports whether further values are left out.
pub(super) fn compare(a: &Value, b: &Value) -> (Vec<ComparedValue>, bool) {
    let mut comparison = Comparison { values: Vec::new(), is_cut: false };
    comparison.visit("", Some(a), Some(b));
    (comparison.values, comparison.is_cut)
}

struct Comparison {
    values: Vec<ComparedValue>,
    is_cut: bool,
}

impl Comparison {
    fn visit(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>) {
        if self.values.len() >= MAX_VALUES {
            self.is_cut = true;
            return;
        }
        let is_nothing = |value: Option<&Value>| value.is_none_or(Value::is_null);
        if place.is_empty() && is_nothing(a) && is_nothing(b) {
            return;
        }
        let has_members = |value: Option<&Value>| matches!(value, Some(Value::Object(members)) if !members.is_empty());
        let has_items = |value: Option<&Value>| matches!(value, Some(Value::Array(items)) if !items.is_empty());
        if has_members(a) || has_members(b) {
            self.visit_members(place, a, b);
        } else if has_items(a) || has_items(b) {
            self.visit_items(place, a, b);
        } else {
            let shown = [a, b].map(|value| value.map_or_else(|| "–".to_owned(), show));
            self.values.push(ComparedValue { place: place.to_owned(), shown, is_same: a == b });
        }
    }

    /// Compares members by their names. A body of another kind stands whole beside them.
    fn visit_members(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>) {
        let [left, right] = [a, b].map(|value| value.and_then(Value::as_object));
        if self.differs_in_kind(place, a, b, left.is_some(), right.is_some()) {
            return;
        }
        let empty = Map::new();
        let (left, right) = (left.unwrap_or(&empty), right.unwrap_or(&empty));
        for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
            self.visit(&below(place, key), left.get(key), right.get(key));
        }
    }

    /// Compares items by their ids, if they have some, else by their order.
    fn visit_items(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>) {
        let [left, right] = [a, b].map(|value| value.and_then(Value::as_array));
        if self.differs_in_kind(place, a, b, left.is_some(), right.is_some()) {
            return;
        }
        let [left, right] = [left, right].map(|items| items.map_or(&[][..], Vec::as_slice));
        let Some(key) = row_key(left, right) else {
            for at in 0..left.len().max(right.len()) {
                self.visit(&below(place, &format!("item {}", at + 1)), left.get(at), right.get(at));
            }
            return;
        };
        let find = |items: &'_ [Value], id: &str| {
            items.iter().position(|row| row.get(key).and_then(id_text).as_deref() == Some(id))
        };
        let ids = |items: &[Value]| items.iter().filter_map(|row| id_text(row.get(key)?)).collect::<Vec<_>>();
        let known: HashSet<String> = ids(left).into_iter().collect();
        let all = ids(left).into_iter().chain(ids(right).into_iter().filter(|id| !known.contains(id)));
        for id in all {
            let rows = [left, right].map(|items| find(items, &id).and_then(|at| items.get(at)));
            self.visit(&below(place, &format!("{key} {id}")), rows[0], rows[1]);
        }
    }

    /// Adds one row if a value is there on both sides, and its kind differs.
    fn differs_in_kind(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>, left: bool, right: bool) -> bool {
        let is_other = |value: Option<&Value>, fits: bool| value.is_some_and(|value| !value.is_null()) && !fits;
        let differs = is_other(a, left) || is_other(b, right);
        if differs {
            let shown = [a, b].map(|value| value.map_or_else(|| "–".to_owned(), show));
            self.values.push(ComparedValue { place: place.to_owned(), shown, is_same: false });
        }
        differs
    }
}

fn below(place: &str, key: &str) -> String {
    let key = clean_text(key);
    if place.is_empty() { key.into_owned() } else { format!("{place} › {key}") }
}

/// Returns the member that names each row of both lists, once in each.
fn row_key(a: &[Value], b: &[Value]) -> Option<&'static str> {
    let names_all = |items: &[Value], key: &str| {
        let mut seen = HashSet::new();
        items.iter().all(|row| row.get(key).and_then(id_text).is_some_and(|id| seen.insert(id)))
    };
    ROW_KEYS.into_iter().find(|key| names_all(a, key) && names_all(b, key))
}

fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= 100 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a value in the words of a result's page.
fn show(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "empty list".to_owned(),
        Value::Object(members) if members.is_empty() => "no values".to_owned(),
        other => other.to_string(),
    };
    let cut: String = text.chars().take(MAX_VALUE_LENGTH).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", clean_text(&cut))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use serde_json::{Value, json};

    fn different(a: &Value, b: &Value) -> Vec<(String, [String; 2])> {
        let (values, _) = compare(a, b);
        values.into_iter().filter(|value| !value.is_same).map(|value| (value.place, value.shown)).collect()
    }

    fn row(place: &str, a: &str, b: &str) -> (String, [String; 2]) {
        (place.to_owned(), [a.to_owned(), b.to_owned()])
    }

    #[test]
    fn rows_are_matched_by_their_ids() {
        let a = json!({"rows": [{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]});
        let b = json!({"rows": [{"id": 3, "n": "c"}, {"id": 1, "n": "a"}, {"id": 2, "n": "x"}]});
        assert_eq!(
            different(&a, &b),
            [row("rows › id 2 › n", "b", "x"), row("rows › id 3 › id", "–", "3"), row("rows › id 3 › n", "–", "c"),]
        );
        let twice = json!([{"id": 1, "n": 1}, {"id": 1, "n": 2}]);
        assert_eq!(different(&twice, &json!([{"id": 1, "n": 1}])).len(), 2);
    }

    #[test]
    fn values_have_the_words_of_a_result() {
        let a = json!({"a": true, "b": "", "c": [], "d": {"e": 1}, "f": null});
        let b = json!({"a": false, "b": null, "c": [7], "d": "x", "f": null});
        assert_eq!(
            different(&a, &b),
            [
                row("a", "Yes", "No"),
                row("b", "empty text", "none"),
                row("c › item 1", "–", "7"),
                row("d", "{\"e\":1}", "x"),
            ]
        );
    }
}
