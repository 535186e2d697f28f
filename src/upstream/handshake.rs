//! Results in the types of rmcp, for the transport. rmcp refuses a whole message over one odd member. It therefore gets what it
//! acts upon; the session reads the rest from the JSON.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, ClientRequest, DiscoverResult, InitializeResult, ListToolsResult, ProtocolVersion, ServerCapabilities,
    ServerResult, Tool,
};
use serde_json::{Map, Value, json};

/// The requests whose results rmcp acts upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// `server/discover`.
    Discover,
    /// `initialize`.
    Initialize,
    /// `tools/list`: rmcp learns which arguments are headers.
    ListTools,
    /// Any other; rmcp only passes the result on.
    Other,
}

impl RequestKind {
    pub(super) fn from_request(request: &ClientRequest) -> Self {
        match request {
            ClientRequest::DiscoverRequest(_) => Self::Discover,
            ClientRequest::InitializeRequest(_) => Self::Initialize,
            ClientRequest::ListToolsRequest(_) => Self::ListTools,
            _ => Self::Other,
        }
    }

    /// Reports whether the exchange begins with this request.
    pub(super) fn is_handshake(self) -> bool {
        matches!(self, Self::Discover | Self::Initialize)
    }

    /// Returns the result for rmcp; `None` if a server of MCP cannot have meant it.
    pub(super) fn typed_result(self, result: &Value) -> Option<ServerResult> {
        match self {
            Self::Discover => discover_result(result).map(ServerResult::DiscoverResult),
            Self::Initialize => initialize_result(result).map(ServerResult::InitializeResult),
            Self::ListTools => Some(ServerResult::ListToolsResult(list_result(result))),
            Self::Other => Some(ServerResult::empty(())),
        }
    }
}

/// Returns the result of `server/discover` for a server that is known to speak the newer revision.
pub(super) fn assumed_discover_result() -> ServerResult {
    let capabilities = ServerCapabilities::builder().enable_tools().build();
    ServerResult::DiscoverResult(DiscoverResult::new(vec![ProtocolVersion::LATEST], capabilities))
}

fn discover_result(result: &Value) -> Option<DiscoverResult> {
    let versions = result.get("supportedVersions")?.as_array()?;
    let versions: Vec<_> = versions.iter().filter(|version| version.is_string()).collect();
    if versions.is_empty() {
        return None;
    }
    let mut typed = json!({
        "resultType": "complete",
        "supportedVersions": versions,
        "capabilities": capabilities(result),
        "ttlMs": 0,
        "cacheScope": CacheScope::Private,
    });
    add_instructions(&mut typed, result);
    let own = result.get("_meta").and_then(|meta| meta.get(SERVER_INFO)).or_else(|| result.get("serverInfo"));
    if let Some(own) = own {
        typed["_meta"] = json!({ SERVER_INFO: identity(Some(own)) });
    }
    serde_json::from_value(typed).ok()
}

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

fn initialize_result(result: &Value) -> Option<InitializeResult> {
    let version = result.get("protocolVersion")?.as_str()?;
    let mut typed = json!({
        "protocolVersion": version,
        "capabilities": capabilities(result),
        "serverInfo": identity(result.get("serverInfo")),
    });
    add_instructions(&mut typed, result);
    serde_json::from_value(typed).ok()
}

/// Returns whether the server has tools, as a capability. A server that says nothing readable about its capabilities is asked.
fn capabilities(result: &Value) -> Value {
    let declared = result.get("capabilities").and_then(Value::as_object);
    let has_tools = declared.is_none_or(|declared| {
        declared.get("tools").is_some_and(|tools| !matches!(tools, Value::Null | Value::Bool(false)))
    });
    if has_tools { json!({"tools": {}}) } else { json!({}) }
}

/// Most images of a server that the hub considers.
const MAX_ICONS: usize = 8;

/// Returns name, title, version and images of a server. A missing text is empty.
fn identity(own: Option<&Value>) -> Value {
    let member = |name: &str| match own.and_then(|own| own.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let icons = own.and_then(|own| own.get("icons")).and_then(Value::as_array).into_iter().flatten();
    let icons: Vec<_> = icons.filter_map(icon).take(MAX_ICONS).collect();
    json!({"name": member("name"), "title": member("title"), "version": member("version"), "icons": icons})
}

/// Returns the address of an image and its type.
fn icon(icon: &Value) -> Option<Value> {
    let mut typed = json!({"src": icon.get("src")?.as_str()?});
    if let Some(mime_type) = icon.get("mimeType").and_then(Value::as_str) {
        typed["mimeType"] = mime_type.into();
    }
    Some(typed)
}

fn add_instructions(typed: &mut Value, result: &Value) {
    if let Some(instructions) = result.get("instructions").and_then(Value::as_str) {
        typed["instructions"] = instructions.into();
    }
}

/// Returns the tools that can have header arguments.
fn list_result(result: &Value) -> ListToolsResult {
    let tools = result.get("tools").and_then(Value::as_array).into_iter().flatten();
    let tools = tools.filter_map(|tool| {
        let schema: &Map<_, _> = tool.get("inputSchema")?.as_object()?;
        Some(Tool::new(tool.get("name")?.as_str()?.to_owned(), "", Arc::new(schema.clone())))
    });
    ListToolsResult::with_all_items(tools.collect())
}

#[cfg(test)]
mod tests {
    use super::RequestKind;
    use rmcp::model::ServerResult;
    use serde_json::{Value, json};

    fn has_tools(capabilities: &Value) -> bool {
        let result =
            json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": {"name": "q"}});
        match RequestKind::Initialize.typed_result(&result) {
            Some(ServerResult::InitializeResult(result)) => result.capabilities.tools.is_some(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn odd_capabilities_and_identities_are_understood() {
        for tools in [json!({}), json!([]), json!(true), json!({"listChanged": "yes"})] {
            assert!(has_tools(&json!({"tools": tools, "logging": []})));
        }
        assert!(has_tools(&json!(null)) && has_tools(&json!([])), "a server that says nothing is asked");
        assert!(!has_tools(&json!({})) && !has_tools(&json!({"tools": null})));
        for own in [json!(null), json!({}), json!({"name": 1, "version": 2.50, "icons": "x"}), json!("me")] {
            let result =
                json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": own, "instructions": 5});
            assert!(RequestKind::Initialize.typed_result(&result).is_some(), "{result}");
        }
    }

    #[test]
    fn a_result_without_a_revision_is_no_handshake() {
        for result in [json!({}), json!(null), json!({"protocolVersion": 5}), json!({"supportedVersions": [1, null]})] {
            assert!(RequestKind::Initialize.typed_result(&result).is_none(), "{result}");
            assert!(RequestKind::Discover.typed_result(&result).is_none(), "{result}");
        }
        let bare = json!({"supportedVersions": ["2026-07-28", 7], "ttlMs": "long", "cacheScope": 1, "_meta": []});
        assert!(RequestKind::Discover.typed_result(&bare).is_some());
    }
}
