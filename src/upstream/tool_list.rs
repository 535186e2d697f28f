//! The pages of `tools/list`, for discovery, and for calls with header arguments.

use std::collections::HashSet;

use rmcp::model::{ClientRequest, ListToolsRequest, PaginatedRequestParams, ServerResult};
use rmcp::service::PeerRequestOptions;
use serde_json::Value;

use super::failure::not_mcp_json;
use super::session::Session;
use crate::egress::Failure;

/// Maximum number of tools of one server.
pub const MAX_TOOLS: usize = 1_000;
const MAX_PAGES: usize = 200;

/// The advice for a server with too many tools.
const FEWER_TOOLS: &str = "Ask the server’s operator for an address with fewer tools";

/// The tools of a server, as it wrote them.
#[derive(Debug, Default)]
pub(super) struct ToolList {
    pub(super) tools: Vec<Value>,
    /// Names of the tools whose header annotations rmcp rejects.
    pub(super) invalid_headers: HashSet<String>,
}

/// A page of the list.
struct Page {
    tools: Vec<Value>,
    next: Option<String>,
}

/// Lists all pages of tools. Fails if there are too many: an incomplete list would look complete.
pub(super) async fn list(session: &Session<'_>, name: &str) -> Result<ToolList, Failure> {
    let mut list = ToolList::default();
    let (mut cursor, mut former_cursors, mut previous) = (None, HashSet::new(), Vec::new());
    for _ in 0..MAX_PAGES {
        let is_blank = cursor.as_ref().is_some_and(String::is_empty);
        let Page { tools, next } = match fetch_page(session, name, cursor.take(), &mut list.invalid_headers).await {
            // to this server, an empty cursor was the end
            Err(failure) if is_blank && failure.class == "rejected" => return Ok(list),
            page => page?,
        };
        // some servers ignore the cursor and repeat their only page
        if !tools.is_empty() && tools == previous {
            return Ok(list);
        }
        previous.clone_from(&tools);
        list.tools.extend(tools);
        if list.tools.len() > MAX_TOOLS {
            let count = list.tools.len();
            let message =
                format!("{name} offers {count} tools or more, and the hub accepts {MAX_TOOLS} from one server");
            return Err(Failure::permanent("too_many_tools", message).with_advice(FEWER_TOOLS));
        }
        match next {
            Some(next) if former_cursors.insert(next.clone()) => cursor = Some(next),
            // a cursor that was there before leads round in a circle
            _ => return Ok(list),
        }
    }
    let message = format!("{name} lists its tools on more than {MAX_PAGES} pages, the most that the hub reads");
    Err(Failure::permanent("too_many_tools", message).with_advice(FEWER_TOOLS))
}

async fn fetch_page(
    session: &Session<'_>,
    name: &str,
    cursor: Option<String>,
    invalid_headers: &mut HashSet<String>,
) -> Result<Page, Failure> {
    let params = PaginatedRequestParams::default().with_cursor(cursor);
    let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
    let sent = session.client.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
    let handle = sent.map_err(|error| session.explain(&error))?;
    let id = handle.id.clone();
    let answer = handle.await_response().await;
    let valid: Option<HashSet<_>> = match &answer {
        Ok(ServerResult::ListToolsResult(list)) => Some(list.tools.iter().map(|tool| tool.name.to_string()).collect()),
        _ => None,
    };
    let page = read_page(session.result(&id, answer)?).ok_or_else(|| not_mcp_json(name))?;
    if let Some(valid) = valid {
        let names = page.tools.iter().filter_map(|tool| tool.get("name")?.as_str());
        invalid_headers.extend(names.filter(|name| !valid.contains(*name)).map(str::to_owned));
    }
    Ok(page)
}

fn read_page(mut result: Value) -> Option<Page> {
    let next = match result.get("nextCursor") {
        Some(Value::String(cursor)) => Some(cursor.clone()),
        Some(Value::Number(cursor)) => Some(cursor.to_string()),
        _ => None,
    };
    let tools = match result.get_mut("tools")?.take() {
        Value::Array(tools) => tools,
        Value::Null => Vec::new(),
        tool if tool.get("name").is_some() => vec![tool],
        _ => return None,
    };
    Some(Page { tools, next })
}
