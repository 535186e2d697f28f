//! The plan of a form: its fields and their controls, compiled from the schema alone.

use serde_json::{Map, Value};

use super::choose::{Chosen, choose_control, has_secret_name};
use super::field::{Control, EmptyValue, Field};
use super::hints::limits;
use super::json_parts::{self, JsonParts};
use super::names::{label, plain, sentences, step};
use super::references::with_local_references;
use super::resolve::resolve;
use super::secrecy::{is_marked, item_schemas, parts_of};

/// Maximum number of fields; a larger schema is a text area with JSON.
const MAX_FIELDS: usize = 400;

/// The arguments of a tool as a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Fields, or one text area with JSON.
    pub root: Root,
    /// The tool accepts unnamed properties, which a person can enter as JSON.
    pub is_open: bool,
    /// The reason why the hub cannot use the schema, as a sentence without its full stop. Only the tool's server can then
    /// judge the input.
    pub unusable_reason: Option<String>,
    /// An example of the whole input.
    pub(super) example: Option<Value>,
    /// The schema, with local references.
    pub(super) schema: Value,
}

/// The contents of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// A field for each property.
    Fields(Vec<Field>),
    /// A text area with JSON; the sentence says why there are no fields.
    Json(String),
}

impl Plan {
    /// Compiles the plan of a schema without a check of the schema and its defaults.
    pub(super) fn outline(schema: &Value) -> Self {
        let schema = with_local_references(schema).into_owned();
        let (root, is_open) = root_of(&schema);
        Self { root, is_open, unusable_reason: None, example: None, schema }
    }

    /// Iterates over all fields; the fields of a group follow their group.
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

/// Returns the contents of the form, and whether the tool accepts unnamed properties.
fn root_of(schema: &Value) -> (Root, bool) {
    let as_json = |why: &str| (Root::Json(why.to_owned()), false);
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
    let mut compiler = Compiler { root: schema, fields_left: MAX_FIELDS };
    let is_secret = is_marked(&parts_of(schema, [schema]));
    match compiler.fields(&object, "", is_secret) {
        Some(fields) => (Root::Fields(fields), is_open(&object)),
        None => as_json("The tool has more fields than a page can show."),
    }
}

/// Compiles fields until their number exceeds the maximum.
struct Compiler<'a> {
    root: &'a Value,
    fields_left: usize,
}

impl Compiler<'_> {
    /// Compiles the fields of an object. Returns `None` if there are too many. Only fields at the top may be groups. In a
    /// secret object, everything is secret.
    fn fields(&mut self, object: &Map<String, Value>, pointer: &str, is_secret: bool) -> Option<Vec<Field>> {
        let is_top = pointer.is_empty();
        let no_properties = Map::new();
        let properties = object.get("properties").and_then(Value::as_object).unwrap_or(&no_properties);
        let required: Vec<&str> =
            object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        // a required name without a description needs a field, too
        let any_value = Value::Bool(true);
        let others = object.get("additionalProperties").unwrap_or(&any_value);
        let unnamed = required.iter().filter(|name| *others != Value::Bool(false) && !properties.contains_key(**name));
        let properties = properties.iter().map(|(name, schema)| (name.as_str(), schema));
        let properties: Vec<_> = properties.chain(unnamed.map(|name| (*name, others))).collect();
        let mut fields = Vec::with_capacity(properties.len());
        for (name, schema) in properties {
            self.fields_left = self.fields_left.checked_sub(1)?;
            let pointer = format!("{pointer}/{}", step(name));
            let mut chosen = choose_control(self.root, schema, name, is_top);
            let is_secret = is_secret || is_secret_field(self.root, schema, name, &chosen.control);
            if let Control::Group(inner) = &mut chosen.control {
                *inner = self.fields(&chosen.schema, &pointer, is_secret)?;
            }
            if let Control::Text(line) = &mut chosen.control
                && is_secret
            {
                *line = line.as_secret();
            }
            let required = required.contains(&name);
            fields.push(Field { is_secret, ..field(self.root, chosen, name, pointer, required) });
        }
        Some(fields)
    }
}

/// Reports whether no page shows what a field holds. A list of secrets is one; JSON has its secrets masked one by one.
fn is_secret_field(root: &Value, schema: &Value, name: &str, control: &Control) -> bool {
    let parts = parts_of(root, [schema]);
    let has_secret_items = || is_marked(&parts_of(root, item_schemas(&parts, 0)));
    is_marked(&parts)
        || match control {
            Control::Text(_) | Control::Choice(_) | Control::Json(_) => has_secret_name(name),
            Control::Lines(_) | Control::Checks(_) => has_secret_items(),
            Control::Number(_) | Control::YesNo | Control::Group(_) | Control::Fixed(_) => false,
        }
}

fn field(root: &Value, chosen: Chosen, name: &str, pointer: String, required: bool) -> Field {
    let text = |key: &str| chosen.schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let (hint, more) = sentences(text("description"));
    let title = plain(text("title"));
    Field {
        label: if title.trim().is_empty() { label(name) } else { title },
        name: plain(name),
        hint,
        more,
        limits: limits(&chosen.schema, &chosen.control),
        format: chosen.schema.get("format").and_then(Value::as_str).map(ToOwned::to_owned),
        required,
        nullable: chosen.nullable,
        default: chosen.schema.get("default").filter(|_| !matches!(chosen.control, Control::Fixed(_))).cloned(),
        is_secret: false,
        example: first_example(&chosen.schema).cloned(),
        empty_value: empty_value(&chosen.schema),
        json_parts: match chosen.control {
            Control::Json(_) => json_parts::describe(root, &chosen.schema),
            _ => JsonParts::default(),
        },
        control: chosen.control,
        pointer,
    }
}

fn empty_value(schema: &Map<String, Value>) -> EmptyValue {
    let is_zero = |key: &str| schema.get(key).is_none_or(|least| least.as_u64() == Some(0));
    let has_rule = ["format", "pattern", "contains"].iter().any(|key| schema.contains_key(*key));
    if is_zero("minLength") && is_zero("minItems") && !has_rule { EmptyValue::Accepted } else { EmptyValue::Refused }
}

/// Returns the first example of a schema.
pub(super) fn first_example(schema: &Map<String, Value>) -> Option<&Value> {
    schema.get("examples")?.as_array()?.first()
}

/// Reports whether branches or conditions name properties that the top level does not name: a form would lack them.
fn has_other_branches(root: &Value, object: &Map<String, Value>) -> bool {
    let named = object.get("properties").and_then(Value::as_object);
    let unions = ["oneOf", "anyOf"].iter().filter_map(|keyword| object.get(*keyword)?.as_array()).flatten();
    let conditions = ["then", "else"].iter().filter_map(|keyword| object.get(*keyword));
    let dependent = ["dependentSchemas", "dependencies"].iter().filter_map(|keyword| object.get(*keyword)?.as_object());
    unions.chain(conditions).chain(dependent.flat_map(Map::values)).any(|branch| match resolve(root, branch) {
        Some(branch) => branch
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|inner| inner.keys().any(|key| named.is_none_or(|named| !named.contains_key(key)))),
        None => branch.is_object(),
    })
}

fn is_open(object: &Map<String, Value>) -> bool {
    let given = object.get("additionalProperties").is_some_and(|rule| rule != &Value::Bool(false));
    given || object.contains_key("patternProperties")
}
