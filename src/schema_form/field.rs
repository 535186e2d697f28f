//! Fields of a form, and their controls.

use serde_json::Value;

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
    /// The value is required.
    pub required: bool,
    /// The value may be null.
    pub nullable: bool,
    /// Initial value.
    pub default: Option<Value>,
    /// Input control.
    pub control: Control,
}

/// The input control of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A string.
    Text(Line),
    /// A number, as exact decimal text.
    Number,
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
    /// `type="email"`.
    Email,
    /// `type="url"`.
    Url,
    /// `type="date"`.
    Date,
}

impl Line {
    /// Reports whether the control returns this text unchanged.
    pub(super) fn keeps(self, text: &str) -> bool {
        match self {
            Self::Area => true,
            Self::Plain | Self::Secret => !text.contains('\n'),
            Self::Code | Self::Email | Self::Url | Self::Date => !text.contains('\n') && text.trim() == text,
        }
    }

    /// Reports whether surrounding spaces are removed, because they are mistakes in formatted text.
    pub(super) const fn is_trimmed(self) -> bool {
        matches!(self, Self::Code | Self::Email | Self::Url | Self::Date)
    }
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
    Number,
}
