//! Parsing of JSON that a person typed. A fault names its place, and what to do there.

use serde_json::Value;
use serde_json::error::Category;

/// Parses JSON text.
///
/// # Errors
/// Returns a sentence without its full stop.
pub(super) fn read(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("Enter the input as JSON, at least {}".to_owned());
    }
    serde_json::from_str(text).map_err(|error| explain(&error))
}

/// Says where text stops being JSON, and what to do there; without a full stop.
#[must_use]
pub fn explain(error: &serde_json::Error) -> String {
    format!("Line {}, column {}: {}", error.line(), error.column(), advice(error))
}

/// Says in words what the parser found. Its own words are for programmers.
fn advice(error: &serde_json::Error) -> &'static str {
    if error.classify() == Category::Eof {
        return "the JSON stops here, something is missing";
    }
    let cause = error.to_string();
    let says = |words: &str| cause.starts_with(words);
    if says("trailing comma") {
        "remove the comma before this"
    } else if says("trailing characters") {
        "the JSON ends before this, remove the rest"
    } else if says("expected `,` or") {
        "a comma or a closing bracket is missing before this"
    } else if says("expected `:`") {
        "a colon is missing before this"
    } else if says("key must be a string") {
        "write the name in double quotes"
    } else if says("expected value") {
        "a value is missing, or text without double quotes"
    } else if says("control character") {
        "write a line break inside text as \\n"
    } else if says("invalid escape") {
        "write a backslash inside text twice"
    } else if says("invalid number") || says("number out of range") {
        "this is not a number of JSON, such as 12 or 0.5"
    } else {
        "this is not JSON"
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_fault_says_where_it_is_and_what_to_do() {
        for (text, told) in [
            ("", "Enter the input as JSON, at least {}"),
            ("{\"a\": ", "Line 1, column 6: the JSON stops here, something is missing"),
            ("{\"a\": 1,}", "Line 1, column 9: remove the comma before this"),
            ("{\"a\": 1} x", "Line 1, column 10: the JSON ends before this, remove the rest"),
            ("{\"a\": 1 \"b\"}", "Line 1, column 9: a comma or a closing bracket is missing before this"),
            ("{\"a\" 1}", "Line 1, column 6: a colon is missing before this"),
            ("{a: 1}", "Line 1, column 2: write the name in double quotes"),
            ("{\"a\": street}", "Line 1, column 7: a value is missing, or text without double quotes"),
            ("{\"a\": \"x\ny\"}", "Line 2, column 0: write a line break inside text as \\n"),
            ("{\"a\": \"\\x\"}", "Line 1, column 9: write a backslash inside text twice"),
        ] {
            assert_eq!(read(text).unwrap_err(), told, "{text}");
        }
    }
}
