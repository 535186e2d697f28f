//! Everything that a server writes, with hidden characters and with the credential that the hub presented: no page shows
//! either, and no column but that of results has them.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{StatusCode, header};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use url::Url;

use crate::support::browser::Browser;
use crate::support::listener::serve;
use crate::support::secret_search::tables_containing;
use crate::support::test_app::TestApp;

const TOKEN: &str = "t0ken-that-nobody-may-see";

/// Characters that reorder, hide, or smuggle text, and a control character.
const HIDDEN: &str = "\u{202e}\u{200b}\u{e0041}\u{1b}";

/// A text of the server: its place, what is hidden, and the credential.
fn says(place: &str) -> String {
    format!("{place}{HIDDEN} of Bearer {TOKEN}")
}

/// Starts a server that writes such texts in every place that the protocol has. Tool `fails` answers with an error of
/// JSON-RPC, tool `refuses` with a failed result.
async fn start() -> Url {
    let reply = |body: String| async move { answer(&serde_json::from_str(&body).unwrap_or_default()) };
    let address = serve(Router::new().route("/mcp", any(reply))).await;
    Url::parse(&format!("http://{address}/mcp")).unwrap()
}

fn answer(request: &Value) -> Response {
    let complete = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private"});
    let result = match request["method"].as_str().unwrap_or_default() {
        "server/discover" => json!({
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "instructions": says("Instructions"),
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": says("Server"), "version": says("1")}},
        }),
        "tools/list" => json!({"tools": [tool("answers"), tool("fails"), tool("refuses"), tool("hid\u{200b}den")]}),
        "tools/call" => match request["params"]["name"].as_str().unwrap() {
            "fails" => {
                let error = json!({"code": -32602, "message": says("Error"), "data": says("Data")});
                let body = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
                return axum::Json(body).into_response();
            }
            "refuses" => json!({"content": [{"type": "text", "text": says("Refusal")}], "isError": true}),
            _ => return progress_and_result(request),
        },
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let mut whole = complete;
    whole.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": whole})).into_response()
}

fn tool(name: &str) -> Value {
    let text =
        json!({"type": "string", "title": says("Label"), "description": says("Hint"), "examples": [says("Example")]});
    json!({
        "name": name,
        "title": says("Title"),
        "description": says("Description"),
        "inputSchema": {"type": "object", "description": says("Schema"), "properties": {"text": text}},
        "annotations": {"title": says("Annotation"), "readOnlyHint": true},
    })
}

fn progress_and_result(request: &Value) -> Response {
    let token = &request["params"]["_meta"]["progressToken"];
    let step = json!({"progressToken": token, "progress": 1, "total": 2, "message": says("Progress")});
    let step = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": step});
    let content = json!([
        {"type": "text", "text": says("Answer")},
        {"type": "resource_link", "name": says("Link"), "uri": format!("https://a.test/{}", says("uri"))},
        {"type": "text", "text": json!([{says("Column"): says("Cell")}]).to_string()},
    ]);
    let result = json!({"resultType": "complete", "content": content});
    let result = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    ([(header::CONTENT_TYPE, "text/event-stream")], format!("data: {step}\n\ndata: {result}\n\n")).into_response()
}

async fn assert_clean_page(alice: &Browser, path: &str) {
    let body = alice.get(path).await.body;
    assert!(!body.contains(TOKEN), "{path} shows the credential:\n{body}");
    let hidden: Vec<_> = HIDDEN.chars().filter(|letter| body.contains(*letter)).collect();
    assert!(hidden.is_empty(), "{path} has {hidden:?}:\n{body}");
}

#[tokio::test]
async fn what_a_server_writes_is_cleaned_and_redacted_where_it_enters() {
    let (app, url) = (TestApp::new().await, start().await);
    let alice = app.alice().await;
    let form = alice.get("/connectors/new/mcp").await;
    let fields = [("url", url.as_str()), ("auth", "bearer"), ("token", TOKEN)];
    let added = alice.submit(&form, "main form", fields).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let connector = added.path().split('?').next().unwrap().to_owned();
    assert!(added.body.contains("its name has hidden characters"), "{}", added.body);

    let mut paths = vec![connector.clone(), "/connectors".to_owned(), format!("{connector}/changes")];
    for name in ["answers", "fails", "refuses"] {
        let tool = format!("{connector}/tools/{name}");
        let job = app.run(&alice, &tool, [("v/text", "typed")]).await;
        paths.extend([tool, job.path().to_owned(), format!("{}/live", job.path())]);
        paths.push(job.attr("dd a[href^='/audit/']", "href").unwrap());
    }
    paths.extend(["/jobs", "/audit", "/connections", "/dashboard"].map(str::to_owned));
    for path in &paths {
        assert_clean_page(&alice, path).await;
    }
    let answer = alice.get(&paths[4]).await;
    for word in ["Answer[3 hidden characters]", "Progress[3 hidden characters]", "of Bearer [redacted]"] {
        assert!(answer.body.contains(word), "{word} is not shown: {}", answer.body);
    }

    let pool = app.app.system.pool();
    assert_eq!(tables_containing(pool, &[TOKEN]).await, [""; 0]);
    let hidden: Vec<_> = HIDDEN.chars().filter(|letter| !letter.is_control()).map(String::from).collect();
    // schemas and results are data: pages clean them when they show them
    let data = ["connector_tool_versions", "job_result", "audit_bodies"];
    let found = tables_containing(pool, &hidden).await;
    let found: Vec<_> = found.iter().filter(|table| !data.iter().any(|name| is_part_of(table, name))).collect();
    assert_eq!(found, [""; 0]);
    for column in [
        "job_result.error",
        "audit_bodies.error",
        "connector_tool_versions.description",
        "connector_tool_versions.title",
    ] {
        let (table, column) = column.split_once('.').unwrap();
        let rows = format!("SELECT count(*) FROM {table} WHERE strpos({column}, $1) > 0");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows)).bind(&hidden[0]).fetch_one(pool).await.unwrap();
        assert_eq!(rows, 0, "{table}.{column}");
    }
}

/// Reports whether a table is this one, or a partition of it.
fn is_part_of(table: &str, name: &str) -> bool {
    table.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("_20"))
}
