//! An assistant: a program with an access token that speaks MCP to the hub, in one of the two eras of the protocol.

use http::Method;
use serde_json::{Value, json};

use super::browser::Browser;
use super::page::Page;
use super::test_app::TestApp;

/// The current revision, whose requests carry their own metadata.
pub(crate) const CURRENT: &str = "2026-07-28";

/// A revision whose clients begin with `initialize`.
pub(crate) const OLDER: &str = "2025-11-25";

/// An assistant of a person.
pub(crate) struct Assistant {
    program: Browser,
    token: String,
    path: String,
    pub(crate) revision: &'static str,
}

impl Assistant {
    /// Creates a token of the person in `browser`, for their own space.
    pub(crate) async fn new(app: &TestApp, browser: &Browser) -> Self {
        Self::with_fields(app, browser, &[("name", "Assistant")]).await
    }

    /// Creates a token with these fields of its form.
    pub(crate) async fn with_fields(app: &TestApp, browser: &Browser, fields: &[(&str, &str)]) -> Self {
        let created = browser.post("/settings/tokens/new", fields).await;
        let token = created.attr("input[name=token]", "value").expect("the page shows the token");
        Self::with_token(app, token)
    }

    /// Returns an assistant with this token.
    pub(crate) fn with_token(app: &TestApp, token: String) -> Self {
        Self { program: app.stranger(), token, path: "/mcp".to_owned(), revision: CURRENT }
    }

    /// Returns the same assistant at another address of the hub.
    pub(crate) fn at_path(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// Returns the same assistant, speaking another revision.
    pub(crate) fn speaking(self, revision: &'static str) -> Self {
        Self { revision, ..self }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Sends a request, and returns the whole answer.
    pub(crate) async fn send(&self, method: &str, params: Value) -> Page {
        self.send_with(method, params, &[]).await
    }

    /// Sends a request with further headers.
    pub(crate) async fn send_with(&self, method: &str, mut params: Value, further: &[(&str, &str)]) -> Page {
        let name = params.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let authorization = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", authorization.as_str())];
        if self.revision == CURRENT {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(CURRENT);
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "tests", "version": "1" });
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
            headers.push(("mcp-method", method));
            if !name.is_empty() {
                headers.push(("mcp-name", name.as_str()));
            }
        }
        headers.push(("mcp-protocol-version", self.revision));
        headers.retain(|(name, _)| further.iter().all(|(other, _)| other != name));
        headers.extend(further);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.post(&headers, &body.to_string()).await
    }

    /// Sends a body as it is.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &str) -> Page {
        let mut all = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
        self.program.request(Method::POST, &self.path, &all, body).await
    }

    /// Sends a request that succeeds, and returns its result.
    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.send(method, params).await.json();
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Calls a tool, and returns its result.
    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Value {
        self.result("tools/call", json!({ "name": name, "arguments": arguments })).await
    }

    /// Returns the names of all listed tools.
    pub(crate) async fn tool_names(&self) -> Vec<String> {
        let listed = self.result("tools/list", json!({})).await;
        let tools = listed["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}
