//! A REST service with tools, whose answers are those of a story.

use craft::connectors::Shipped;
use http::request::Parts;
use serde_json::json;

use super::browser::Browser;
use super::scripted_api::{Scripted, ScriptedApi};
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
name = "move_entry"
title = "Move an entry"
description = "Moves an entry to another book."
effect = "overwrites"
request = { method = "PUT", path = "/books/{book}/entries/{entry}", body = { json = { note = { input = "note" } } } }
answer = { sentence = "Moved." }

[[tool.input]]
name = "book"
required = true
type = "string"
title = "Book"
maxLength = 40
examples = ["sales"]

[[tool.input]]
name = "entry"
required = true
type = "string"
title = "Entry"
maxLength = 40
choices = { tool = "list_entries", value = "/id", label = ["/title", "/amount/value"], arguments = { book = { input = "book" }, limit = 100 } }

[[tool.input]]
name = "note"
type = "string"
title = "Note"
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
name = "read_receipt"
title = "Read a receipt"
description = "Reads the receipt of an entry."
effect = "reads"
request = { method = "GET", path = "/receipts/{entry}" }
answer = { file = "{entry}.pdf" }

[[tool.input]]
name = "entry"
required = true
type = "string"
title = "Entry"
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

/// Starts the service and ships its connector. It answers `{}` when its script has ended.
pub(crate) async fn start(app: &TestApp) -> ScriptedApi {
    start_with(app, []).await
}

/// Starts the service, and ships its connector with others.
pub(crate) async fn start_with(app: &TestApp, others: impl IntoIterator<Item = Shipped>) -> ScriptedApi {
    let file = ("ledger", FILE, "https://ledger.example");
    ScriptedApi::start(app, file, Scripted::json(200, &json!({})), admit, others).await
}

fn admit(parts: &Parts) -> Result<String, Scripted> {
    let key = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    if key != Some(&format!("Bearer {KEY}")) {
        return Err(Scripted::bytes(401, "text/plain", ""));
    }
    match parts.uri.to_string() {
        path if path == "/v1/me" => Err(Scripted::json(200, &json!({"id": "acct_alice"}))),
        path => Ok(path),
    }
}

/// Connects the service with its key.
pub(crate) async fn connect(browser: &Browser) {
    let page = browser.get("/connectors/ledger/connection").await;
    let page = browser.submit(&page, "main form", [("api_key", KEY)]).await;
    assert!(page.text(".flash").contains("connected"), "{}", page.text("main"));
}
