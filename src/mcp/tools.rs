//! `tools/list`: the tools of a person's connections, as the database has them. No server is asked.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{CacheScope, ErrorData, JsonObject, ListToolsResult, Tool, ToolAnnotations};
use serde_json::Value;

use super::caller::Caller;
use super::failure::internal_error;
use super::job_tools::JobTool;
use super::meta;
use crate::app::App;
use crate::assistants::{self, OfferedTool, ToolKey, WireSchema};

/// Annotation of an argument that a client repeats as a header of the request.
const HEADER_ANNOTATION: &str = "x-mcp-header";

/// Tools of one page. Many clients read the first page only.
const PAGE_TOOLS: u16 = 1000;

/// The time for which a client may keep the list, in milliseconds.
const LIST_TTL_MS: u64 = 30_000;

/// Lists the caller's tools after a cursor, and before them those of the hub itself.
pub(super) async fn list(app: &App, caller: &Caller, cursor: Option<&str>) -> Result<ListToolsResult, ErrorData> {
    let after = cursor.map(read_cursor).transpose()?;
    let listed = assistants::list_offered(&app.db, &caller.bearer.actor, after.as_ref(), PAGE_TOOLS).await;
    let page = listed.map_err(|error| internal_error(&error, "tools/list"))?;
    // the hub's own tools open the first page, which is all that many clients read
    let own = JobTool::ALL.into_iter().filter(|_| after.is_none()).map(JobTool::definition);
    let mut result = ListToolsResult::with_all_items(own.chain(page.tools.into_iter().map(wire_tool)).collect());
    result.next_cursor = page.next.as_ref().map(write_cursor);
    result.ttl_ms = Some(LIST_TTL_MS);
    result.cache_scope = Some(CacheScope::Private);
    result.meta = Some(meta::of_result());
    Ok(result)
}

/// Returns a tool as assistants see it.
fn wire_tool(tool: OfferedTool) -> Tool {
    let name = tool.tool_name().to_string();
    let description = (!tool.description.is_empty()).then_some(Cow::Owned(tool.description));
    let mut schema = WireSchema::from_input(tool.schema).schema;
    remove_header_annotations(&mut schema);
    let mut wire = Tool::new_with_raw(name, description, Arc::new(schema));
    wire.title = tool.title;
    wire.output_schema = tool.output_schema.and_then(WireSchema::from_output).map(|it| Arc::new(it.schema));
    wire.annotations = tool.annotations.and_then(|it| serde_json::from_value::<ToolAnnotations>(it).ok());
    wire
}

/// Removes the annotations that make headers of arguments. The server wants these headers of the hub, which sends them itself;
/// a hub that asked for them too would have to compare them.
fn remove_header_annotations(schema: &mut JsonObject) {
    schema.remove(HEADER_ANNOTATION);
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    properties.values_mut().filter_map(Value::as_object_mut).for_each(remove_header_annotations);
}

/// Writes the key of a page's last tool as the cursor of the next page.
fn write_cursor(key: &ToolKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}\n{}", key.prefix, key.tool))
}

/// Reads a cursor. Any text is a place in the list: it opens nothing that its sender cannot list.
fn read_cursor(cursor: &str) -> Result<ToolKey, ErrorData> {
    let unknown = || ErrorData::invalid_params("This cursor is not of this hub. List from the start", None);
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.filter(|text| !text.contains('\0')).ok_or_else(unknown)?;
    let (prefix, tool) = text.split_once('\n').ok_or_else(unknown)?;
    Ok(ToolKey { prefix: prefix.to_owned(), tool: tool.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{ToolKey, read_cursor, remove_header_annotations, write_cursor};
    use serde_json::{Value, json};

    #[test]
    fn a_cursor_is_read_back_and_other_texts_are_refused() {
        let key = ToolKey { prefix: "workbench".to_owned(), tool: "a\nb".to_owned() };
        assert_eq!(read_cursor(&write_cursor(&key)).ok(), Some(key));
        for other in ["", "?", "AA", "bm90aGluZw"] {
            assert!(read_cursor(other).is_err(), "{other}");
        }
    }

    #[test]
    fn arguments_are_no_headers_at_the_hub() {
        let schema = |annotated: Value| {
            let place = json!({ "type": "object", "properties": { "region": annotated } });
            // an argument may have the name of the annotation
            json!({ "type": "object", "properties": { "place": place, "x-mcp-header": { "type": "string" } } })
        };
        let mut listed = schema(json!({ "type": "string", "x-mcp-header": "Region" }));
        remove_header_annotations(listed.as_object_mut().unwrap());
        assert_eq!(listed, schema(json!({ "type": "string" })));
    }
}
