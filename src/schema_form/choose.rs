//! The choice of a control for a schema. The limits are for people: the length of lines, names of prose or secrets.

use serde_json::Value;

use super::branches::rule_of_names;
use super::choices::{choices, labelled_values};
use super::encoded_bytes::EncodedBytes;
use super::field::{Control, Group, Rows, Union};
use super::keywords::Keywords;
use super::nullable::{is_null, without_null};
use super::resolve::resolve;
use super::scalar::{Kind, Line, NumberKind, Scalar};

/// A string that may be longer than this gets a text area.
const MAX_LINE_LENGTH: u64 = 120;

/// A list whose items may be longer than this has a control for each of them.
const MAX_ITEM_LENGTH: u64 = 200;

/// Formats of items that each need a control of their own.
const FORMATS_WITH_CONTROLS: [&str; 4] = ["date", "time", "date-time", "duration"];

/// The kinds of a value whose schema says nothing.
const ANY_KINDS: [Kind; 5] = [Kind::Text, Kind::Number(NumberKind::Decimal), Kind::YesNo, Kind::Null, Kind::Json];

/// Names of strings that are prose.
const PROSE_NAMES: [&str; 11] =
    ["body", "content", "message", "text", "prompt", "query", "markdown", "description", "html", "json", "code"];

/// Suffixes of the names of strings that are secrets.
const SECRET_SUFFIXES: [&str; 8] =
    ["password", "passwd", "secret", "api_key", "apikey", "access_token", "auth_token", "private_key"];

/// A control, and the schema that it was chosen for, after following references.
pub(super) struct Chosen<'s> {
    pub(super) schema: Keywords<'s>,
    pub(super) nullable: bool,
    pub(super) control: Control,
}

impl Chosen<'_> {
    /// Chooses a text area with JSON, for a schema that is not looked at.
    pub(super) fn json(why: &'static str) -> Self {
        Self { schema: Keywords::default(), nullable: false, control: Control::Json(why) }
    }
}

/// Chooses the control of a value. Nested controls are returned without the fields inside of them.
pub(super) fn choose_control<'s>(root: &'s Value, schema: &'s Value, name: &str) -> Chosen<'s> {
    let Some(resolved) = resolve(root, schema) else {
        return match schema {
            Value::Object(schema) => {
                let control = Control::Json("Write this part as JSON");
                Chosen { schema: Keywords::borrow(schema), nullable: false, control }
            }
            _ => Chosen { schema: Keywords::default(), nullable: false, control: Control::Any(ANY_KINDS.to_vec()) },
        };
    };
    let (schema, nullable) = without_null(root, resolved);
    let control = if let Some(value) = schema.get("const") {
        Control::Fixed(value.clone())
    } else if let Some(choices) = choices(&schema) {
        Control::Choice(choices)
    } else if schema.contains_key("oneOf") && schema.contains_key("anyOf") {
        Control::Json("Write this as JSON. It may be one of several kinds of value")
    } else if schema.contains_key("oneOf") || schema.contains_key("anyOf") {
        union(root, &schema, name)
    } else {
        by_type(root, &schema, name)
    };
    Chosen { schema, nullable, control }
}

/// Chooses the control of a value that is one of several.
fn union(root: &Value, schema: &Keywords<'_>, name: &str) -> Control {
    if rule_of_names(schema).is_some() {
        return by_type(root, schema, name);
    }
    let keyword = if schema.contains_key("oneOf") { "oneOf" } else { "anyOf" };
    let parts: Vec<_> = schema.get(keyword).and_then(Value::as_array).into_iter().flatten().collect();
    let values: Vec<_> = parts.iter().copied().filter(|part| !is_null(part)).collect();
    if let Some(choices) = labelled_values(root, &parts).or_else(|| labelled_values(root, &values)) {
        return Control::Choice(choices);
    }
    let plain: Option<Vec<_>> = values.into_iter().map(|part| plain_kind(root, part)).collect();
    match plain {
        Some(kinds) if !kinds.is_empty() => any_of(kinds),
        _ => Control::Union(Union::default()),
    }
}

/// Returns the kind of a value that needs no control of its own. `None` for others.
fn plain_kind(root: &Value, part: &Value) -> Option<Kind> {
    let schema = resolve(root, part)?;
    let is_plain = |name: &str| ["type", "title", "description", "minLength", "maxLength", "pattern"].contains(&name);
    schema.keys().all(is_plain).then(|| scalar_kind(schema.get("type")?.as_str()?))?
}

fn scalar_kind(kind: &str) -> Option<Kind> {
    Some(match kind {
        "string" => Kind::Text,
        "number" => Kind::Number(NumberKind::Decimal),
        "integer" => Kind::Number(NumberKind::Whole),
        "boolean" => Kind::YesNo,
        "null" => Kind::Null,
        _ => return None,
    })
}

/// Returns the control of a text that means one of several kinds of value.
fn any_of(mut kinds: Vec<Kind>) -> Control {
    let has_decimals = kinds.contains(&Kind::Number(NumberKind::Decimal));
    let mut seen = Vec::new();
    kinds.retain(|kind| {
        let is_covered = has_decimals && *kind == Kind::Number(NumberKind::Whole);
        let is_new = !is_covered && !seen.contains(kind);
        seen.push(*kind);
        is_new
    });
    match kinds.as_slice() {
        [Kind::Text] => Control::Text(Line::Plain),
        [Kind::Number(kind)] => Control::Number(*kind),
        [Kind::YesNo] => Control::YesNo,
        _ => Control::Any(kinds),
    }
}

/// Keywords of one type. A schema without `type` has the type of its keywords.
const KEYWORDS_OF_TYPES: [(&str, &[&str]); 4] = [
    (
        "object",
        &["properties", "additionalProperties", "patternProperties", "propertyNames", "required", "minProperties"],
    ),
    ("array", &["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]),
    ("string", &["minLength", "maxLength", "pattern", "format", "contentMediaType", "contentEncoding"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
];

fn by_type(root: &Value, schema: &Keywords<'_>, name: &str) -> Control {
    let implied = || {
        let has = |(_, keywords): &&(&str, &[&str])| keywords.iter().any(|keyword| schema.contains_key(keyword));
        KEYWORDS_OF_TYPES.iter().find(has).map(|(kind, _)| *kind)
    };
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => return several_types(schema, kinds),
        Some(kind) => kind.as_str(),
        None => implied(),
    };
    match kind {
        Some("string") => match EncodedBytes::from_schema(schema) {
            Some(bytes) => Control::Bytes(bytes),
            None => Control::Text(line(schema, name)),
        },
        Some("number") => Control::Number(NumberKind::Decimal),
        Some("integer") => Control::Number(NumberKind::Whole),
        Some("boolean") => Control::YesNo,
        Some("null") => Control::Fixed(Value::Null),
        Some("array") => list(root, schema),
        Some("object") => Control::Group(Group::default()),
        Some(_) => Control::Json("Write this part as JSON"),
        None => Control::Any(ANY_KINDS.to_vec()),
    }
}

/// Chooses the control of a value with several types: a text, unless objects or lists have a known form.
fn several_types(schema: &Keywords<'_>, kinds: &[Value]) -> Control {
    let is_known =
        ["properties", "additionalProperties", "items", "prefixItems"].iter().any(|it| schema.contains_key(it));
    if is_known {
        return Control::Union(Union::default());
    }
    let kind = |kind: &Value| kind.as_str().map(|kind| scalar_kind(kind).unwrap_or(Kind::Json));
    any_of(kinds.iter().filter_map(kind).collect())
}

fn list(root: &Value, schema: &Keywords<'_>) -> Control {
    let rows = || Control::Rows(Rows::default());
    if schema.contains_key("prefixItems") {
        return rows();
    }
    let Some(items) = schema.get("items").and_then(|items| resolve(root, items)) else { return rows() };
    let is_set = schema.get("uniqueItems") == Some(&Value::Bool(true));
    let is_short = |kind: &str| {
        let may_be_long = items.get("maxLength").and_then(Value::as_u64).is_some_and(|most| most > MAX_ITEM_LENGTH);
        let format = items.get("format").and_then(Value::as_str).unwrap_or_default();
        let has_control = FORMATS_WITH_CONTROLS.contains(&format) || EncodedBytes::from_schema(&items).is_some();
        items.get("type").is_some_and(|own| own == kind) && !may_be_long && !has_control
    };
    match choices(&items) {
        Some(choices) if is_set => Control::Checks(choices),
        None if ["oneOf", "anyOf", "const"].iter().any(|keyword| items.contains_key(keyword)) => rows(),
        None if is_short("string") => Control::Lines(Scalar::Text),
        None if is_short("number") => Control::Lines(Scalar::Number(NumberKind::Decimal)),
        None if is_short("integer") => Control::Lines(Scalar::Number(NumberKind::Whole)),
        _ => rows(),
    }
}

fn line(schema: &Keywords<'_>, name: &str) -> Line {
    let name = name.to_lowercase().replace('-', "_");
    let is_secret = schema.get("writeOnly") == Some(&Value::Bool(true)) || has_secret_name(&name);
    match schema.text("format") {
        // such a key has lines
        _ if name.ends_with("private_key") => Line::SecretArea,
        "password" => Line::Secret,
        _ if is_secret => Line::Secret,
        // browsers rewrite what is typed for `type="email"` if it has other than ASCII characters
        "email" => Line::Email,
        "uri" | "iri" | "url" => Line::Url,
        "date" => Line::Date,
        "time" => Line::Time,
        "date-time" => Line::DateTime,
        "duration" => Line::Duration,
        "" => {
            let is_long = schema.get("maxLength").and_then(Value::as_u64).is_some_and(|most| most > MAX_LINE_LENGTH);
            let is_prose = PROSE_NAMES.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
            let is_text = schema.text("contentMediaType").starts_with("text/");
            if is_long || is_prose || is_text { Line::Area } else { Line::Plain }
        }
        _ => Line::Code,
    }
}

/// Reports whether text with this name is a secret.
pub(super) fn has_secret_name(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET_SUFFIXES.iter().any(|end| name.ends_with(end))
}
