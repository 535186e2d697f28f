//! Repairs text that is almost JSON: halves of a surrogate pair, control characters in strings, and very deep nesting.

use std::fmt::Write as _;

/// Deepest nesting that is read; the parser's own limit of 128 would refuse the whole text.
const MAX_DEPTH: usize = 100;

/// Text that stands in place of a value that is nested too deeply.
const TOO_DEEP: &str = r#""[nested too deeply]""#;

/// Returns the text in a form that a strict parser reads, if it has one. Other faults stay as they are.
pub(super) fn repair(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let (mut rest, mut depth) = (text, 0_usize);
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let is_kept = depth <= MAX_DEPTH;
        match letter {
            '"' => {
                let end = string_end(rest);
                if is_kept {
                    repaired.push('"');
                    repair_string(&rest[..end], &mut repaired);
                }
                rest = &rest[end..];
            }
            '[' | '{' => {
                depth += 1;
                if depth == MAX_DEPTH + 1 {
                    repaired.push_str(TOO_DEEP);
                } else if depth <= MAX_DEPTH {
                    repaired.push(letter);
                }
            }
            ']' | '}' => {
                if is_kept {
                    repaired.push(letter);
                }
                depth = depth.saturating_sub(1);
            }
            _ if is_kept => repaired.push(letter),
            _ => {}
        }
    }
    repaired
}

/// Returns the length of the rest of a string, with its closing quote.
fn string_end(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn repair_string(mut rest: &str, repaired: &mut String) {
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\\' => repair_escape(rest, repaired),
            control if control < ' ' => {
                let _ = write!(repaired, "\\u{:04x}", u32::from(control));
                1
            }
            _ => {
                repaired.push(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[length..];
    }
}

/// Copies the escape at the start of `rest`, or replaces half a surrogate pair. Returns the length of what it has read.
fn repair_escape(rest: &str, repaired: &mut String) -> usize {
    let (read, written) = match code_unit(rest) {
        Some(0xD800..=0xDBFF) if matches!(rest.get(6..).and_then(code_unit), Some(0xDC00..=0xDFFF)) => {
            (12, &rest[..12])
        }
        Some(0xD800..=0xDFFF) => (6, "\\ufffd"),
        Some(_) => (6, &rest[..6]),
        None => {
            let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
            (1 + escaped, &rest[..=escaped])
        }
    };
    repaired.push_str(written);
    read
}

/// Returns the code unit of an escape such as `\ud83d` at the start of `rest`.
fn code_unit(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, repair};
    use serde_json::{Value, json};

    fn read(text: &str) -> Value {
        serde_json::from_str(&repair(text)).unwrap()
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_stays() {
        assert_eq!(
            read(r#"["a \ud83d", "\ude00 b", "\ud83d\ude00", "\ud83d\ud83d\ude00"]"#),
            json!(["a \u{FFFD}", "\u{FFFD} b", "😀", "\u{FFFD}😀"])
        );
        assert_eq!(read(r#""\\ud83d""#), r"\ud83d", "an escaped backslash begins no escape");
    }

    #[test]
    fn control_characters_in_strings_are_accepted() {
        assert_eq!(read("{\"a\tb\": \"line\nline\"}"), json!({"a\tb": "line\nline"}));
    }

    #[test]
    fn a_value_that_is_nested_too_deeply_is_replaced_and_its_neighbours_stay() {
        let deep = format!("{}\"]\\\"\"{}", "[{\"a\":".repeat(1_000), "}]".repeat(1_000));
        let read = read(&format!(r#"{{"before": 1, "deep": {deep}, "after": 2}}"#));
        assert_eq!((&read["before"], &read["after"]), (&json!(1), &json!(2)));
        let (mut depth, mut inner) = (1, &read["deep"]);
        while let Some(next) = inner.get(0).or_else(|| inner.get("a")) {
            (depth, inner) = (depth + 1, next);
        }
        assert_eq!((depth, inner), (MAX_DEPTH, &json!("[nested too deeply]")));
    }

    #[test]
    fn other_faults_stay_as_they_are() {
        for text in [r#"{"a": NaN}"#, r#"["open"#, r#""\"#, r#""\x41""#, "]]", "", r#""\u12"#] {
            assert!(serde_json::from_str::<Value>(&repair(text)).is_err(), "{text}");
        }
    }
}
