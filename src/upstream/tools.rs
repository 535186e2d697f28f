//! A server's tools as the hub stores them: bounded, and with a reason for each that is left out. For discovery, and for calls
//! with header arguments.

use std::collections::HashSet;

use rmcp::model::{PaginatedRequestParams, Tool};
use serde_json::Value;

use super::session::Session;
use crate::egress::Failure;

/// Maximum number of tools of one server.
pub const MAX_TOOLS: usize = 1_000;
const MAX_PAGES: usize = 200;
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

/// The advice for a server with too many tools.
const FEWER_TOOLS: &str = "Ask the server’s operator for an address with fewer tools";

/// Lists all pages of tools. Fails if there are too many: an incomplete list would look complete.
pub(super) async fn list(session: &Session<'_>, name: &str) -> Result<Vec<Tool>, Failure> {
    let mut tools = Vec::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.take());
        let page = session.client.list_tools(Some(params)).await.map_err(|error| session.explain(&error))?;
        tools.extend(page.tools);
        if tools.len() > MAX_TOOLS {
            let message =
                format!("{name} offers {} tools or more, and the hub accepts {MAX_TOOLS} from one server", tools.len());
            return Err(Failure::permanent("too_many_tools", message).with_advice(FEWER_TOOLS));
        }
        match page.next_cursor {
            None => return Ok(tools),
            next => cursor = next,
        }
    }
    let message = format!("{name} lists its tools on more than {MAX_PAGES} pages, the most that the hub reads");
    Err(Failure::permanent("too_many_tools", message).with_advice(FEWER_TOOLS))
}

/// Separates usable tools from those to leave out.
pub(super) fn partition(tools: Vec<Tool>) -> (Vec<ToolDefinition>, Vec<DroppedTool>) {
    let mut names = HashSet::new();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for tool in tools {
        let name: String = tool.name.chars().take(MAX_NAME).collect();
        match convert(tool) {
            Ok(tool) if names.insert(tool.name.clone()) => kept.push(tool),
            Ok(_) => dropped.push(DroppedTool { name, reason: "another tool has the same name".to_owned() }),
            Err(reason) => dropped.push(DroppedTool { name, reason }),
        }
    }
    (kept, dropped)
}

fn convert(tool: Tool) -> Result<ToolDefinition, String> {
    let name = tool.name.into_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("its name is not 1 to {MAX_NAME} characters without spaces"));
    }
    let description = tool.description.map(std::borrow::Cow::into_owned);
    if description.as_ref().is_some_and(|text| text.len() > MAX_DESCRIPTION) {
        return Err(format!("its description is longer than {MAX_DESCRIPTION} bytes"));
    }
    let input_schema = Value::Object((*tool.input_schema).clone());
    if input_schema.get("type").is_some_and(|kind| kind != "object") {
        return Err("its arguments are not an object".to_owned());
    }
    check_schema("input", &input_schema)?;
    let output_schema = tool.output_schema.map(|schema| Value::Object((*schema).clone()));
    output_schema.as_ref().map_or(Ok(()), |schema| check_schema("output", schema))?;
    let title = tool.title.or_else(|| tool.annotations.as_ref().and_then(|hints| hints.title.clone()));
    let annotations = tool.annotations.and_then(|hints| serde_json::to_value(hints).ok());
    Ok(ToolDefinition { name, title, description, input_schema, output_schema, annotations })
}

fn check_schema(which: &str, schema: &Value) -> Result<(), String> {
    let size = schema.to_string().len();
    if size > MAX_SCHEMA_BYTES {
        return Err(format!("its {which} schema has {} kB, more than {}", size / 1024, MAX_SCHEMA_BYTES / 1024));
    }
    check_node(which, schema, 0)
}

fn check_node(which: &str, node: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_SCHEMA_DEPTH {
        return Err(format!("its {which} schema is nested more than {MAX_SCHEMA_DEPTH} levels deep"));
    }
    match node {
        Value::Object(members) => members.iter().try_for_each(|(key, value)| match value {
            Value::String(to)
                if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") && !to.starts_with('#') =>
            {
                Err(format!("its {which} schema refers to another document, {to:.100}"))
            }
            _ => check_node(which, value, depth + 1),
        }),
        Value::Array(items) => items.iter().try_for_each(|item| check_node(which, item, depth + 1)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SCHEMA_DEPTH, partition};
    use rmcp::model::Tool;
    use serde_json::{Value, json};

    fn tool(name: &str, schema: &Value) -> Tool {
        Tool::new(name.to_owned(), "does it", schema.as_object().unwrap().clone())
    }

    fn reason(tools: Vec<Tool>) -> String {
        let (kept, dropped) = partition(tools);
        assert_eq!((kept.len(), dropped.len()), (1, 1), "{kept:?} {dropped:?}");
        dropped[0].reason.clone()
    }

    #[test]
    fn an_unusable_tool_is_left_out_with_a_reason() {
        let plain = json!({"type": "object"});
        let beside = |schema: &Value| reason(vec![tool("plain", &plain), tool("odd", schema)]);
        assert!(beside(&json!({"properties": {"a": {"$ref": "https://x.test/s"}}})).contains("https://x.test/s"));
        assert!(beside(&json!({"type": "array"})).contains("not an object"));
        assert!(beside(&json!({"description": "x".repeat(300_000)})).contains("kB"));
        let deep = (0..=MAX_SCHEMA_DEPTH).fold(json!({}), |inner, _| json!({ "not": inner }));
        assert!(beside(&deep).contains("levels deep"));
        assert!(reason(vec![tool("twice", &plain), tool("twice", &plain)]).contains("same name"));
        assert!(reason(vec![tool("plain", &plain), tool("two words", &plain)]).contains("its name"));
    }

    #[test]
    fn references_within_the_schema_are_allowed() {
        let (kept, dropped) =
            partition(vec![tool("t", &json!({"$defs": {"a": {}}, "properties": {"x": {"$ref": "#/$defs/a"}}}))]);
        assert_eq!((kept.len(), dropped.len()), (1, 0));
    }
}
