//! The size of values in words.

use serde_json::Value;

/// Reports whether a list is a table: it has rows, and each is an object.
pub(super) fn is_table(items: &[Value]) -> bool {
    items.iter().all(Value::is_object) && items.iter().filter_map(Value::as_object).any(|row| !row.is_empty())
}

/// Describes a value with members in words.
pub(super) fn size_words(value: &Value) -> String {
    match value {
        Value::Array(rows) if is_table(rows) => count_words(rows.len(), "row"),
        Value::Array(items) => count_words(items.len(), "item"),
        Value::Object(members) => count_words(members.len(), "value"),
        _ => "1 value".to_owned(),
    }
}

/// Returns a number with its noun: "1 row", "12 rows".
pub(super) fn count_words(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
