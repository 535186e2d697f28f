//! Fields of a form, and their controls.

use serde_json::Value;
use time::Date;
use time::macros::format_description;

use super::json_parts::JsonParts;
use super::names::in_sentence;

/// The field of one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// JSON Pointer of the value.
    pub pointer: String,
    /// Name of the property.
    pub name: String,
    /// Label for people.
    pub label: String,
    /// Hint, one sentence.
    pub hint: String,
    /// Rest of the description.
    pub more: Option<String>,
    /// Limits of the value, in words.
    pub limits: Vec<String>,
    /// The `format` of the schema.
    pub format: Option<String>,
    /// The value is required.
    pub required: bool,
    /// The value may be null.
    pub nullable: bool,
    /// Initial value, which fits the schema.
    pub default: Option<Value>,
    /// The value is a secret: no page shows it again.
    pub is_secret: bool,
    /// Value that shows what can be entered; it fits the schema.
    pub example: Option<Value>,
    /// The empty text, or the empty list.
    pub empty_value: EmptyValue,
    /// The parts of a value that is written as JSON.
    pub json_parts: JsonParts,
    /// Input control.
    pub control: Control,
}

impl Field {
    /// Returns the property's name from its pointer; the shown name lacks characters that would reorder text.
    pub(super) fn key(&self) -> String {
        self.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
    }

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
            Control::Text(Line::Email) => of_kind("an email address", "email"),
            Control::Text(Line::Url) => of_kind("a URL", "url"),
            Control::YesNo => format!("Choose yes or no for {called}"),
            Control::Checks(_) => format!("Choose at least one value for {called}"),
            Control::Lines(Scalar::Number(_)) => format!("Enter numbers for {called}, one per line"),
            Control::Lines(Scalar::Text) => format!("Enter {called}, one per line"),
            Control::Json(_) => format!("Enter {called} as JSON"),
            Control::Choice(_) | Control::Text(_) | Control::Group(_) | Control::Fixed(_) => {
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

/// The answer of a schema to the empty text, or the empty list, by the rules that it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyValue {
    /// It is a value as any other.
    Accepted,
    /// A rule is against it.
    Refused,
}

/// The input control of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A string.
    Text(Line),
    /// A number, as exact decimal text.
    Number(NumberKind),
    /// A boolean, which may be left out.
    YesNo,
    /// A single choice; the form sends its index.
    Choice(Vec<Choice>),
    /// Any of some values, each at most once.
    Checks(Vec<Choice>),
    /// Scalars, one per line.
    Lines(Scalar),
    /// Properties of an object.
    Group(Vec<Field>),
    /// A constant.
    Fixed(Value),
    /// A text area with JSON; the sentence says why.
    Json(&'static str),
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
            Self::Area => true,
            Self::Plain => is_line,
            Self::Code | Self::Url => is_line && text.trim() == text,
            Self::Email => is_line && text.trim() == text && text.is_ascii(),
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
        matches!(self, Self::Code | Self::Email | Self::Url | Self::Date)
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
