//! The order of numbers by their spelling: exact, however many digits they have.

use std::cmp::Ordering;

/// A number: 0.digits × 10^point.
struct Decimal {
    is_negative: bool,
    /// Digits without zeros at either end; none for zero.
    digits: String,
    point: i64,
}

/// Compares two numbers as JSON spells them.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::parse(a), Decimal::parse(b));
    match (a.sign(), b.sign()) {
        (1, 1) => a.compare_size(&b),
        (-1, -1) => b.compare_size(&a),
        (a, b) => a.cmp(&b),
    }
}

/// Reports whether a text spells a number in digits, with at most one full stop among them.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.split_once('.').map_or_else(|| is_digits(digits), |(whole, rest)| is_digits(whole) && is_digits(rest))
}

impl Decimal {
    fn parse(text: &str) -> Self {
        let is_negative = text.starts_with('-');
        let (mantissa, exponent) = text.trim_start_matches(['-', '+']).split_once(['e', 'E']).unwrap_or((text, "0"));
        let mantissa = mantissa.trim_start_matches(['-', '+']);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading_zeros = all.len() - significant.len();
        let shift = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(leading_zeros).unwrap_or(i64::MAX);
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let digits = significant.trim_end_matches('0').to_owned();
        Self { is_negative, digits, point: exponent.saturating_add(shift) }
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits))
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_compared_by_value_and_exactly() {
        for (less, more) in [
            ("9", "10"),
            ("-10", "-9"),
            ("-1", "0"),
            ("9007199254740992", "9007199254740993"),
            ("1.1", "1.11"),
            ("0.09", "0.1"),
            ("9e2", "1e3"),
            ("1e-400", "1e400"),
        ] {
            assert!(compare(less, more).is_lt() && compare(more, less).is_gt(), "{less} {more}");
        }
        for (a, b) in [("1.10", "1.1"), ("100", "1e2"), ("-0", "0.0"), ("0.001", "1E-3")] {
            assert!(compare(a, b).is_eq(), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_numbers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_u32..4) {
            let spell = |number: i64| format!("{number}e-{scale}");
            prop_assert_eq!(compare(&spell(a), &spell(b)), a.cmp(&b));
        }
    }
}
