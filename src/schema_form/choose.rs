//! The choice of a control for a schema. The limits are for people: the number of radio buttons, names of prose or secrets.

use serde_json::{Map, Value};

use super::field::{Choice, Control, Line, NumberKind, Scalar};
use super::join::join;
use super::names::plain;
use super::resolve::resolve;

/// Maximum number of choices; a longer list is a text area with JSON.
const MAX_CHOICES: usize = 400;

/// A string that may be longer than this gets a text area.
const MAX_LINE_LENGTH: u64 = 120;

/// Names of strings that are prose.
const PROSE_NAMES: [&str; 11] =
    ["body", "content", "message", "text", "prompt", "query", "markdown", "description", "html", "json", "code"];

/// Suffixes of the names of strings that are secrets.
const SECRET_SUFFIXES: [&str; 8] =
    ["password", "passwd", "secret", "api_key", "apikey", "access_token", "auth_token", "private_key"];

/// A control, and the schema that it was chosen for, after following references.
pub(super) struct Chosen {
    pub(super) schema: Map<String, Value>,
    pub(super) nullable: bool,
    pub(super) control: Control,
}

/// Chooses the control of a property. A [`Control::Group`] is returned without its fields, and only if `may_group`.
pub(super) fn choose_control(root: &Value, schema: &Value, name: &str, may_group: bool) -> Chosen {
    let Some(resolved) = resolve(root, schema) else {
        let schema = schema.as_object().cloned().unwrap_or_default();
        let why =
            if schema.is_empty() { "Write this as JSON. Text needs double quotes" } else { "Write this part as JSON" };
        return Chosen { schema, nullable: false, control: Control::Json(why) };
    };
    let (schema, nullable) = without_null(root, resolved.into_owned());
    let control = if let Some(value) = schema.get("const") {
        Control::Fixed(value.clone())
    } else if let Some(choices) = choices(&schema) {
        choices
    } else if schema.contains_key("oneOf") || schema.contains_key("anyOf") {
        Control::Json("Write this as JSON. It may be one of several kinds of value")
    } else {
        by_type(root, &schema, name, may_group)
    };
    Chosen { schema, nullable, control }
}

fn by_type(root: &Value, schema: &Map<String, Value>, name: &str, may_group: bool) -> Control {
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("string") => Control::Text(line(schema, name)),
        Some("number") => Control::Number(NumberKind::Decimal),
        Some("integer") => Control::Number(NumberKind::Whole),
        Some("boolean") => Control::YesNo,
        Some("null") => Control::Fixed(Value::Null),
        Some("array") => list(root, schema),
        Some("object") if !may_group => Control::Json("Write this part as JSON"),
        Some("object") if !is_closed_shape(schema) => {
            Control::Json("Write a JSON object with names of your choice, such as {\"name\": \"value\"}")
        }
        Some("object") => Control::Group(Vec::new()),
        Some(_) => Control::Json("Write this part as JSON"),
        None => Control::Json("Write this as JSON. Text needs double quotes"),
    }
}

/// Reports whether all property names of an object are known.
fn is_closed_shape(schema: &Map<String, Value>) -> bool {
    let has_names = schema.get("properties").and_then(Value::as_object).is_some_and(|names| !names.is_empty());
    let is_open = schema.get("additionalProperties").is_some_and(|rule| rule != &Value::Bool(false));
    has_names
        && !is_open
        && !["patternProperties", "if", "dependentSchemas"].iter().any(|key| schema.contains_key(*key))
}

/// Removes null from a schema: `type: [T, "null"]` and `anyOf: [T, null]` are a nullable T. A union of one is that one.
fn without_null(root: &Value, mut schema: Map<String, Value>) -> (Map<String, Value>, bool) {
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let others: Vec<_> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        if others.is_empty() {
            schema.insert("type".to_owned(), "null".into());
            return (schema, false);
        }
        // the values of `enum` and `const` say themselves whether null is among them
        let nullable = others.len() < kinds.len() && !schema.contains_key("enum") && !schema.contains_key("const");
        let kind = if let [only] = others.as_slice() { only.clone() } else { Value::Array(others) };
        schema.insert("type".to_owned(), kind);
        return (schema, nullable);
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.get(keyword) else { continue };
        let others: Vec<_> = branches.iter().filter(|branch| !is_null(branch)).cloned().collect();
        let nullable = others.len() < branches.len();
        if let [only] = others.as_slice() {
            let Some(inner) = resolve(root, only) else { continue };
            let (mut outer, inner) = (schema.clone(), inner.into_owned());
            outer.shift_remove(keyword);
            if let Some(joined) = join(outer, &inner) {
                let (joined, is_inner_nullable) = without_null(root, joined);
                return (joined, nullable || is_inner_nullable);
            }
        } else if nullable && !others.is_empty() {
            schema.insert(keyword.to_owned(), Value::Array(others));
            return (schema, true);
        }
    }
    (schema, false)
}

/// Reports whether a branch is null alone.
fn is_null(branch: &Value) -> bool {
    let is = |keyword: &str, null: &Value| branch.get(keyword).is_some_and(|value| value == null);
    is("type", &Value::from("null")) || is("const", &Value::Null) || is("enum", &Value::Array(vec![Value::Null]))
}

fn choices(schema: &Map<String, Value>) -> Option<Control> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(choice_of(values.iter().map(|value| choice(value, None, None)).collect()));
    }
    let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let constant = |branch: &Value| {
        let text = |key: &str| branch.get(key).and_then(Value::as_str).map(plain);
        Some(choice(branch.get("const")?, text("title"), text("description")))
    };
    Some(choice_of(branches.iter().map(constant).collect::<Option<_>>()?))
}

fn choice_of(choices: Vec<Choice>) -> Control {
    if choices.len() > MAX_CHOICES {
        return Control::Json("Write one of its values as JSON");
    }
    Control::Choice(tell_apart(choices))
}

/// Adds the type to labels that are the same for different values, such as 1 and "1".
fn tell_apart(choices: Vec<Choice>) -> Vec<Choice> {
    let labels: Vec<_> = choices.iter().map(|choice| choice.label.clone()).collect();
    let is_taken = |label: &String| labels.iter().filter(|other| *other == label).count() > 1;
    let named = |choice: Choice| {
        let label = format!("{} ({})", choice.label, kind_of(&choice.value));
        if is_taken(&choice.label) { Choice { label, ..choice } } else { choice }
    };
    choices.into_iter().map(named).collect()
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "yes or no",
        Value::Null => "null",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn choice(value: &Value, title: Option<String>, hint: Option<String>) -> Choice {
    let words = match value {
        Value::String(text) if text.is_empty() => "(empty text)".to_owned(),
        Value::String(text) => plain(text),
        other => other.to_string(),
    };
    Choice { label: title.unwrap_or(words), hint: hint.unwrap_or_default(), value: value.clone() }
}

fn list(root: &Value, schema: &Map<String, Value>) -> Control {
    if schema.contains_key("prefixItems") || schema.contains_key("contains") {
        return Control::Json("Write a JSON list, whose places differ");
    }
    let Some(items) = schema.get("items").and_then(|items| resolve(root, items)) else {
        return Control::Json("Write a JSON list, such as [1, \"two\"]");
    };
    let is_set = schema.get("uniqueItems") == Some(&Value::Bool(true));
    match (choices(&items), items.get("type").and_then(Value::as_str)) {
        (Some(Control::Choice(choices)), _) if is_set => Control::Checks(choices),
        (Some(_), _) => Control::Json("Write a JSON list. Values may repeat"),
        (None, Some("string")) => Control::Lines(Scalar::Text),
        (None, Some("number")) => Control::Lines(Scalar::Number(NumberKind::Decimal)),
        (None, Some("integer")) => Control::Lines(Scalar::Number(NumberKind::Whole)),
        _ => Control::Json("Write a JSON list"),
    }
}

fn line(schema: &Map<String, Value>, name: &str) -> Line {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = name.to_lowercase().replace('-', "_");
    let is_secret = schema.get("writeOnly") == Some(&Value::Bool(true)) || has_secret_name(&name);
    match text("format") {
        // such a key has lines
        _ if name.ends_with("private_key") => Line::SecretArea,
        "password" => Line::Secret,
        _ if is_secret => Line::Secret,
        // browsers rewrite what is typed for `type="email"` if it has other than ASCII characters
        "email" => Line::Email,
        "uri" | "iri" | "url" => Line::Url,
        "date" => Line::Date,
        "" => {
            let is_long = schema.get("maxLength").and_then(Value::as_u64).is_some_and(|most| most > MAX_LINE_LENGTH);
            let is_prose = PROSE_NAMES.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
            let is_text = text("contentMediaType").starts_with("text/");
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
