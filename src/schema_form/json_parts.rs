//! The members of a value that is written as JSON: a list of them for the page, and a skeleton to fill in.

use serde_json::{Map, Value};

use super::names::{plain, sentences};
use super::resolve::resolve;

/// Most members that are listed.
const MAX_MEMBERS: usize = 40;

/// Most values of a choice that are named.
const MAX_NAMED_VALUES: usize = 6;

/// A member of an object that is written as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonMember {
    /// Its name.
    pub name: String,
    /// Its type in words.
    pub kind: String,
    /// It must be there.
    pub required: bool,
    /// The first sentence of its description.
    pub hint: String,
}

/// The members of a value, and the text that it begins with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonParts {
    /// The members of the object, or of each object of the list.
    pub members: Vec<JsonMember>,
    /// The value is a list of such objects.
    pub is_list: bool,
    /// The required members, or all, without their values.
    pub skeleton: Option<Value>,
}

/// Describes the parts of a schema whose value is an object, or a list of objects. Others have none.
pub(super) fn describe(root: &Value, schema: &Map<String, Value>) -> JsonParts {
    let items = schema.get("items").and_then(|items| resolve(root, items));
    let (object, is_list) = match &items {
        Some(items) => (items.as_ref(), true),
        None => (schema, false),
    };
    let Some(properties) = object.get("properties").and_then(Value::as_object).filter(|it| !it.is_empty()) else {
        return JsonParts::default();
    };
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let member = |(name, schema): (&String, &Value)| member(root, name, schema, required.contains(&name.as_str()));
    let is_listed = |name: &str| required.is_empty() || required.contains(&name);
    let blank: Map<_, _> = properties
        .iter()
        .filter(|(name, _)| is_listed(name))
        .map(|(name, schema)| (name.clone(), blank(root, schema)))
        .collect();
    let blank = Value::Object(blank);
    JsonParts {
        members: properties.iter().take(MAX_MEMBERS).map(member).collect(),
        is_list,
        skeleton: Some(if is_list { Value::Array(vec![blank]) } else { blank }),
    }
}

fn member(root: &Value, name: &str, schema: &Value, required: bool) -> JsonMember {
    let resolved = resolve(root, schema);
    let description = resolved.as_ref().and_then(|it| it.get("description")).and_then(Value::as_str);
    JsonMember {
        name: plain(name),
        kind: resolved.as_ref().map(|it| kind_words(it)).unwrap_or_default(),
        required,
        hint: description.map(|text| sentences(text).0).unwrap_or_default(),
    }
}

/// Returns the type of a value in words; empty if the schema does not say.
fn kind_words(schema: &Map<String, Value>) -> String {
    if let Some(Value::Array(values)) = schema.get("enum") {
        let named: Vec<_> = values.iter().take(MAX_NAMED_VALUES).map(|it| plain(&it.to_string())).collect();
        let more = if values.len() > named.len() { " and others" } else { "" };
        return format!("one of {}{more}", named.join(", "));
    }
    match schema.get("type") {
        Some(Value::String(kind)) => type_words(kind).to_owned(),
        Some(Value::Array(kinds)) => {
            let words: Vec<_> = kinds.iter().filter_map(Value::as_str).map(type_words).collect();
            words.join(" or ")
        }
        _ => String::new(),
    }
}

/// Returns a type of JSON Schema as a person writes it in JSON.
pub(super) fn type_words(kind: &str) -> &str {
    match kind {
        "string" => "text, in double quotes",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list, in square brackets",
        "object" => "an object, in braces",
        other => other,
    }
}

/// Returns the value that a member begins with: empty text, an empty list or object, and `null` for what has no empty value.
fn blank(root: &Value, schema: &Value) -> Value {
    let Some(schema) = resolve(root, schema) else { return Value::Null };
    if let Some(default) = schema.get("default").or_else(|| schema.get("const")) {
        return default.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") if !schema.contains_key("enum") => Value::from(""),
        Some("array") => Value::Array(Vec::new()),
        Some("object") => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use serde_json::{Value, json};

    fn skeleton(schema: &Value) -> Value {
        describe(schema, schema.as_object().unwrap()).skeleton.unwrap_or_default()
    }

    #[test]
    fn members_are_listed_with_type_need_and_description() {
        let schema = json!({ "type": "object", "required": ["street"], "properties": {
            "street": { "type": "string", "description": "With the number." },
            "floor": { "type": ["integer", "null"] },
            "kind": { "enum": ["home", "work"] } } });
        let parts = describe(&schema, schema.as_object().unwrap());
        let told: Vec<_> = parts.members.iter().map(|it| (it.name.as_str(), it.kind.as_str(), it.required)).collect();
        assert_eq!(
            told,
            [
                ("street", "text, in double quotes", true),
                ("floor", "a whole number or null", false),
                ("kind", "one of \"home\", \"work\"", false)
            ]
        );
        assert_eq!(parts.members[0].hint, "With the number.");
        assert_eq!(parts.skeleton, Some(json!({ "street": "" })));
    }

    #[test]
    fn a_list_begins_with_one_item_and_references_are_followed() {
        let schema = json!({ "type": "array", "items": { "$ref": "#/$defs/line" },
            "$defs": { "line": { "type": "object", "properties": {
                "sku": { "type": "string" }, "qty": { "type": "integer" }, "tags": { "type": "array" } } } } });
        assert_eq!(skeleton(&schema), json!([{ "sku": "", "qty": null, "tags": [] }]));
    }

    #[test]
    fn a_value_without_named_members_has_no_skeleton() {
        assert_eq!(skeleton(&json!({ "type": "object", "additionalProperties": true })), Value::Null);
        assert_eq!(skeleton(&json!({ "type": "array", "items": { "type": "array" } })), Value::Null);
    }
}
