//! Exact numbers: decimal text to a JSON number, never through a float.

use serde_json::Number;

use super::scalar::NumberKind;

/// Parses a typed number. Ignores spaces, a plus sign and a missing zero.
///
/// # Errors
/// Returns a sentence that says what to do.
pub(super) fn read(text: &str, label: &str, kind: NumberKind) -> Result<Number, String> {
    let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    to_json_notation(&typed)
        .parse()
        .map_err(|_| comma_advice(&typed).unwrap_or_else(|| format!("{label} must be {}", kind.noun_with_example())))
}

/// Returns the number without its commas, which group digits in some countries and begin the decimals in others.
fn comma_advice(typed: &str) -> Option<String> {
    let (whole, decimals) = typed.split_once(',')?;
    let is_number = |text: &str| to_json_notation(text).parse::<Number>().is_ok();
    let digits = whole.trim_start_matches(['-', '+']);
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    // three digits after one to three others are thousands
    let is_grouped = decimals.len() == 3 && (1..=3).contains(&digits.len()) && !digits.starts_with('0');
    if is_digits(digits) && is_digits(decimals) && !decimals.is_empty() && !is_grouped {
        return Some(format!("Use a full stop: {whole}.{decimals}"));
    }
    let (ungrouped, swapped) = (typed.replace(',', ""), format!("{}.{decimals}", whole.replace('.', "")));
    if is_number(&ungrouped) && !whole.contains('.') {
        return Some(format!("Write {ungrouped} without commas"));
    }
    (whole.contains('.') && is_number(&swapped)).then(|| format!("Use a full stop before the decimals only: {swapped}"))
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

/// Groups digits by thousands: "12,400".
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::scalar::NumberKind;
    use proptest::prelude::*;
    use serde_json::Number;

    fn read(text: &str, label: &str) -> Result<Number, String> {
        super::read(text, label, NumberKind::Decimal)
    }

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
        for (typed, number) in [("1,5", "1.5"), ("-0,500", "-0.500"), (",5", ".5"), ("1234,567", "1234.567")] {
            assert_eq!(read(typed, "N"), Err(format!("Use a full stop: {number}")));
        }
        assert_eq!(read("a lot", "N"), Err("N must be a number, such as 12 or 0.5".to_owned()));
    }

    #[test]
    fn nobody_who_groups_digits_is_told_to_write_a_thousandth() {
        for (typed, number) in [
            ("1,000", "1000"),
            ("-12,345", "-12345"),
            ("1,234,567", "1234567"),
            ("1,000.50", "1000.50"),
            ("1,00,000", "100000"),
            ("1,", "1"),
        ] {
            assert_eq!(read(typed, "N"), Err(format!("Write {number} without commas")));
        }
        assert_eq!(read("1.000,50", "N"), Err("Use a full stop before the decimals only: 1000.50".to_owned()));
        for odd in [",", "a,b", "1,x", "1.0.0,5e"] {
            assert_eq!(read(odd, "N"), Err("N must be a number, such as 12 or 0.5".to_owned()), "{odd}");
        }
    }

    #[test]
    fn a_whole_number_is_asked_for_where_no_other_fits() {
        let told = super::read("some", "N", NumberKind::Whole);
        assert_eq!(told, Err("N must be a whole number, such as 12".to_owned()));
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
