//! A REST service with tools, whose answers are those of a story. It records each request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use craft::connectors::Shipped;
use craft::serve;
use craft::workbench::Workbench;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::browser::Browser;
use super::listener::serve as listen;
use super::test_app::TestApp;

/// The key that the service accepts.
pub(crate) const KEY: &str = "lk_9b2e";

/// The file of the connector. Its addresses are replaced: a file may name https addresses only.
const FILE: &str = r#"
slug = "ledger"
name = "Ledger"
description = "Books and their entries."
category = "payments"
auth = "token"
transport = "rest"
base_url = "https://ledger.example/v1"
docs = "https://ledger.example/keys"

[[field]]
name = "api_key"
label = "Key"
kind = "secret"

[key]
style = "bearer"
field = "api_key"

[api]
headers = { Ledger-Version = "7" }
error = ["/error/message"]
failed_if = ["/errors"]
later = [{ at = "/error/code", is = ["busy"] }]
retry = [{ header = "x-reset", unit = "epoch-seconds" }]

[check]
url = "https://ledger.example/v1/me"

[account]
url = "https://ledger.example/v1/me"
id = "/id"
label = "/id"

[[tool]]
name = "list_entries"
title = "List entries"
description = "Lists the entries of a book."
effect = "reads"
permission = "Entries: read"
request = { method = "GET", path = "/books/{book}/entries", query = { limit = "{limit}", after = "{cursor}" } }
paging = { kind = "cursor", from = "/data/-1/id", more = "/has_more" }
answer = { list = "/data", noun = ["entry", "entries"], show = [{ label = "Entry", at = "/id" }, { label = "Amount", at = "/amount/value" }] }

[[tool.input]]
name = "book"
required = true
type = "string"
title = "Book"
maxLength = 40
examples = ["sales"]

[[tool.input]]
name = "limit"
type = "integer"
title = "At most"
minimum = 1
maximum = 100
default = 10

[[tool]]
name = "add_entry"
title = "Add an entry"
description = "Adds an entry to a book."
effect = "adds"
[tool.request]
method = "POST"
path = "/books/{book}/entries"
headers = { Idempotency-Key = "{job.uuid}" }
[tool.request.body.json]
by = "{account.id}"
note = { input = "note" }
amount = { value = { input = "amount" } }
[tool.answer]
sentence = "Added the entry {/id}."
drop = ["/secret"]

[[tool.input]]
name = "book"
required = true
type = "string"
title = "Book"
maxLength = 40

[[tool.input]]
name = "amount"
required = true
type = "integer"
title = "Amount"
minimum = 1
maximum = 1000

[[tool.input]]
name = "note"
type = "string"
title = "Note"
maxLength = 100

[[tool]]
name = "write_note"
title = "Write a note"
description = "Writes a note, without a key for repetition."
effect = "adds"
[tool.request]
method = "POST"
path = "/notes"
[tool.request.body.form]
text = { input = "text" }
[tool.answer]
sentence = "Written."

[[tool.input]]
name = "text"
required = true
type = "string"
title = "Text"
maxLength = 100

[[tool]]
name = "delete_entry"
title = "Delete an entry"
description = "Deletes an entry."
effect = "deletes"
request = { method = "DELETE", path = "/entries/{entry}" }
answer = { sentence = "Deleted." }

[[tool.input]]
name = "entry"
required = true
type = "string"
title = "Entry"
maxLength = 40

[[tool]]
name = "set_state"
title = "Set the state"
description = "Sets the state of an entry by its name."
effect = "overwrites"
request = { method = "PATCH", path = "/entries/{entry}", body = { json = { state_id = "{state_id}", note = { input = "note" } } } }
answer = { sentence = "Set." }

[[tool.before]]
request = { method = "GET", path = "/states" }
when = "state"
list = "/states"
name = "/name"
equals = "state"
value = "/id"
keep = "state_id"

[[tool.input]]
name = "entry"
required = true
type = "string"
title = "Entry"
maxLength = 40

[[tool.input]]
name = "state"
type = "string"
title = "State"
maxLength = 40

[[tool.input]]
name = "note"
type = "string"
title = "Note"
maxLength = 40

[[tool]]
name = "list_mails"
title = "List mails"
description = "Lists mails with their subjects."
effect = "reads"
request = { method = "GET", path = "/mails" }
each = { item = "/id", max = 2, request = { method = "GET", path = "/mails/{item}" } }
answer = { list = "/mails", noun = ["mail", "mails"], show = [{ label = "Mail", at = "/id" }, { label = "Subject", at = "/subject" }] }
"#;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer that is still to be given.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body: body.to_string().into() }
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Scripted {
    fn into_response(self) -> Response {
        let headers = self.headers.into_iter();
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()));
        let status = StatusCode::from_u16(self.status).unwrap();
        (status, headers.collect::<HeaderMap>(), self.body).into_response()
    }
}

/// The running service. It answers `{}` when its script has ended.
pub(crate) struct LedgerService {
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<Scripted>>>,
}

impl LedgerService {
    /// Starts the service and ships its connector.
    pub(crate) async fn start(app: &TestApp) -> Self {
        Self::start_with(app, []).await
    }

    /// Starts the service, and ships its connector with others.
    pub(crate) async fn start_with(app: &TestApp, others: impl IntoIterator<Item = Shipped>) -> Self {
        let this = Self { received: Arc::default(), script: Arc::default() };
        let (received, script) = (this.received.clone(), this.script.clone());
        let answer = move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 1_000_000).await.unwrap();
            let key = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
            if key != Some(&format!("Bearer {KEY}")) {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            let path = parts.uri.to_string();
            if path == "/v1/me" {
                return Scripted::json(200, &serde_json::json!({"id": "acct_alice"})).into_response();
            }
            received.lock().unwrap().push(Received {
                method: parts.method.to_string(),
                path,
                headers: parts.headers,
                body: String::from_utf8(body.to_vec()).unwrap(),
            });
            let next = script.lock().unwrap().pop_front();
            next.unwrap_or_else(|| Scripted::json(200, &serde_json::json!({}))).into_response()
        };
        let address = listen(Router::new().fallback(any(answer))).await;
        let mut shipped = Shipped::parse("connectors/ledger.toml", FILE).unwrap();
        let descriptor = shipped.descriptor.as_mut().unwrap();
        let base = format!("http://{address}");
        for url in [&mut descriptor.base_url, &mut descriptor.check.url, &mut descriptor.account.as_mut().unwrap().url]
        {
            *url = url.replace("https://ledger.example", &base);
        }
        let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
        let all: Vec<_> = craft::connectors::shipped().unwrap().into_iter().chain([shipped]).chain(others).collect();
        serve::ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
        this
    }

    /// Adds an answer to the script.
    pub(crate) fn answer(&self, answer: Scripted) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// Returns the requests so far, without those that check the key.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Connects the service with its key.
pub(crate) async fn connect(browser: &Browser) {
    let page = browser.get("/connectors/ledger/connection").await;
    let page = browser.submit(&page, "main form", [("api_key", KEY)]).await;
    assert!(page.text(".flash").contains("connected"), "{}", page.text("main"));
}
