//! Forms with rows, branches, and names of one's choice: every button is a round trip that keeps what was typed.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FORM, json};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

/// A tool whose input has all that nests.
fn schema() -> Value {
    let person = json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string" }, "pin": { "type": "string", "writeOnly": true } } });
    let card = json!({ "title": "Card", "type": "object", "required": ["kind", "number"], "properties": {
        "kind": { "const": "card" }, "number": { "type": "string", "maxLength": 4 }, "note": { "type": "string" } } });
    let bank = json!({ "title": "Bank", "type": "object", "required": ["kind", "iban"], "properties": {
        "kind": { "const": "bank" }, "iban": { "type": "string", "minLength": 5 }, "note": { "type": "string" } } });
    json!({ "type": "object", "required": ["people", "pay"], "properties": {
        "people": { "type": "array", "items": person, "maxItems": 3 },
        "pay": { "oneOf": [card, bank] },
        "labels": { "type": "object", "additionalProperties": { "type": "integer" } } } })
}

async fn add_tool(app: &TestApp, alice: &Browser) -> (ScriptedServer, String) {
    let server = ScriptedServer::start(json!([{"name": "book", "inputSchema": schema()}]), "booked").await;
    let path = app.add_server(alice, "Travel", &server.url()).await;
    (server, format!("{path}/tools/book"))
}

fn names(page: &Page) -> Vec<String> {
    page.attrs("[name^='v/people/'][name$='/name']", "value")
}

#[tokio::test]
async fn rows_are_added_moved_copied_and_removed_and_keep_what_was_typed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice).await;
    let page = alice.get(&tool).await;
    let page = alice
        .submit(&page, FORM, [("op", "add:/people"), ("v/people/0/name", "Ada"), ("v/people/0/pin", "1111")])
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.attr("[autofocus]", "name").as_deref(), Some("v/people/1/name"), "the focus is in the new row");
    let page = alice.submit(&page, FORM, [("op", "up:/people/1"), ("v/people/1/name", "Bo")]).await;
    assert_eq!(names(&page), ["Bo", "Ada"]);
    assert_eq!(page.attr("[autofocus]", "value").as_deref(), Some("down:/people/1"), "there is no way further up");
    let page = alice.submit(&page, FORM, [("op", "copy:/people/0")]).await;
    assert_eq!(names(&page), ["Bo", "Ada", "Ada"]);
    assert!(page.body.contains("Most allowed: 3") && !page.body.contains("1111"), "{}", page.body);
    let page = alice.submit(&page, FORM, [("op", "del:/people/1"), ("v/people/2/name", "Cy")]).await;
    assert_eq!(names(&page), ["Ada", "Cy"]);
    assert_eq!(page.attr("[autofocus]", "value").as_deref(), Some("del:/people/0"), "the focus is on the next row");

    let page = alice.submit(&page, FORM, [("op", "pick:/pay"), ("b/pay", "0")]).await;
    let job = alice.submit(&page, FORM, [("v/pay/number", "4242")]).await;
    let sent = json(&alice, &job).await["input"].clone();
    let expected = json!({ "people": [{ "name": "Ada", "pin": "••••" }, { "name": "Cy", "pin": "••••" }],
        "pay": { "kind": "card", "number": "4242" } });
    assert_eq!(sent, expected);

    // running again fills the rows and the branch, and asks for the secrets
    let again = alice.get(&format!("{tool}?from={}", job.path().trim_start_matches("/jobs/"))).await;
    assert_eq!(names(&again), ["Ada", "Cy"]);
    assert_eq!(again.text("[name='v/pay/number']"), "");
    assert_eq!(again.attr("[name='v/pay/number']", "value").as_deref(), Some("4242"));
    assert!(again.body.contains("Enter it again"), "{}", again.body);
}

#[tokio::test]
async fn a_branch_is_what_somebody_picked_and_only_its_faults_are_told() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice).await;
    let page = alice.get(&tool).await;
    let page = alice.submit(&page, FORM, [("v/people/0/name", "Ada")]).await;
    assert_eq!(page.texts(".summary li a"), ["Choose a kind of value for pay"]);
    let page = alice.submit(&page, FORM, [("op", "pick:/pay"), ("b/pay", "0")]).await;
    let page = alice.submit(&page, FORM, [("v/pay/number", "12345"), ("v/pay/note", "both have it")]).await;
    assert_eq!(page.texts(".summary li a"), ["Number must be 4 characters or fewer"]);
    assert_eq!(page.attr(".summary li a", "href").as_deref(), Some("#f-pay-number"));

    // another branch is picked, and the form is sent at once: nobody has seen its fields
    let page = alice.submit(&page, FORM, [("b/pay", "1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.texts(".summary li a").contains(&"You chose “Bank”: check its fields, which are shown now".to_owned())
    );
    assert_eq!(
        page.attr("[name='v/pay/note']", "value").as_deref(),
        Some("both have it"),
        "the same name carries over"
    );
    let job = alice.submit(&page, FORM, [("v/pay/iban", "DE123")]).await;
    let expected = json!({ "kind": "bank", "iban": "DE123", "note": "both have it" });
    assert_eq!(json(&alice, &job).await["input"]["pay"], expected);
}

#[tokio::test]
async fn names_of_ones_choice_are_rows_and_a_name_is_there_once() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice).await;
    let page = alice.get(&tool).await;
    let first = [("op", "pick:/pay"), ("v/people/0/name", "Ada"), ("b/pay", "0")];
    let page = alice.submit(&page, FORM, first).await;
    let page = alice.submit(&page, FORM, [("op", "add:/labels"), ("v/pay/number", "1")]).await;
    assert_eq!(page.attr("[autofocus]", "name").as_deref(), Some("k/labels/~k0"));
    let page = alice.submit(&page, FORM, [("op", "add:/labels"), ("k/labels/~k0", "a/b"), ("v/labels/~k0", "1")]).await;
    let page = alice.submit(&page, FORM, [("k/labels/~k1", "a/b"), ("v/labels/~k1", "2")]).await;
    assert_eq!(page.texts(".summary li a"), ["The name “a/b” is there twice: change one, or remove it (label 2 of 2)"]);
    let job = alice.submit(&page, FORM, [("k/labels/~k1", "~c")]).await;
    assert_eq!(json(&alice, &job).await["input"]["labels"], json!({ "a/b": 1, "~c": 2 }));
}

#[tokio::test]
async fn a_part_is_edited_as_json_and_back_and_a_secret_in_it_is_not_shown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice).await;
    let page = alice.get(&tool).await;
    let typed = [("op", "raw:/people"), ("v/people/0/name", "Ada"), ("v/people/0/pin", "sesame")];
    let page = alice.submit(&page, FORM, typed).await;
    let text = page.text("[name='j/people']");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([{ "name": "Ada", "pin": "••••" }]));
    assert!(!page.body.contains("sesame"), "{}", page.body);
    let broken = alice.submit(&page, FORM, [("op", "form:/people"), ("j/people", "[{")]).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(broken.body.contains("Line 1, column 2: the JSON stops here"), "{}", broken.body);
    let two = r#"[{"name": "Ada", "pin": "••••"}, {"name": "Bo"}]"#;
    let page = alice.submit(&broken, FORM, [("op", "form:/people"), ("j/people", two)]).await;
    assert_eq!(names(&page), ["Ada", "Bo"]);
    let odd = alice.submit(&page, FORM, [("op", "raw:/people")]).await;
    let odd = alice.submit(&odd, FORM, [("op", "form:/people"), ("j/people", "{\"none\": 1}")]).await;
    assert!(odd.texts(".summary li a")[0].starts_with("The fields cannot show this JSON"), "{}", odd.body);
    let page = alice.submit(&page, FORM, [("op", "pick:/pay"), ("b/pay", "0")]).await;
    let job = alice.submit(&page, FORM, [("v/pay/number", "1")]).await;
    let expected = json!([{ "name": "Ada", "pin": "••••" }, { "name": "Bo" }]);
    assert_eq!(json(&alice, &job).await["input"]["people"], expected, "the secret is lost");
}

#[tokio::test]
async fn a_long_list_of_values_is_found_by_words_and_what_only_the_tool_writes_is_not_asked_for() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let values: Vec<_> = (0..900).map(|at| format!("town {at}")).collect();
    let schema = json!({ "type": "object", "required": ["town"], "properties": {
        "town": { "enum": values }, "id": { "type": "string", "readOnly": true }, "note": { "type": "string" } } });
    let server = ScriptedServer::start(json!([{"name": "go", "inputSchema": schema}]), "gone").await;
    let path = app.add_server(&alice, "Travel", &server.url()).await;
    let page = alice.get(&format!("{path}/tools/go")).await;
    assert!(!page.has("[name='v/id']"), "only the tool writes the id");
    let options = |page: &Page| page.attrs("select[name='v/town'] option", "value");
    assert_eq!(options(&page).len(), 101, "the first hundred, and none");
    let page = alice.submit(&page, FORM, [("op", "filter:/town"), ("q/town", "TOWN 87"), ("v/note", "kept")]).await;
    assert_eq!(options(&page).len(), 20, "{:?}", options(&page));
    assert_eq!(page.attr("[name='v/note']", "value").as_deref(), Some("kept"));
    let job = alice.submit(&page, FORM, [("v/town", "877")]).await;
    assert_eq!(json(&alice, &job).await["input"], json!({ "town": "town 877", "note": "kept" }));
}
