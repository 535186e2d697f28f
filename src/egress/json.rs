//! Reads the JSON of other people's servers, for MCP, REST and OAuth: repairs what has one meaning, cleans every text, and
//! quotes the place of a fault that has none.

use std::borrow::Cow;

use serde_json::Value;

use super::failure::quote;
use super::json_repair::repair;
use crate::secret::Redactor;

/// Maximum number of characters that an excerpt has before and after the fault.
const EXCERPT_CHARS: usize = 40;

/// Text that is not JSON, also after the repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidJson(String);

/// Reads JSON, and cleans it.
///
/// Skips a byte order mark. Replaces bytes that are not UTF-8, halves of a surrogate pair, and values that are nested too
/// deeply. Accepts control characters in strings.
///
/// # Errors
/// The text, if it is not JSON after all that.
pub fn read_json(bytes: &[u8]) -> Result<Value, InvalidJson> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let parsed: Result<Value, _> = serde_json::from_str(&text);
    let mut value = if let Ok(value) = parsed {
        value
    } else {
        let repaired = repair(&text);
        serde_json::from_str(&repaired).map_err(|_| InvalidJson(repaired))?
    };
    clean_json(&mut value);
    Ok(value)
}

/// Cleans every string and every name in a value. The single place through which all JSON of other servers passes.
fn clean_json(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(cleaned) = clean_text(text) {
                *text = cleaned;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean_json),
        Value::Object(members) => {
            if members.keys().any(|name| matches!(clean_text(name), Cow::Owned(_))) {
                let cleaned = std::mem::take(members).into_iter();
                *members = cleaned.map(|(name, value)| (clean_text(&name).into_owned(), value)).collect();
            }
            members.values_mut().for_each(clean_json);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Replaces NUL, which PostgreSQL stores in no text.
fn clean_text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

impl InvalidJson {
    /// Quotes the place of the fault. Secrets are removed from the whole text, before it is cut.
    #[must_use]
    pub fn excerpt(&self, secrets: &Redactor) -> String {
        let text = secrets.redact(&self.0);
        let fault = serde_json::from_str::<Value>(&text).err();
        let at = fault.map_or(0, |fault| offset(&text, fault.line(), fault.column()));
        let start = text[..at].char_indices().rev().nth(EXCERPT_CHARS - 1).map_or(0, |(start, _)| start);
        quote(&text[start..], 2 * EXCERPT_CHARS)
    }
}

/// Returns the byte offset of a place that the parser names, which counts bytes from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{InvalidJson, read_json};
    use crate::secret::Redactor;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_byte_order_mark_and_invalid_bytes_are_repaired() {
        assert_eq!(read_json(b"\xEF\xBB\xBF{\"a\": 1.50}").unwrap().to_string(), r#"{"a":1.50}"#);
        assert_eq!(read_json(b"\"caf\xE9\"").unwrap(), "caf\u{FFFD}");
    }

    #[test]
    fn nul_is_replaced_in_texts_and_in_names() {
        assert_eq!(read_json(br#"{"a\u0000": ["b\u0000c"]}"#).unwrap(), json!({"a\u{FFFD}": ["b\u{FFFD}c"]}));
        assert_eq!(read_json(b"\"a\0b\"").unwrap(), "a\u{FFFD}b");
    }

    #[test]
    fn the_place_of_a_fault_is_quoted_without_secrets() {
        let long = "x".repeat(200);
        let fault = read_json(format!(r#"{{"text": "{long} öööö", "mean": NaN, "token": "s3cret"}}"#).as_bytes());
        let excerpt = fault.unwrap_err().excerpt(&Redactor::new(["s3cret"]));
        assert!(excerpt.ends_with(r#"ö", "mean": NaN, "token": "[redacted]"}"#), "{excerpt}");
        assert!(excerpt.chars().count() <= 81, "{excerpt}");
        assert_eq!(InvalidJson(String::new()).excerpt(&Redactor::default()), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail_otherwise(bytes: Vec<u8>) {
            if let Err(fault) = read_json(&bytes) {
                prop_assert!(fault.excerpt(&Redactor::default()).chars().count() <= 81);
            }
        }

        #[test]
        fn what_is_json_is_read_as_it_is(text in "[^\0]{0,20}", number: i64) {
            let value = json!({"a": [text, number, null]});
            prop_assert_eq!(read_json(value.to_string().as_bytes()).unwrap(), value);
        }
    }
}
