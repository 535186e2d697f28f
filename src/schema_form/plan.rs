//! The plan of a form: which fields, with which controls. Made from the schema alone.

use serde_json::{Map, Number, Value};

use super::choose::control;
use super::names::{label, plain, sentences, step};
use super::resolve::{remote, resolve};
use crate::error::{Error, Result};

/// A schema with more nodes than this is a box of JSON.
const MOST_FIELDS: usize = 400;

/// A schema whose text is longer is refused.
const LONGEST_SCHEMA: usize = 256 * 1024;

/// A tool's arguments as a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the form is made of.
    pub root: Root,
    /// The tool takes properties that are not named here; they can be given as JSON.
    pub is_open: bool,
}

/// The whole form.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// A field a property.
    Fields(Vec<Field>),
    /// A box of JSON; why there are no fields, in a sentence.
    Json(String),
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// JSON Pointer of its value.
    pub pointer: String,
    /// The property's name.
    pub name: String,
    /// What people read.
    pub label: String,
    /// One sentence about it.
    pub hint: String,
    /// The rest of its description.
    pub more: Option<String>,
    /// What its value must be like, in words.
    pub limits: Vec<String>,
    /// It must be given.
    pub required: bool,
    /// It may be null.
    pub nullable: bool,
    /// What it is filled with at first.
    pub default: Option<Value>,
    /// What it is typed into.
    pub control: Control,
}

/// What a value is typed into.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A string.
    Text(Line),
    /// A number, as exact decimal text.
    Number,
    /// True, false, or left out.
    YesNo,
    /// One of some values; the form sends its index.
    Choice(Vec<Choice>),
    /// Any of some values, each at most once.
    Checks(Vec<Choice>),
    /// Scalars, one a line.
    Lines(Scalar),
    /// Properties of an object.
    Group(Vec<Field>),
    /// Always this value.
    Fixed(Value),
    /// A box of JSON; why, in a sentence.
    Json(&'static str),
}

/// How a string is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// One line of prose.
    Plain,
    /// Several lines.
    Area,
    /// One line that is no prose: no spelling, no capitals.
    Code,
    /// A secret: never shown again.
    Secret,
    /// `type="email"`.
    Email,
    /// `type="url"`.
    Url,
    /// `type="date"`.
    Date,
}

impl Line {
    /// Whether the control gives this text back as it is.
    pub(super) fn keeps(self, text: &str) -> bool {
        match self {
            Self::Area => true,
            Self::Plain | Self::Secret => !text.contains('\n'),
            Self::Code | Self::Email | Self::Url | Self::Date => !text.contains('\n') && text.trim() == text,
        }
    }

    /// Outer spaces are slips where the text has a form.
    pub(super) const fn is_trimmed(self) -> bool {
        matches!(self, Self::Code | Self::Email | Self::Url | Self::Date)
    }
}

/// One value to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What people read.
    pub label: String,
    /// What it means.
    pub hint: String,
    /// What is sent.
    pub value: Value,
}

/// The items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Strings.
    Text,
    /// Numbers.
    Number,
}

impl Plan {
    /// Makes the plan of a schema.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the schema cannot be used at all: it is too long, or leads to another server.
    pub fn compile(schema: &Value) -> Result<Self> {
        if let Some(reference) = remote(schema) {
            let reference: String = plain(reference).chars().take(200).collect();
            return Err(Error::Conflict(format!(
                "The tool’s schema refers to {reference}, outside of itself; the hub does not fetch schemas"
            )));
        }
        if schema.to_string().len() > LONGEST_SCHEMA {
            return Err(Error::Conflict("The tool’s schema is longer than 256 kB".to_owned()));
        }
        Ok(root(schema))
    }

    /// All fields, those of groups after their group.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let top = match &self.root {
            Root::Fields(fields) => fields.as_slice(),
            Root::Json(_) => &[],
        };
        top.iter().flat_map(|field| {
            let inner = if let Control::Group(fields) = &field.control { fields.as_slice() } else { &[] };
            std::iter::once(field).chain(inner)
        })
    }
}

fn root(schema: &Value) -> Plan {
    let as_json = |why: &str| Plan { root: Root::Json(why.to_owned()), is_open: false };
    let Some(object) = resolve(schema, schema) else {
        return as_json("The tool’s input has a form that JSON shows best.");
    };
    let says_object = object.get("type").is_none_or(|kind| kind == "object");
    if !says_object {
        return as_json("The tool does not take named values.");
    }
    if has_other_branches(schema, &object) {
        return as_json("The tool takes one of several kinds of input; write the one you mean as JSON.");
    }
    let mut left = MOST_FIELDS;
    match fields(schema, &object, "", 0, &mut left) {
        Some(fields) => Plan { root: Root::Fields(fields), is_open: is_open(&object) },
        None => as_json("The tool has more fields than a page can show."),
    }
}

/// The fields of an object; `None` if there are too many.
pub(super) fn fields(
    root: &Value,
    object: &Map<String, Value>,
    pointer: &str,
    depth: usize,
    left: &mut usize,
) -> Option<Vec<Field>> {
    let Some(properties) = object.get("properties").and_then(Value::as_object) else { return Some(Vec::new()) };
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = Vec::with_capacity(properties.len());
    for (name, schema) in properties {
        *left = left.checked_sub(1)?;
        let pointer = format!("{pointer}/{}", step(name));
        fields.push(field(root, schema, name, pointer, required.contains(&name.as_str()), depth, left)?);
    }
    Some(fields)
}

fn field(
    root: &Value,
    schema: &Value,
    name: &str,
    pointer: String,
    required: bool,
    depth: usize,
    left: &mut usize,
) -> Option<Field> {
    let chosen = control(root, schema, name, &pointer, depth, left)?;
    let text = |key: &str| chosen.schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let (hint, more) = sentences(text("description"));
    let title = plain(text("title"));
    Some(Field {
        label: if title.trim().is_empty() { label(name) } else { title },
        name: plain(name),
        hint,
        more,
        limits: limits(&chosen.schema),
        required,
        nullable: chosen.nullable,
        default: chosen.schema.get("default").filter(|_| !matches!(chosen.control, Control::Fixed(_))).cloned(),
        control: chosen.control,
        pointer,
    })
}

/// Properties of branches that are not named at the top would be missing from a form.
fn has_other_branches(root: &Value, object: &Map<String, Value>) -> bool {
    let named = object.get("properties").and_then(Value::as_object);
    ["oneOf", "anyOf", "allOf"].iter().filter_map(|keyword| object.get(*keyword)?.as_array()).flatten().any(|branch| {
        match resolve(root, branch) {
            Some(branch) => branch
                .get("properties")
                .and_then(Value::as_object)
                .is_some_and(|inner| inner.keys().any(|key| named.is_none_or(|named| !named.contains_key(key)))),
            None => branch.get("$ref").is_some(),
        }
    })
}

fn is_open(object: &Map<String, Value>) -> bool {
    let given = object.get("additionalProperties").is_some_and(|rule| rule != &Value::Bool(false));
    given || object.contains_key("patternProperties")
}

/// What a value must be like, in words.
fn limits(schema: &Map<String, Value>) -> Vec<String> {
    let number = |key: &str| schema.get(key).and_then(Value::as_number).map(Number::to_string);
    let range = |low: Option<String>, high: Option<String>, unit: &str| match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}{unit}")),
        (Some(low), None) if low != "0" => Some(format!("At least {low}{unit}")),
        (None, Some(high)) => Some(format!("At most {high}{unit}")),
        _ => None,
    };
    let examples = schema.get("examples").and_then(Value::as_array).filter(|list| !list.is_empty()).map(|list| {
        let shown = list.iter().take(3).map(|it| it.as_str().map_or_else(|| it.to_string(), plain));
        format!("For example: {}", shown.collect::<Vec<_>>().join(", "))
    });
    [
        range(number("minLength"), number("maxLength"), " characters"),
        range(number("minimum"), number("maximum"), ""),
        number("exclusiveMinimum").map(|low| format!("More than {low}")),
        number("exclusiveMaximum").map(|high| format!("Less than {high}")),
        number("multipleOf").map(|step| format!("In steps of {step}")),
        range(number("minItems"), number("maxItems"), " items"),
        schema.get("format").and_then(Value::as_str).and_then(format_words),
        examples,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// None for the ways that programs keep a number: what may be typed is said by the limits.
fn format_words(format: &str) -> Option<String> {
    Some(match format {
        "float" | "double" => return None,
        "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32" | "uint64" => {
            return None;
        }
        "date" => "A date, such as 2026-11-24".to_owned(),
        "time" => "A time, such as 08:30:00Z".to_owned(),
        "date-time" => "A moment, such as 2026-11-24T08:30:00Z".to_owned(),
        "duration" => "A duration, such as P3DT4H".to_owned(),
        "email" | "idn-email" => "An e-mail address".to_owned(),
        "uri" | "iri" | "url" => "A whole URL, such as https://example.com".to_owned(),
        "uuid" => "A UUID".to_owned(),
        other => format!("Format: {}", plain(other)),
    })
}
