//! Hints of fields: limits in words, and one example.

use jiff::civil::Date;
use serde_json::{Number, Value};

use super::MAX_INPUT_BYTES;
use super::bytes_hints::{bytes_limit, bytes_words};
use super::field::{Control, Field};
use super::keywords::Keywords;
use super::names::plain;
use super::number::grouped;
use super::scalar::{Lifecycle, Line};

/// Longest example in a hint, in characters. Longer ones are only filled in.
const MAX_EXAMPLE_LENGTH: usize = 60;

/// Most lines of the example of a list.
const MAX_EXAMPLE_LINES: usize = 3;

/// Longest maximum that the hint of a line names, in characters. Nobody who types a line reaches a larger one by chance.
const MAX_NAMED_LINE_LENGTH: u64 = 60;

/// The same for a text of several lines, such as a message of 280 characters.
const MAX_NAMED_TEXT_LENGTH: u64 = 1000;

/// The example of a date whose schema has none.
const DATE_EXAMPLE: &str = "28 November 2026";

/// Text about the offset of a time.
const OFFSET_HINT: &str = "Choose the offset from UTC, too: where clocks change, it depends on the day";

/// Text about the spellings of a duration.
const DURATION_HINT: &str = "A duration in words, such as 3 days 4 hours, or as P3DT4H";

/// Words with which a description begins its own example.
const EXAMPLE_WORDS: [&str; 5] = ["such as", "for example", "for instance", "example:", "e.g."];

/// Returns the hint of a field without its description: limits, and one example unless the description has one.
pub(super) fn hints(field: &Field) -> Vec<String> {
    let own = example_text(field);
    let is_told = has_own_words(field, own.as_deref());
    let (noun, standard) = format_of(field);
    let of_kind = match (noun, own, standard) {
        (noun, _, _) if is_told => [noun, None],
        (noun, Some(example), _) => [noun, Some(format!("For example: {example}"))],
        (Some(noun), None, Some(example)) => [Some(format!("{noun}, such as {example}")), None],
        (noun, None, example) => [noun, example.map(|example| format!("For example: {example}"))],
    };
    let deprecated = (field.lifecycle == Lifecycle::Deprecated).then(|| "Deprecated".to_owned());
    deprecated.into_iter().chain(field.limits.iter().cloned()).chain(of_kind.into_iter().flatten()).collect()
}

/// Returns the words for the format of a text, and an example of it. A control for dates shows what it takes.
fn format_of(field: &Field) -> (Option<String>, Option<&'static str>) {
    match (&field.control, field.format.as_deref()) {
        (Control::Text(Line::Date), _) => (None, Some(DATE_EXAMPLE)),
        (Control::Text(Line::DateTime), _) => (None, None),
        (Control::Text(Line::Time), _) => (Some(OFFSET_HINT.to_owned()), None),
        (Control::Bytes(bytes), _) => (Some(bytes_words(bytes)), None),
        (Control::Text(Line::Duration), _) => (Some(DURATION_HINT.to_owned()), None),
        (Control::Text(_), Some(format)) => format_words(format),
        _ => (None, None),
    }
}

/// Returns the example of a list, one item a line. Empty if it has none, or the description has one.
pub(super) fn example_lines(field: &Field) -> Vec<String> {
    let Control::Lines(scalar) = field.control else { return Vec::new() };
    let items = field.example.as_ref().and_then(Value::as_array);
    let items = items.filter(|_| !has_own_words(field, None));
    let lines = items.into_iter().flatten().filter_map(|item| scalar.as_line(item)).map(|line| plain(&line));
    lines.filter(|line| line.chars().count() <= MAX_EXAMPLE_LENGTH).take(MAX_EXAMPLE_LINES).collect()
}

/// Returns the example of a value that is typed. Values that are chosen or written in lines are not.
fn example_text(field: &Field) -> Option<String> {
    let example = field.example.as_ref()?;
    let text = match (&field.control, example) {
        // the control writes dates in the order of its own language; with the month as a word no order is doubtful
        (Control::Text(Line::Date), Value::String(text)) => {
            text.parse::<Date>().ok()?.strftime("%-d %B %Y").to_string()
        }
        (Control::Text(_), Value::String(text)) => plain(text),
        (Control::Number(_) | Control::Json(_), example) => example.to_string(),
        _ => return None,
    };
    (text.chars().count() <= MAX_EXAMPLE_LENGTH && !text.is_empty()).then_some(text)
}

/// Reports whether the description of a field has an example in its own words.
fn has_own_words(field: &Field, example: Option<&str>) -> bool {
    let hint = field.hint.to_lowercase();
    let has_words = EXAMPLE_WORDS.iter().any(|words| hint.contains(words));
    has_words || example.is_some_and(|example| field.hint.contains(example))
}

/// Returns the limits of a value, in words.
pub(super) fn limits(schema: &Keywords<'_>, control: &Control) -> Vec<String> {
    let number = |key: &str| schema.get(key).and_then(Value::as_number).map(Number::to_string);
    let range = |low: Option<String>, high: Option<String>| match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}")),
        (Some(low), None) if low != "0" => Some(format!("At least {low}")),
        (None, Some(high)) => Some(format!("At most {high}")),
        _ => None,
    };
    // No control has `maxlength`: it cuts what is pasted without a word, and counts other characters than the schema. The
    // fault of a longer text names every maximum.
    let longest = match control {
        Control::Text(Line::Area | Line::SecretArea) => MAX_NAMED_TEXT_LENGTH,
        _ => MAX_NAMED_LINE_LENGTH,
    };
    let length = match control {
        Control::Bytes(bytes) => Some(bytes_limit(schema, bytes)),
        _ => count_range(schema, ("minLength", "maxLength"), "character", longest),
    };
    [
        length,
        range(number("minimum"), number("maximum")),
        number("exclusiveMinimum").map(|low| format!("More than {low}")),
        number("exclusiveMaximum").map(|high| format!("Less than {high}")),
        number("multipleOf").map(|step| format!("In steps of {step}")),
        count_range(schema, ("minItems", "maxItems"), "item", MAX_INPUT_BYTES as u64),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Describes how many characters or items there may be. That there must be one is said by "Enter". A maximum above `longest`
/// is not named.
fn count_range(schema: &Keywords<'_>, keys: (&str, &str), unit: &str, longest: u64) -> Option<String> {
    let number = |key: &str| schema.get(key).and_then(Value::as_u64);
    let least = number(keys.0).filter(|least| *least > 1);
    let most = number(keys.1).filter(|most| *most <= longest);
    let words = |n: u64| format!("{} {unit}{}", grouped(n), if n == 1 { "" } else { "s" });
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(words(most)),
        (Some(least), Some(most)) => Some(format!("{} to {}", grouped(least), words(most))),
        (Some(least), None) => Some(format!("At least {}", words(least))),
        (None, Some(most)) => Some(format!("Up to {}", words(most))),
        (None, None) => None,
    }
}

fn format_words(format: &str) -> (Option<String>, Option<&'static str>) {
    let (noun, example) = match format {
        "password" => return (None, None),
        "time" => ("A time", Some("08:30:00Z")),
        "date-time" => ("A date and a time", Some("2026-11-28T08:30:00Z")),
        "duration" => ("A duration", Some("P3DT4H")),
        "email" | "idn-email" => ("An email address", None),
        "uri" | "iri" | "url" => ("A whole URL", Some("https://example.com")),
        "uuid" => ("A UUID", None),
        other => return (Some(format!("Format: {}", plain(other))), None),
    };
    (Some(noun.to_owned()), example)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Plan;
    use super::{example_lines, hints};

    fn text_of(schema: &Value) -> String {
        let plan = Plan::compile(&json!({ "properties": { "p": schema } }));
        let field = &plan.fields()[0];
        std::iter::once(field.hint.clone())
            .filter(|it| !it.is_empty())
            .chain(hints(field))
            .collect::<Vec<_>>()
            .join(" · ")
    }

    #[test]
    fn an_example_is_shown_once() {
        let text = |more: Value| {
            let mut schema = json!({ "type": "string" });
            schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            text_of(&schema)
        };
        for (schema, expected) in [
            (json!({ "examples": ["Tea", "Cup"] }), "For example: Tea"),
            (
                json!({ "description": "Such as 2026-11-24 15:30", "examples": ["2026-11-24 15:30"] }),
                "Such as 2026-11-24 15:30",
            ),
            (
                json!({ "description": "The repository, e.g. rust-lang/rust", "examples": ["a/b"] }),
                "The repository, e.g. rust-lang/rust",
            ),
            (json!({ "description": "Tea or coffee", "examples": ["coffee"] }), "Tea or coffee"),
            (json!({ "format": "uri" }), "A whole URL, such as https://example.com"),
            (
                json!({ "format": "uri", "examples": ["https://craft.example"] }),
                "A whole URL · For example: https://craft.example",
            ),
            (
                json!({ "format": "date-time", "description": "The end, for example 2026-01-01T00:00:00Z" }),
                "The end, for example 2026-01-01T00:00:00Z",
            ),
            (json!({ "examples": ["x".repeat(61)] }), ""),
        ] {
            assert_eq!(text(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn a_date_that_the_browser_writes_is_told_with_its_month_as_a_word() {
        let date = json!({ "type": "string", "format": "date" });
        assert_eq!(text_of(&date), "For example: 28 November 2026");
        let own = json!({ "type": "string", "format": "date", "examples": ["2027-02-01"] });
        assert_eq!(text_of(&own), "For example: 1 February 2027");
        let time = json!({ "type": "string", "format": "time" });
        assert_eq!(text_of(&time), super::OFFSET_HINT);
        let duration = json!({ "type": "string", "format": "duration", "examples": ["PT15M"] });
        assert_eq!(text_of(&duration), format!("{} · For example: PT15M", super::DURATION_HINT));
    }

    #[test]
    fn a_maximum_is_named_where_a_person_may_reach_it() {
        for (schema, expected) in [
            (json!({ "type": "string", "maxLength": 60 }), "Up to 60 characters"),
            (json!({ "type": "string", "maxLength": 100 }), ""),
            (json!({ "type": "string", "minLength": 8, "maxLength": 100 }), "At least 8 characters"),
            (json!({ "type": "string", "minLength": 8, "maxLength": 8 }), "8 characters"),
            (json!({ "type": "string", "maxLength": 280 }), "Up to 280 characters"),
            (json!({ "type": "string", "maxLength": 262_144 }), ""),
            (json!({ "type": "array", "items": { "type": "string" }, "maxItems": 200 }), "Up to 200 items"),
            (json!({ "type": "integer", "minimum": 1, "maximum": 100_000 }), "1 to 100000"),
        ] {
            assert_eq!(text_of(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn values_that_are_chosen_have_no_example_and_a_list_has_lines() {
        for chosen in [
            json!({ "enum": ["a", "b"], "examples": ["a"] }),
            json!({ "type": "boolean", "examples": [true] }),
            json!({ "type": "array", "uniqueItems": true, "items": { "enum": ["a", "b"] }, "examples": [["a"]] }),
        ] {
            assert_eq!(text_of(&chosen), "", "{chosen}");
        }
        let lines = |schema: Value| {
            let plan = Plan::compile(&json!({ "properties": { "p": schema } }));
            let field = &plan.fields()[0];
            assert_eq!(hints(field), Vec::<String>::new(), "not as JSON, too");
            example_lines(field)
        };
        let texts = json!({ "type": "array", "items": { "type": "string" }, "examples": [["a", "b", "c", "d"]] });
        assert_eq!(lines(texts), ["a", "b", "c"]);
        let numbers = json!({ "type": "array", "items": { "type": "integer" }, "examples": [[1, 20]] });
        assert_eq!(lines(numbers), ["1", "20"]);
    }
}
