//! A REST service whose key is part of the path, with answers of a story.

use http::request::Parts;
use serde_json::json;

use super::scripted_api::{Scripted, ScriptedApi};
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

/// Starts the service and ships its connector. It answers `{"ok": true}` when its script has ended. The recorded paths are those
/// after the key.
pub(crate) async fn start(app: &TestApp) -> ScriptedApi {
    let file = ("courier", FILE, "https://courier.example");
    ScriptedApi::start(app, file, Scripted::json(200, &json!({"ok": true})), admit, []).await
}

fn admit(parts: &Parts) -> Result<String, Scripted> {
    match parts.uri.to_string().strip_prefix(&format!("/bot{KEY}")) {
        None => Err(Scripted::json(404, &json!({"ok": false, "error_code": 404, "description": "Not Found"}))),
        Some("/getMe") => Err(Scripted::json(200, &json!({"ok": true, "result": {"id": 42, "name": "courier_bot"}}))),
        Some(path) => Ok(path.to_owned()),
    }
}
