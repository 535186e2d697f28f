//! Fields of a form, and their controls. `scalar` has the kinds of plain values.
//!
//! - The fields are those of the present contents of a form: the rows that it has, and the branch that somebody picked.
//! - The pointer of a field in a list ends in the id of its row, which stays when other rows are removed or moved. That of a
//!   name of one's choice ends in a step that begins with `~k`, which no property has.

use serde_json::Value;

use super::encoded_bytes::EncodedBytes;
use super::names::unescaped;
use super::scalar::{Choice, EmptyValue, Kind, Lifecycle, Line, NumberKind, Scalar};

/// The field of one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// JSON Pointer of the value.
    pub pointer: String,
    /// Name of the property; empty if the label names the place of the field.
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
    /// Lifecycle of the value.
    pub lifecycle: Lifecycle,
    /// Input control.
    pub control: Control,
}

/// The input control of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A string.
    Text(Line),
    /// A string that holds bytes: typed as text, pasted as base64, or a file.
    Bytes(EncodedBytes),
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
    /// A value of one of these kinds, as text.
    Any(Vec<Kind>),
    /// Properties of an object, and names of one's choice.
    Group(Group),
    /// An optional object that nobody has added yet.
    Closed,
    /// Items of a list, each with its own control.
    Rows(Rows),
    /// A value of one of several kinds, each with its own control.
    Union(Union),
    /// A constant.
    Fixed(Value),
    /// A text area with JSON; the sentence says why.
    Json(&'static str),
}

impl Control {
    /// Reports whether further fields are inside of the control.
    pub(super) const fn has_inner(&self) -> bool {
        matches!(self, Self::Group(_) | Self::Rows(_) | Self::Union(_))
    }
}

/// The properties of an object, and rows for names of one's choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Fields of the known properties.
    pub fields: Vec<Field>,
    /// Rows of further properties, if the schema takes them.
    pub map: Option<Map>,
    /// Rules about several fields, as sentences without their full stops.
    pub rules: Vec<String>,
    /// The form has a button that removes the object.
    pub is_removable: bool,
    /// The conditions under which some of the fields count.
    pub conditions: Vec<Condition>,
}

/// A condition about an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Names of the properties that count if it holds.
    pub names: Vec<String>,
    /// The schema that the object has to satisfy.
    pub test: Value,
    /// The condition holds if the object satisfies the schema, or if it does not.
    pub is_met: bool,
}

/// Properties with names of one's choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Rows. The name of each is typed, and the last step of its pointer is only the id of the row.
    pub rows: Vec<Field>,
    /// Noun of a row.
    pub noun: String,
    /// The rule for the names, in words; empty if there is none.
    pub name_hint: String,
    /// Maximum number of rows.
    pub max: usize,
}

/// The items of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Items in their order.
    pub rows: Vec<Field>,
    /// The first items, which have their own schemas and cannot be moved.
    pub fixed: usize,
    /// Noun of an item.
    pub noun: String,
    /// Maximum number of items.
    pub max: usize,
}

/// A value of one of several kinds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Union {
    /// Pointer of the names that hold the choice. A union that is a branch of another has its own.
    pub state: String,
    /// The keyword of the schema: `oneOf`, `anyOf` or `type`.
    pub keyword: &'static str,
    /// Kinds of value.
    pub branches: Vec<Branch>,
    /// Index of the chosen branch.
    pub picked: Option<usize>,
    /// Field of the chosen branch.
    pub field: Option<Box<Field>>,
}

/// A kind of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Label for people.
    pub label: String,
    /// Description, one sentence.
    pub hint: String,
    /// Its place in the keyword of the schema.
    pub place: usize,
}

impl Field {
    /// Returns the property's name from its pointer; the shown name lacks characters that would reorder text.
    pub(super) fn key(&self) -> String {
        unescaped(self.pointer.rsplit('/').next().unwrap_or_default())
    }

    /// Returns the fields directly inside of this one.
    pub(super) fn inner(&self) -> Vec<&Self> {
        match &self.control {
            Control::Group(group) => group.fields.iter().chain(group.map.iter().flat_map(|map| &map.rows)).collect(),
            Control::Rows(rows) => rows.rows.iter().collect(),
            Control::Union(union) => union.field.iter().map(AsRef::as_ref).collect(),
            _ => Vec::new(),
        }
    }

    /// Reports whether the field is a row of a list, or has a name of one's choice.
    pub(super) fn is_row(&self) -> bool {
        let step = self.pointer.rsplit('/').next().unwrap_or_default();
        self.name.is_empty()
            && (step.starts_with("~k") || !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Returns this field and all fields inside of it, in the order of the page.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'a>(&'a self, all: &mut Vec<&'a Self>) {
        all.push(self);
        for field in self.inner() {
            field.collect(all);
        }
    }
}
