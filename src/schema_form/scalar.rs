//! Plain values: the inputs of texts, the numbers that a schema takes, the values of a choice.

use serde_json::Value;
use time::Date;
use time::macros::format_description;

use super::duration;

/// The lifecycle of a value: schemas announce that one will go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// It does.
    Current,
    /// Its schema advises against it.
    Deprecated,
}

/// The answer of a schema to the empty text, or the empty list, by the rules that it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyValue {
    /// It is a value as any other.
    Accepted,
    /// A rule is against it.
    Refused,
}

/// The input of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line of prose.
    Plain,
    /// Several lines.
    Area,
    /// A line of code: no spelling check, no automatic capitals.
    Code,
    /// A secret, which is never shown again.
    Secret,
    /// A secret of several lines.
    SecretArea,
    /// `type="email"`.
    Email,
    /// `type="url"`.
    Url,
    /// `type="date"`.
    Date,
    /// `type="time"`, with an offset from UTC beside it.
    Time,
    /// `type="datetime-local"`, with a time zone beside it.
    DateTime,
    /// A duration of ISO 8601, or words that mean one.
    Duration,
}

impl Line {
    /// Reports whether the control returns this text unchanged, as browsers treat it.
    pub(super) fn keeps(self, text: &str) -> bool {
        let is_line = !text.contains('\n');
        // browsers and HTML replace both characters
        let is_plain = !text.contains(['\r', '\0']);
        let fits_control = match self {
            // the text of a secret never passes through its control
            Self::Secret | Self::SecretArea => return true,
            // a text with several lines gets a text area
            Self::Area | Self::Plain => true,
            Self::Code | Self::Url | Self::Time | Self::DateTime => is_line && text.trim() == text,
            Self::Email => is_line && text.trim() == text && text.is_ascii(),
            // other texts are taken for words
            Self::Duration => is_line && text.trim() == text && (text.is_empty() || duration::is_iso(text)),
            // a browser empties a field for dates that holds anything else
            Self::Date => text.is_empty() || is_date(text),
        };
        is_plain && fits_control
    }

    /// Returns the input for a secret text.
    pub(super) const fn as_secret(self) -> Self {
        match self {
            Self::Area | Self::SecretArea => Self::SecretArea,
            _ => Self::Secret,
        }
    }

    /// Reports whether surrounding spaces are removed, because they are mistakes in formatted text.
    pub(super) const fn is_trimmed(self) -> bool {
        matches!(self, Self::Code | Self::Email | Self::Url | Self::Date | Self::Time | Self::DateTime | Self::Duration)
    }
}

/// Reports whether a text is a date of the calendar, such as 2026-11-24.
fn is_date(text: &str) -> bool {
    let has_length = text.len() == "2026-11-24".len();
    has_length && Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok_and(|date| date.year() > 0)
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Label for people.
    pub label: String,
    /// Hint.
    pub hint: String,
    /// Value that is sent.
    pub value: Value,
}

/// A kind of value that a text can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The text itself.
    Text,
    /// A number.
    Number(NumberKind),
    /// True or false.
    YesNo,
    /// Null.
    Null,
    /// JSON.
    Json,
}

impl Kind {
    /// Reports whether a value is of this kind.
    pub(super) fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Number(NumberKind::Decimal), Value::Number(_))
            | (Self::YesNo, Value::Bool(_))
            | (Self::Null, Value::Null)
            | (Self::Json, Value::Array(_) | Value::Object(_)) => true,
            (Self::Number(NumberKind::Whole), Value::Number(number)) => !number.to_string().contains(['.', 'e', 'E']),
            _ => false,
        }
    }

    /// Returns the name of the kind.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number(NumberKind::Decimal) => "Number",
            Self::Number(NumberKind::Whole) => "Whole number",
            Self::YesNo => "Yes or no",
            Self::Null => "Null",
            Self::Json => "List or object, as JSON",
        }
    }
}

/// The type of the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Strings.
    Text,
    /// Numbers.
    Number(NumberKind),
}

impl Scalar {
    /// Returns an item as a line. Returns `None` if a line cannot show it.
    pub(super) fn as_line(self, item: &Value) -> Option<String> {
        match (self, item) {
            (Self::Text, Value::String(text)) if !text.trim().is_empty() && !text.contains(['\n', '\r', '\0']) => {
                Some(text.clone())
            }
            (Self::Number(_), Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// The numbers that a schema accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// Any number.
    Decimal,
    /// Whole numbers.
    Whole,
}

impl NumberKind {
    /// Returns the noun, with its article.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Decimal => "a number",
            Self::Whole => "a whole number",
        }
    }

    /// Returns the noun, with examples.
    pub(super) const fn noun_with_example(self) -> &'static str {
        match self {
            Self::Decimal => "a number, such as 12 or 0.5",
            Self::Whole => "a whole number, such as 12",
        }
    }
}
