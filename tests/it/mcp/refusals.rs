//! Requests that break the protocol or come from the wrong place.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::assistant::{Assistant, CURRENT};
use crate::support::page::Page;
use crate::support::test_app::TestApp;

fn assert_error(answer: &Page, status: u16, code: i32) {
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(answer.json()["error"]["code"], code, "{}", answer.json());
    assert_eq!(answer.json()["jsonrpc"], "2.0");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn broken_messages_get_the_error_of_the_protocol() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let authorization = format!("Bearer {}", assistant.token());
    let headers = [("authorization", authorization.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let ping = json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }).to_string();
    assert_eq!(assistant.post(&headers, &ping).await.status, StatusCode::OK);
    assert_error(&assistant.post(&headers, "{\"jsonrpc\":").await, 400, -32700);
    assert_error(&assistant.post(&headers, &format!("[{ping}]")).await, 400, -32600);
    assert_error(&assistant.post(&headers, "{\"method\": \"ping\", \"id\": 1}").await, 400, -32600);
    let no_id = json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }).to_string();
    assert_error(&assistant.post(&headers, &no_id).await, 400, -32600);
    let large = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "x".repeat(10_000_000) } });
    assert_error(&assistant.post(&headers, &large.to_string()).await, 413, -32600);
    let plain = [headers[0], headers[1], ("content-type", "text/plain")];
    assert_error(&assistant.post(&plain, &ping).await, 415, -32600);
    for accept in ["text/html", ""] {
        let answer = assistant.post(&[headers[0], headers[1], ("accept", accept)], &ping).await;
        assert_error(&answer, 406, -32600);
    }
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    assert_eq!(assistant.post(&headers, &notification).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn headers_that_contradict_the_message_are_refused() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let call = json!({ "name": "workbench__hash", "arguments": { "text": "a" } });
    for wrong in [("mcp-method", "tools/list"), ("mcp-name", "workbench__other"), ("mcp-name", ""), ("mcp-method", "")]
    {
        assert_error(&assistant.send_with("tools/call", call.clone(), &[wrong]).await, 400, -32020);
    }
    let encoded = [("mcp-name", "=?base64?d29ya2JlbmNoX19oYXNo?=")];
    assert_eq!(assistant.send_with("tools/call", call.clone(), &encoded).await.status, StatusCode::OK);
    for method in ["tools/forget", "initialize", "ping"] {
        assert_error(&assistant.send(method, json!({})).await, 404, -32601);
    }
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 1, "one call was accepted");
}

#[tokio::test]
async fn a_version_that_the_hub_does_not_speak_is_answered_with_those_it_does() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let authorization = format!("Bearer {}", assistant.token());
    for revision in ["2031-01-01", "2024-11-05", "next"] {
        let headers = [("authorization", authorization.as_str()), ("mcp-protocol-version", revision)];
        let ping = json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }).to_string();
        let answer = assistant.post(&headers, &ping).await;
        assert_error(&answer, 400, -32022);
        assert_eq!((&answer.json()["id"], &answer.json()["error"]["data"]["requested"]), (&json!(7), &json!(revision)));
    }
    let version = "2031-01-01";
    let headers =
        [("authorization", authorization.as_str()), ("mcp-protocol-version", version), ("mcp-method", "tools/list")];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let answer = assistant.post(&headers, &body.to_string()).await;
    assert_error(&answer, 400, -32022);
    let supported = answer.json()["error"]["data"]["supported"].clone();
    assert!(supported.as_array().is_some_and(|all| all.contains(&Value::from(CURRENT))), "{}", answer.json());
}

#[tokio::test]
async fn only_post_with_a_token_from_a_safe_place_is_served() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let answer = app.stranger().request(method, "/mcp", &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    }
    let by_cookie = alice.request(Method::POST, "/mcp", &[("content-type", "application/json")], "{}").await;
    assert_eq!(by_cookie.status, StatusCode::UNAUTHORIZED);
    assert!(by_cookie.header("www-authenticate").is_some());
    assert!(by_cookie.json()["error"]["message"].as_str().unwrap().starts_with("Send an access token"));
    let (evil_host, evil_origin) = (("host", "evil.example.com"), ("origin", "http://evil.example.com"));
    for wrong in [evil_host, evil_origin, ("origin", "null")] {
        assert_error(&assistant.send_with("tools/list", json!({}), &[wrong]).await, 403, -32600);
    }
    let page = assistant.send_with("tools/list", json!({}), &[("origin", "https://assistant.example")]).await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (StatusCode::OK, Some("*")));
    assert_eq!(page.header("access-control-allow-credentials"), None);
    let asked = [
        ("origin", "https://assistant.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,mcp-method"),
    ];
    let preflight = app.stranger().request(Method::OPTIONS, "/mcp", &asked, "").await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert_eq!(preflight.header("access-control-allow-headers"), Some("authorization,mcp-method"));
}

#[tokio::test]
async fn an_ended_token_and_the_token_of_a_disabled_account_are_refused() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (revoked, disabled) = (Assistant::new(&app, &alice).await, Assistant::new(&app, &alice).await);
    // the newest is the first of the list
    let links = alice.get("/settings/tokens").await.attrs("tbody a", "href");
    alice.submit(&alice.get(&links[1]).await, "main form", []).await;
    assert_eq!(revoked.send("tools/list", json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(disabled.send("tools/list", json!({})).await.status, StatusCode::OK);
    sqlx::query("UPDATE users SET disabled_at = now()").execute(app.app.system.pool()).await.unwrap();
    let refused = disabled.send("tools/list", json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.json()["error"]["message"].as_str().unwrap().starts_with("The access token does not work here"));
    assert!(refused.header("x-request-id").is_some() && refused.header("x-content-type-options").is_some());
}

#[tokio::test]
async fn a_token_does_only_what_its_scopes_permit() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let reader = Assistant::with_fields(&app, &alice, &[("name", "Reader"), ("scope", "tools:read")]).await;
    assert!(!reader.tool_names().await.is_empty());
    let refused = reader.send("tools/call", json!({ "name": "workbench__hash", "arguments": { "text": "a" } })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer scope=\"tools:call\", resource_metadata=\"http://127.0.0.1:8080/"),
        "{challenge}"
    );
    assert!(challenge.ends_with(", error=\"insufficient_scope\""), "{challenge}");
}
