//! A server's tools as the hub stores them: bounded, and with a reason for each that is left out.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::tool_list::ToolList;
use crate::schema_form::foreign_reference;

const MAX_NAME: usize = 128;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_SCHEMA_BYTES: usize = 256 * 1024;
const MAX_SCHEMA_DEPTH: usize = 64;

/// A tool as its server describes it. The hub trusts none of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    /// The name, unique within the server.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
    /// JSON Schema of its structured result.
    pub output_schema: Option<Value>,
    /// Hints about its effects.
    pub annotations: Option<Value>,
}

/// A tool that the hub leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTool {
    /// The name, shortened if necessary.
    pub name: String,
    /// A clause that completes "it was left out because …".
    pub reason: String,
}

/// The hints that are true or false, in the order in which they are stored.
const HINTS: [&str; 4] = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

/// Separates usable tools from those to leave out.
pub(super) fn partition(list: ToolList) -> (Vec<ToolDefinition>, Vec<DroppedTool>) {
    let ToolList { tools, invalid_headers } = list;
    let mut names = HashSet::new();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (number, tool) in (1..).zip(tools) {
        let name = tool.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("tool {number}"), |name| name.chars().take(MAX_NAME).collect());
        match convert(tool) {
            Ok(tool) if invalid_headers.contains(&tool.name) => {
                dropped.push(DroppedTool { name, reason: "its x-mcp-header annotations are not valid".to_owned() });
            }
            Ok(tool) if names.insert(tool.name.clone()) => kept.push(tool),
            Ok(_) => dropped.push(DroppedTool { name, reason: "another tool has the same name".to_owned() }),
            Err(reason) => dropped.push(DroppedTool { name, reason }),
        }
    }
    (kept, dropped)
}

fn convert(tool: Value) -> Result<ToolDefinition, String> {
    let Value::Object(mut tool) = tool else { return Err("it is not an object".to_owned()) };
    let text = |members: &Map<String, Value>, name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text(&tool, "name").unwrap_or_default();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("its name is not 1 to {MAX_NAME} characters without spaces"));
    }
    let description = text(&tool, "description");
    if description.as_ref().is_some_and(|text| text.len() > MAX_DESCRIPTION) {
        return Err(format!("its description is longer than {MAX_DESCRIPTION} bytes"));
    }
    let input_schema = match tool.remove("inputSchema") {
        None | Some(Value::Null) => return Err("it has no input schema".to_owned()),
        Some(schema) if !schema.is_object() => return Err("its input schema is not an object".to_owned()),
        Some(schema) => schema,
    };
    if input_schema.get("type").is_some_and(|kind| kind != "object") {
        return Err("its arguments are not an object".to_owned());
    }
    check_schema("input", &input_schema)?;
    // nothing depends on an output schema, so one that is unreadable is left out alone
    let output_schema = tool.remove("outputSchema").filter(Value::is_object);
    output_schema.as_ref().map_or(Ok(()), |schema| check_schema("output", schema))?;
    let hints = tool.get("annotations").and_then(Value::as_object);
    let title = text(&tool, "title").or_else(|| hints.and_then(|hints| text(hints, "title")));
    let annotations = hints.map(read_hints).transpose()?;
    Ok(ToolDefinition { name, title, description, input_schema, output_schema, annotations })
}

/// Reads the hints that the protocol knows. A hint that is neither true nor false could hide that a tool destroys.
fn read_hints(hints: &Map<String, Value>) -> Result<Value, String> {
    let mut read = Map::new();
    if let Some(title @ Value::String(_)) = hints.get("title") {
        read.insert("title".to_owned(), title.clone());
    }
    for name in HINTS {
        match hints.get(name) {
            None | Some(Value::Null) => {}
            Some(hint @ Value::Bool(_)) => {
                read.insert(name.to_owned(), hint.clone());
            }
            Some(other) => return Err(format!("its hint {name} is {other:.40}, neither true nor false")),
        }
    }
    Ok(Value::Object(read))
}

fn check_schema(which: &str, schema: &Value) -> Result<(), String> {
    let size = schema.to_string().len();
    if size > MAX_SCHEMA_BYTES {
        return Err(format!("its {which} schema has {} kB, more than {}", size / 1024, MAX_SCHEMA_BYTES / 1024));
    }
    if let Some(to) = foreign_reference(schema) {
        return Err(format!("its {which} schema refers to another document, {to:.100}"));
    }
    check_node(which, schema, 0)
}

fn check_node(which: &str, node: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_SCHEMA_DEPTH {
        return Err(format!("its {which} schema is nested more than {MAX_SCHEMA_DEPTH} levels deep"));
    }
    match node {
        Value::Object(members) => members.values().try_for_each(|inner| check_node(which, inner, depth + 1)),
        Value::Array(items) => items.iter().try_for_each(|item| check_node(which, item, depth + 1)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SCHEMA_DEPTH, partition};
    use crate::upstream::tool_list::ToolList;
    use serde_json::{Value, json};
    use std::collections::HashSet;

    fn tool(name: &str, schema: &Value) -> Value {
        json!({"name": name, "description": "does it", "inputSchema": schema})
    }

    fn list(tools: impl IntoIterator<Item = Value>) -> ToolList {
        ToolList { tools: tools.into_iter().collect(), invalid_headers: HashSet::default() }
    }

    /// Returns the reason for which a tool is left out beside a plain one.
    fn reason(odd: Value) -> String {
        let (kept, dropped) = partition(list([tool("plain", &json!({"type": "object"})), odd]));
        assert_eq!((kept.len(), dropped.len()), (1, 1), "{kept:?} {dropped:?}");
        format!("{}: {}", dropped[0].name, dropped[0].reason)
    }

    #[test]
    fn an_unusable_tool_is_left_out_with_a_reason() {
        let of_schema = |schema: &Value| reason(tool("odd", schema));
        assert!(of_schema(&json!({"properties": {"a": {"$ref": "https://x.test/s"}}})).contains("https://x.test/s"));
        assert!(of_schema(&json!({"type": "array"})).contains("not an object"));
        assert!(of_schema(&json!({"description": "x".repeat(300_000)})).contains("kB"));
        let deep = (0..=MAX_SCHEMA_DEPTH).fold(json!({}), |inner, _| json!({ "not": inner }));
        assert!(of_schema(&deep).contains("levels deep"));
        assert!(reason(tool("plain", &json!({"type": "object"}))).contains("same name"));
        assert!(reason(tool("two words", &json!({"type": "object"}))).contains("its name"));
    }

    #[test]
    fn a_malformed_tool_costs_itself_alone() {
        assert_eq!(reason(json!({"name": "odd"})), "odd: it has no input schema");
        assert_eq!(of_null(), "odd: it has no input schema");
        assert_eq!(reason(tool("odd", &json!(true))), "odd: its input schema is not an object");
        assert_eq!(reason(json!("odd")), "tool 2: it is not an object");
        assert!(reason(json!({"name": 5, "inputSchema": {}})).starts_with("tool 2: its name is not"));
        let mut hinted = tool("odd", &json!({}));
        hinted["annotations"] = json!({"readOnlyHint": "true"});
        assert_eq!(reason(hinted), "odd: its hint readOnlyHint is \"true\", neither true nor false");
    }

    fn of_null() -> String {
        reason(tool("odd", &json!(null)))
    }

    #[test]
    fn a_malformed_member_costs_itself_alone() {
        let odd = json!({
            "name": "odd", "title": 5, "description": null, "inputSchema": {}, "outputSchema": "none", "icons": 7,
            "annotations": {"title": "Odd", "readOnlyHint": true, "destructiveHint": null, "mood": "good"},
        });
        let (kept, dropped) = partition(list([odd, json!({"name": "plain", "inputSchema": {}, "annotations": "no"})]));
        assert_eq!(dropped, []);
        assert_eq!((kept[0].title.as_deref(), kept[0].description.as_deref()), (Some("Odd"), None));
        assert_eq!(kept[0].annotations, Some(json!({"title": "Odd", "readOnlyHint": true})));
        assert_eq!((&kept[0].output_schema, &kept[1].annotations), (&None, &None));
    }

    #[test]
    fn references_within_the_schema_are_allowed() {
        let schema = json!({"$defs": {"a": {}}, "properties": {"x": {"$ref": "#/$defs/a"}}});
        let tree = json!({"properties": {"tree": {"$id": "T0", "items": {"$ref": "T0"}}}});
        let example = json!({"properties": {"spec": {"examples": [{"schema": {"$ref": "./pet.yaml"}}]}}});
        let (kept, dropped) = partition(list([tool("t", &schema), tool("tree", &tree), tool("example", &example)]));
        assert_eq!((kept.len(), dropped.len()), (3, 0), "{dropped:?}");
    }
}
