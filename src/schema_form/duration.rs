//! Durations: a text of ISO 8601 stays as it is, and words such as "3 days 4 hours" become such a text.

use jiff::Span;
use jiff::fmt::friendly::SpanParser;

/// Reports whether a text is meant as a duration of ISO 8601, which nobody rewrites.
pub(super) fn is_iso(text: &str) -> bool {
    text.starts_with('P')
}

/// Returns the duration that a text means, as RFC 3339 writes it. A text of ISO 8601 comes back unchanged.
///
/// # Errors
/// Returns a sentence without its full stop.
pub(super) fn read(typed: &str) -> Result<String, String> {
    if is_iso(typed) {
        return Ok(typed.to_owned());
    }
    if typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("Write the unit after the number, such as 90 minutes".to_owned());
    }
    let wrong = |_| "Enter a duration in words, such as 3 days 4 hours, or as P3DT4H".to_owned();
    let span = SpanParser::new().parse_span(in_small_letters(typed)).map_err(wrong)?;
    if span.is_negative() {
        return Err("Enter a duration without a minus or “ago”".to_owned());
    }
    if span.get_milliseconds() != 0 || span.get_microseconds() != 0 || span.get_nanoseconds() != 0 {
        return Err("Enter whole seconds: a duration has no parts of a second".to_owned());
    }
    Ok(write(&span))
}

/// Returns a text as the parser expects it: in small letters, without "and". A lone M stays, because it can mean months and
/// minutes.
fn in_small_letters(typed: &str) -> String {
    let letters = typed.chars().zip(typed.chars().skip(1).chain([' ']));
    let small: String = letters
        .map(
            |(letter, next)| {
                if letter == 'M' && !next.is_ascii_alphabetic() { 'M' } else { letter.to_ascii_lowercase() }
            },
        )
        .collect();
    small.replace(" and ", " ")
}

/// Writes a duration as RFC 3339 does: weeks stand alone, and no unit between two others is left out.
fn write(span: &Span) -> String {
    let weeks = i64::from(span.get_weeks());
    let date =
        [(i64::from(span.get_years()), 'Y'), (i64::from(span.get_months()), 'M'), (i64::from(span.get_days()), 'D')];
    let time = [(i64::from(span.get_hours()), 'H'), (span.get_minutes(), 'M'), (span.get_seconds(), 'S')];
    let has_date = date.iter().any(|(count, _)| *count != 0);
    let has_time = time.iter().any(|(count, _)| *count != 0);
    match (has_date, has_time) {
        (false, false) if weeks != 0 => return format!("P{weeks}W"),
        (false, false) => return "PT0S".to_owned(),
        _ => {}
    }
    let [years, months, (days, unit)] = date;
    let date = units(&[years, months, (days + 7 * weeks, unit)]);
    let time = units(&time);
    if time.is_empty() { format!("P{date}") } else { format!("P{date}T{time}") }
}

/// Writes the units from the first to the last that counts.
fn units(units: &[(i64, char)]) -> String {
    let counts = |(count, _): &(i64, char)| *count != 0;
    let (Some(first), Some(last)) = (units.iter().position(counts), units.iter().rposition(counts)) else {
        return String::new();
    };
    let mut text = String::new();
    for (count, unit) in &units[first..=last] {
        text.push_str(&count.to_string());
        text.push(*unit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::read;
    use jsonschema::Draft;
    use serde_json::json;

    #[test]
    fn words_become_a_duration_that_schemas_accept() {
        let schema = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&json!({ "format": "duration" }))
            .unwrap();
        for (words, written) in [
            ("3 days 4 hours", "P3DT4H"),
            ("3 days, 4 hours and 5 seconds", "P3DT4H0M5S"),
            ("90 minutes", "PT90M"),
            ("1 week", "P1W"),
            ("1 week 2 days", "P9D"),
            ("2h 30m", "PT2H30M"),
            ("1.5 hours", "PT1H30M"),
            ("1 Year 2 Days", "P1Y0M2D"),
            ("6 months", "P6M"),
            ("0 seconds", "PT0S"),
        ] {
            assert_eq!(read(words).as_deref(), Ok(written));
            assert!(schema.is_valid(&json!(written)), "{written}");
        }
    }

    #[test]
    fn an_iso_text_is_never_rewritten() {
        for text in ["P3DT4H", "PT90M", "P1W", "P0D", "PT0060S", "P1.5D", "Perhaps"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_texts_have_a_sentence_that_says_what_to_write() {
        for (text, part) in [
            ("soon", "such as 3 days 4 hours"),
            ("3 fortnights", "such as 3 days 4 hours"),
            ("3M", "such as 3 days 4 hours"),
            ("90", "the unit"),
            ("2 days ago", "without a minus"),
            ("1.5 seconds", "whole seconds"),
            ("99999999999999999999 years", "such as 3 days"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(part), "{text}: {told}");
        }
    }
}
