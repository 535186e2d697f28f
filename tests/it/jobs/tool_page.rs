//! The page of a tool beside its form: former runs and the schema; and what the form says about its parts.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FORM, HASH, json};
use crate::support::browser::Browser;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const RUNS: &str = "section[aria-labelledby=runs-heading]";

/// Adds a server whose only tool, `order`, has this schema; returns the path of the tool.
async fn add_tool(app: &TestApp, alice: &Browser, schema: &Value) -> (ScriptedServer, String) {
    let server = ScriptedServer::start(json!([{"name": "order", "inputSchema": schema}]), "ordered").await;
    let path = app.add_server(alice, "Shop", &server.url()).await;
    (server, format!("{path}/tools/order"))
}

/// An order with an object in an object, and lists of objects.
fn order() -> Value {
    let address = json!({ "type": "object", "required": ["street", "city"], "properties": {
        "street": { "type": "string", "description": "With the number." }, "city": { "type": "string" },
        "floor": { "type": "integer" } } });
    let line = json!({ "type": "object", "required": ["sku", "qty"], "properties": {
        "sku": { "type": "string" }, "qty": { "type": "integer" } } });
    json!({ "type": "object", "required": ["ship", "items"], "properties": {
        "ship": { "type": "object", "required": ["to"], "properties": { "to": address } },
        "items": { "type": "array", "items": line }, "gift": { "type": "array", "items": line } } })
}

#[tokio::test]
async fn the_last_runs_of_a_tool_offer_their_input() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    assert_eq!(alice.get(HASH).await.text(&format!("{RUNS} .body")), "Not run yet");
    app.run(&bob, HASH, [("v/text", "bob’s")]).await;
    for n in 1..=6 {
        app.run(&alice, HASH, [("v/text", format!("text {n}").as_str())]).await;
    }
    let page = alice.get(HASH).await;
    assert_eq!(page.texts(&format!("{RUNS} li")).len(), 5);
    let newest = page.attr(&format!("{RUNS} li p a"), "href").unwrap();
    assert_eq!(alice.get(&newest).await.text("[name='v/text']"), "text 6");
    let all = alice.get(&page.attr(&format!("{RUNS} .sheet-head a"), "href").unwrap()).await;
    assert_eq!(all.texts("tbody tr").len(), 6);

    let schema: Value = serde_json::from_str(&page.text("#tool-schema")).unwrap();
    assert!(schema["properties"]["text"].is_object(), "{schema}");
}

#[tokio::test]
async fn every_fault_stands_at_the_control_of_its_row() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice, &order()).await;
    let form = alice.get(&tool).await;
    let empty = alice.submit(&form, FORM, []).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = empty.texts(".summary li a");
    assert_eq!(
        faults,
        ["Enter street", "Enter city", "Enter sku (item 1 of 1)", "Enter a whole number for qty (item 1 of 1)"]
    );
    let two = alice.submit(&form, FORM, [("op", "add:/items")]).await;
    let filled = [
        ("v/ship/to/street", "Elm 1"),
        ("v/ship/to/city", "York"),
        ("v/items/0/sku", "A1"),
        ("v/items/0/qty", "2"),
        ("v/items/1/sku", "B2"),
        ("v/items/1/qty", "many"),
    ];
    let wrong = alice.submit(&two, FORM, filled).await;
    assert_eq!(wrong.texts(".summary li a"), ["Qty must be a whole number, such as 12 (item 2 of 2)"]);
    assert_eq!(wrong.attr(".summary li a", "href").as_deref(), Some("#f-items-1-qty"));
    assert_eq!(wrong.text("[id='f-items-1-qty__e']"), "Error: Qty must be a whole number, such as 12");
    let job = alice.submit(&wrong, FORM, [("v/items/1/qty", "3")]).await;
    let expected = json!({ "ship": { "to": { "street": "Elm 1", "city": "York" } },
        "items": [{ "sku": "A1", "qty": 2 }, { "sku": "B2", "qty": 3 }] });
    assert_eq!(json(&alice, &job).await["input"], expected, "an optional part that nobody touched was sent");
}

#[tokio::test]
async fn every_fault_of_a_json_box_stands_beside_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice, &order()).await;
    let form = alice.get(&tool).await;
    let form = alice.submit(&form, FORM, [("op", "raw:/ship/to")]).await;
    let form = alice.submit(&form, FORM, [("op", "raw:/items")]).await;
    let wrong =
        [("j/ship/to", r#"{"street": 7}"#), ("j/items", r#"[{"sku": "A1", "qty": 1}, {"sku": 2, "qty": "x"}]"#)];
    let page = alice.submit(&form, FORM, wrong).await;
    let of = |id: &str| page.texts(&format!("[id='{id}'] p"));
    assert_eq!(of("f-ship-to__e"), ["Error: “city” is missing", "Error: “street” must be text, in double quotes"]);
    assert_eq!(
        of("f-items__e"),
        ["Error: “sku” of item 2 must be text, in double quotes", "Error: “qty” of item 2 must be a whole number"]
    );
    assert_eq!(page.texts(".summary li").len(), 4);
    let cut = alice.submit(&form, FORM, [("j/ship/to", r#"{"street": "#), ("j/items", "[]")]).await;
    assert_eq!(of_page(&cut), "Error: Line 1, column 11: the JSON stops here, something is missing");
}

fn of_page(page: &crate::support::page::Page) -> String {
    page.text("[id='f-ship-to__e'] p")
}

#[tokio::test]
async fn a_form_without_required_fields_begins_with_eight() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let fields: serde_json::Map<_, _> = (1..=60).map(|n| (format!("field_{n}"), json!({ "type": "string" }))).collect();
    let (_server, tool) = add_tool(&app, &alice, &json!({ "type": "object", "properties": fields })).await;
    let form = alice.get(&tool).await;
    assert_eq!(form.text(&format!("{FORM} details > summary")), "More options (52)");
    assert_eq!(form.texts(&format!("{FORM} .body > .field")).len(), 8);
}

#[tokio::test]
async fn controls_that_mean_nothing_are_not_there() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({ "type": "object", "required": ["free", "day", "name"], "properties": {
        "free": { "type": "string", "maxLength": 1_000_000 }, "day": { "type": "string", "format": "date" },
        "name": { "type": "string", "minLength": 1 },
        "loud": { "type": "boolean", "default": false }, "fast": { "type": "boolean" },
        "level": { "enum": [1, "1"] } } });
    let (_server, tool) = add_tool(&app, &alice, &schema).await;
    let form = alice.get(&tool).await;
    let boxes = form.attrs("[type=checkbox]", "name");
    assert_eq!(boxes, ["on/free"], "an empty text is offered where it fits, and nowhere else");
    assert!(!form.has("[id='f-free__h']") && !form.has("[id='f-name__h']"), "a limit or a name that helps nobody");
    assert_eq!(form.text("[id='f-day__h']"), "For example: 28 November 2026");
    let radios = |name: &str| form.attrs(&format!("[name='v/{name}']"), "value");
    assert_eq!((radios("loud").len(), radios("fast").len()), (2, 3));
    let labels = form.text(FORM);
    assert!(labels.contains("1 (number)") && labels.contains("1 (text)"), "{labels}");
}
