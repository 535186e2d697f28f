//! Requests for missing values.

use super::field::{Control, Field};
use super::names::{in_sentence, with_article};
use super::scalar::{Line, Scalar};

impl Field {
    /// Returns the sentence that asks for the missing value, by its kind: "Enter a number for count", "Choose colour".
    pub(super) fn missing_message(&self) -> String {
        let called = in_sentence(&self.label);
        // a label that names its kind needs no noun: "Enter number of items"
        let is_named = |word: &str| called.to_lowercase().contains(word);
        let of_kind = |kind: &str, word: &str| {
            if is_named(word) { format!("Enter {called}") } else { format!("Enter {kind} for {called}") }
        };
        match &self.control {
            Control::Number(kind) => of_kind(kind.noun(), "number"),
            Control::Text(Line::Date) => of_kind("a date", "date"),
            Control::Text(Line::Time) => of_kind("a time", "time"),
            Control::Text(Line::Duration) => of_kind("a duration", "duration"),
            Control::Text(Line::Email) => of_kind("an email address", "email"),
            Control::Text(Line::Url) => of_kind("a URL", "url"),
            Control::Bytes(bytes) if bytes.is_file => format!("Choose a file for {called}"),
            Control::YesNo => format!("Choose yes or no for {called}"),
            Control::Checks(_) => format!("Choose at least one value for {called}"),
            Control::Lines(Scalar::Number(_)) => format!("Enter numbers for {called}, one per line"),
            Control::Lines(Scalar::Text) => format!("Enter {called}, one per line"),
            Control::Json(_) => format!("Enter {called} as JSON"),
            Control::Text(Line::DateTime) => of_kind("a date and a time", "date"),
            Control::Union(_) => format!("Choose a kind of value for {called}"),
            Control::Rows(rows) => format!("Add {} to {called}", with_article(&rows.noun)),
            Control::Closed => format!("Add {called}"),
            Control::Choice(_)
            | Control::Text(_)
            | Control::Bytes(_)
            | Control::Any(_)
            | Control::Group(_)
            | Control::Fixed(_) => {
                format!("{} {called}", self.verb())
            }
        }
    }

    /// Returns the verb that asks for a value.
    pub(super) const fn verb(&self) -> &'static str {
        match self.control {
            Control::Choice(_) | Control::YesNo | Control::Checks(_) => "Choose",
            _ => "Enter",
        }
    }
}
