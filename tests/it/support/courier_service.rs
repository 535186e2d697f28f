//! A REST service whose key is part of the path, with answers of a story. It records each request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::any;
use craft::connectors::Shipped;
use craft::serve;
use craft::workbench::Workbench;
use serde_json::json;

use super::ledger_service::{Received, Scripted};
use super::listener::serve as listen;
use super::test_app::TestApp;

/// The key that the service accepts.
pub(crate) const KEY: &str = "42:AAE-c0urier";

/// The file of the connector. Its addresses are replaced: a file may name https addresses only.
const FILE: &str = r#"
slug = "courier"
name = "Courier"
description = "Letters and parcels."
category = "communication"
auth = "token"
transport = "rest"
base_url = "https://courier.example"
docs = "https://courier.example/keys"

[[field]]
name = "bot_token"
label = "Bot token"
kind = "secret"

[key]
style = "path"
prefix = "bot"
field = "bot_token"

[api]
error = ["/description"]
success = { pointer = "/ok", equals = true }
unauthorized = [{ at = "/description", is = ["Not Found"] }]
retry = [{ at = "/parameters/retry_after" }]

[check]
url = "https://courier.example/getMe"

[account]
url = "https://courier.example/getMe"
id = "/result/id"
label = "/result/name"

[[tool]]
name = "send_letter"
title = "Send a letter"
description = "Sends a letter."
effect = "overwrites"
request = { method = "POST", path = "/sendLetter", body = { json = { text = { input = "text" } } } }
answer = { sentence = "Sent the letter {/result/id}." }

[[tool.input]]
name = "text"
required = true
type = "string"
title = "Text"
maxLength = 100

[[tool]]
name = "list_letters"
title = "List letters"
description = "Lists letters."
effect = "reads"
answer = { list = "/entries", noun = ["letter", "letters"], show = [{ label = "Letter", at = "/id" }] }

[tool.request]
method = "POST"
path = "/letters/list"
body.json = { box = { when = "box", then = { input = "box" }, otherwise = "" } }

[tool.paging]
kind = "cursor"
from = "/cursor"
more = "/has_more"
request = { method = "POST", path = "/letters/list/continue", body = { json = { cursor = "{cursor}" } } }

[[tool.input]]
name = "box"
type = "string"
title = "Box"
maxLength = 40

[[tool]]
name = "list_parcels"
title = "List parcels"
description = "Lists parcels."
effect = "reads"
request = { method = "GET", path = "/parcels", query = { page = "{cursor|'0'}" } }
paging = { kind = "page", first = 0 }
answer = { list = "/parcels", noun = ["parcel", "parcels"], show = [{ label = "Cells", at = "" }] }

[[tool]]
name = "write_file"
title = "Write a file"
description = "Writes a file."
effect = "adds"
answer = { sentence = "Wrote {/path}." }

[tool.request]
method = "POST"
path = "/files/upload"
body.file = { input = "text" }

[tool.request.headers.Courier-Argument]
as = "ascii-json"
of = { path = { input = "path" } }

[[tool.input]]
name = "path"
required = true
type = "string"
title = "Path"
maxLength = 40

[[tool.input]]
name = "text"
required = true
type = "string"
title = "Text"
maxLength = 100
"#;

/// The running service. It answers `{"ok": true}` when its script has ended.
pub(crate) struct CourierService {
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<Scripted>>>,
}

impl CourierService {
    /// Starts the service and ships its connector.
    pub(crate) async fn start(app: &TestApp) -> Self {
        let this = Self { received: Arc::default(), script: Arc::default() };
        let (received, script) = (this.received.clone(), this.script.clone());
        let answer = move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = String::from_utf8(to_bytes(body, 1_000_000).await.unwrap().to_vec()).unwrap();
            let path = parts.uri.to_string();
            let Some(path) = path.strip_prefix(&format!("/bot{KEY}")) else {
                let unknown = json!({"ok": false, "error_code": 404, "description": "Not Found"});
                return Scripted::json(404, &unknown).into_response();
            };
            if path == "/getMe" {
                return Scripted::json(200, &json!({"ok": true, "result": {"id": 42, "name": "courier_bot"}}))
                    .into_response();
            }
            received.lock().unwrap().push(Received {
                method: parts.method.to_string(),
                path: path.to_owned(),
                headers: parts.headers,
                body,
            });
            let next = script.lock().unwrap().pop_front();
            next.unwrap_or_else(|| Scripted::json(200, &json!({"ok": true}))).into_response()
        };
        let address = listen(Router::new().fallback(any(answer))).await;
        let mut shipped = Shipped::parse("connectors/courier.toml", FILE).unwrap();
        let descriptor = shipped.descriptor.as_mut().unwrap();
        let base = format!("http://{address}");
        for url in [&mut descriptor.base_url, &mut descriptor.check.url, &mut descriptor.account.as_mut().unwrap().url]
        {
            *url = url.replace("https://courier.example", &base);
        }
        let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
        let all: Vec<_> = craft::connectors::shipped().unwrap().into_iter().chain([shipped]).collect();
        serve::ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
        this
    }

    /// Adds an answer to the script.
    pub(crate) fn answer(&self, answer: Scripted) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// Returns the requests so far, without those that check the key. Their paths are those after the key.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}
