//! A server's tools as the hub takes them over: bounded, and each that is left out with its reason.

use std::collections::HashSet;

use rmcp::model::{PaginatedRequestParams, Tool};
use serde_json::Value;

use super::failure::Failure;
use super::session::Session;

/// The most tools that are taken from one server.
pub const MAX_TOOLS: usize = 1_000;
const MAX_PAGES: usize = 200;
const MAX_NAME: usize = 128;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_SCHEMA_BYTES: usize = 256 * 1024;
const MAX_SCHEMA_DEPTH: usize = 64;

/// A tool as its server describes it. Everything in it is the server's claim.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    /// Its name, unique within the server.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
    /// JSON Schema of its structured result.
    pub output_schema: Option<Value>,
    /// Hints about its effects.
    pub annotations: Option<Value>,
}

/// A tool that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTool {
    /// Its name, shortened if need be.
    pub name: String,
    /// A clause that completes "it was left out because …".
    pub reason: String,
}

/// Lists all pages. Too many tools are refused rather than cut: a list that misses some looks like a list that does not.
pub(super) async fn list(session: &Session<'_>, name: &str) -> Result<Vec<Tool>, Failure> {
    let mut tools = Vec::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.take());
        let page = session.client.list_tools(Some(params)).await.map_err(|error| session.explain(&error))?;
        tools.extend(page.tools);
        if tools.len() > MAX_TOOLS {
            let message = format!(
                "{name} offers {} tools or more, and the hub takes {MAX_TOOLS} from one server: have it offer fewer",
                tools.len()
            );
            return Err(Failure::permanent("too_many_tools", message));
        }
        match page.next_cursor {
            None => return Ok(tools),
            next => cursor = next,
        }
    }
    let message = format!("{name} lists its tools on more than {MAX_PAGES} pages, which the hub does not read through");
    Err(Failure::permanent("too_many_tools", message))
}

/// Takes over what can be used.
pub(super) fn sift(tools: Vec<Tool>) -> (Vec<ToolDefinition>, Vec<DroppedTool>) {
    let mut names = HashSet::new();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for tool in tools {
        let name: String = tool.name.chars().take(MAX_NAME).collect();
        match take(tool) {
            Ok(tool) if names.insert(tool.name.clone()) => kept.push(tool),
            Ok(_) => dropped.push(DroppedTool { name, reason: "another tool has the same name".to_owned() }),
            Err(reason) => dropped.push(DroppedTool { name, reason }),
        }
    }
    (kept, dropped)
}

fn take(tool: Tool) -> Result<ToolDefinition, String> {
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
    examine("input", &input_schema)?;
    let output_schema = tool.output_schema.map(|schema| Value::Object((*schema).clone()));
    output_schema.as_ref().map_or(Ok(()), |schema| examine("output", schema))?;
    let title = tool.title.or_else(|| tool.annotations.as_ref().and_then(|hints| hints.title.clone()));
    let annotations = tool.annotations.and_then(|hints| serde_json::to_value(hints).ok());
    Ok(ToolDefinition { name, title, description, input_schema, output_schema, annotations })
}

fn examine(which: &str, schema: &Value) -> Result<(), String> {
    let size = schema.to_string().len();
    if size > MAX_SCHEMA_BYTES {
        return Err(format!("its {which} schema has {} kB, more than {}", size / 1024, MAX_SCHEMA_BYTES / 1024));
    }
    examine_node(which, schema, 0)
}

fn examine_node(which: &str, node: &Value, depth: usize) -> Result<(), String> {
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
            _ => examine_node(which, value, depth + 1),
        }),
        Value::Array(items) => items.iter().try_for_each(|item| examine_node(which, item, depth + 1)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SCHEMA_DEPTH, sift};
    use rmcp::model::Tool;
    use serde_json::{Value, json};

    fn tool(name: &str, schema: &Value) -> Tool {
        Tool::new(name.to_owned(), "does it", schema.as_object().unwrap().clone())
    }

    fn reason(tools: Vec<Tool>) -> String {
        let (kept, dropped) = sift(tools);
        assert_eq!((kept.len(), dropped.len()), (1, 1), "{kept:?} {dropped:?}");
        dropped[0].reason.clone()
    }

    #[test]
    fn a_tool_that_cannot_be_used_is_left_out_with_its_reason() {
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
    fn references_within_the_schema_are_kept() {
        let (kept, dropped) =
            sift(vec![tool("t", &json!({"$defs": {"a": {}}, "properties": {"x": {"$ref": "#/$defs/a"}}}))]);
        assert_eq!((kept.len(), dropped.len()), (1, 0));
    }
}
