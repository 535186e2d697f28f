//! Exact numbers: decimal text to a JSON number, never through a float.

use serde_json::Number;

/// Parses a typed number. Ignores spaces, a plus sign and a missing zero.
///
/// # Errors
/// Returns a sentence that says what to do.
pub(super) fn read(text: &str, label: &str) -> Result<Number, String> {
    let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    if let Some((whole, part)) = typed.split_once(',') {
        let is_digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        if is_digits(whole.trim_start_matches('-')) && is_digits(part) {
            return Err(format!("Use a full stop: {whole}.{part}"));
        }
    }
    to_json_notation(&typed).parse().map_err(|_| format!("{label} must be a number, such as 12 or 0.5"))
}

/// Returns the text in JSON's notation.
fn to_json_notation(typed: &str) -> String {
    let (sign, digits) = match typed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", typed.strip_prefix('+').unwrap_or(typed)),
    };
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    let next = digits.as_bytes().get(zeros).copied();
    // remove leading zeros, except before a point, an exponent or the end
    let keep = usize::from(!next.is_some_and(|byte| byte.is_ascii_digit()));
    let digits = &digits[zeros.saturating_sub(keep)..];
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    format!("{sign}{zero}{digits}")
}

#[cfg(test)]
mod tests {
    use super::read;
    use proptest::prelude::*;

    #[test]
    fn every_digit_is_kept() {
        for text in ["9007199254740993", "0.1000000000000000000001", "1e+400", "-0", "0", "1.10"] {
            assert_eq!(read(text, "N").unwrap().to_string(), text);
        }
    }

    #[test]
    fn small_mistakes_are_accepted() {
        let read = |text| read(text, "N").unwrap().to_string();
        assert_eq!([" 12 000 ", "+5", "007", ".5", "5.", "00.5"].map(read), ["12000", "5", "7", "0.5", "5", "0.5"]);
    }

    #[test]
    fn the_error_of_a_comma_says_to_write_a_point() {
        assert_eq!(read("1,5", "N"), Err("Use a full stop: 1.5".to_owned()));
        assert_eq!(read("a lot", "N"), Err("N must be a number, such as 12 or 0.5".to_owned()));
    }

    proptest! {
        #[test]
        // the parser writes the sign of an exponent, and changes nothing else
                fn a_json_number_is_parsed_unchanged(
            whole in "-?(0|[1-9][0-9]{0,30})",
            part in "(\\.[0-9]{1,30})?",
            exponent in "(e[+-][0-9]{1,3})?",
        ) {
            let text = format!("{whole}{part}{exponent}");
            prop_assert_eq!(read(&text, "N").unwrap().to_string(), text);
        }

        #[test]
                fn any_other_text_gets_a_sentence(text: String) {
            if let Err(sentence) = read(&text, "N") {
                prop_assert!(!sentence.is_empty());
            }
        }
    }
}
