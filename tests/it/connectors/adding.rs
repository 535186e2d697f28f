//! Adding an MCP server: its tools are listed, its token is not shown.

use http::StatusCode;
use serde_json::{Value, json};

use super::{TOOLS, add, add_with, names};
use crate::support::everything_server::EverythingServer;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const TOKEN: &str = "t0ken-that-nobody-may-see";

#[tokio::test]
async fn a_real_server_is_added_with_its_tools_and_their_effects() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = EverythingServer::start().await;

    let page = add(&alice, "", server.url().as_str()).await;
    let name = page.text("h1");
    assert_eq!(name, "Everything Reference Server", "its own name, as none was typed");
    assert_eq!(page.text(".flash.ok p"), format!("{name} is added. It has {}.", counted(&page.texts(TOOLS))));
    let row = |tool: &str| page.texts(TOOLS).into_iter().find(|row| row.contains(tool)).unwrap();
    assert!(row("get-sum").contains("Returns the sum of two numbers"), "{}", row("get-sum"));
    assert!(row("trigger-long-running-operation").contains("Read-only"), "{:?}", page.texts(TOOLS));
    assert!(page.texts("tbody .about").iter().all(|does| !does.is_empty()));

    assert_eq!(names(&alice).await, [name.as_str(), "Workbench"]);
    assert_eq!(names(&bob).await, ["Workbench"]);
    assert_eq!(bob.get(page.path()).await.status, StatusCode::NOT_FOUND);
    let echo = format!("{}/tools/echo", page.path());
    let job = app.run(&alice, &echo, [("v/message", "hello")]).await;
    assert_eq!(job.text("#job-result pre"), "Echo: hello");
}

fn counted(rows: &[String]) -> String {
    format!("{} tools", rows.len())
}

#[tokio::test]
async fn a_token_is_sent_with_every_request_and_shown_nowhere() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    // it repeats the token, as careless servers do
    let server = ScriptedServer::guarded(tools(1), &format!("I saw Bearer {TOKEN}"), Some(TOKEN)).await;

    let added = add_with(&alice, &server.url(), TOKEN).await;
    assert_eq!(added.text("h1"), "Guarded");
    let job = app.run(&alice, "/connectors/guarded/tools/tool-0", []).await;
    assert_eq!(job.text("#job-result pre"), "I saw Bearer [redacted]");
    for method in ["server/discover", "tools/list", "tools/call"] {
        let heard = server.requests(method);
        assert!(!heard.is_empty(), "{method} was never asked");
        assert!(heard.iter().all(|heard| heard.authorization == Some(format!("Bearer {TOKEN}"))), "{heard:?}");
    }

    assert!(!app.tables_with("Guarded").await.is_empty(), "the search finds nothing at all");
    assert_eq!(app.tables_with(TOKEN).await, [""; 0]);
    let json = format!("{}.json", job.path());
    for path in ["/connectors", "/connectors/guarded", job.path(), &json, "/audit", "/connectors/new/mcp"] {
        assert!(!alice.get(path).await.body.contains(TOKEN), "{path} shows the token");
    }
}

#[tokio::test]
async fn a_tool_with_a_recursive_schema_is_usable() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let node = json!({"type": "object", "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
    }});
    let schema = json!({
        "type": "object", "$defs": {"node": node},
        "properties": {"tree": {"$ref": "#/$defs/node"}}, "required": ["tree"],
    });
    let server = ScriptedServer::start(json!([{"name": "plant", "inputSchema": schema}]), "planted").await;
    add(&alice, "Garden", server.url().as_str()).await;

    let plant = "/connectors/garden/tools/plant";
    // each press of the button opens one more level
    let form = alice.get(plant).await;
    let one = alice.submit(&form, "form[action*='/tools/']", [("op", "add:/tree/children")]).await;
    let two = alice.submit(&one, "form[action*='/tools/']", [("op", "add:/tree/children/0/children")]).await;
    assert_eq!(two.texts("legend").iter().filter(|label| label.starts_with("Child")).count(), 5, "{}", two.body);
    let names =
        [("v/tree/name", "oak"), ("v/tree/children/0/name", "twig"), ("v/tree/children/0/children/0/name", "leaf")];
    let job = alice.submit(&two, "form[action*='/tools/']", names).await;
    app.wait_until_finished(&alice, job.path().trim_start_matches("/jobs/").parse().unwrap()).await;
    let sent: serde_json::Value = serde_json::from_str(&server.requests("tools/call")[0].body).unwrap();
    let expected = json!({"tree": {"name": "oak", "children": [{"name": "twig", "children": [{"name": "leaf"}]}]}});
    assert_eq!(sent["params"]["arguments"], expected);

    let raw = alice.submit(&two, "form[action*='/tools/']", [("op", "raw:/tree/children")]).await;
    let wrong = [("j/tree/children", r#"[{"name": 7}]"#)];
    let page = alice.submit(&raw, "form[action*='/tools/']", wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "the recursion is not checked: {}", page.path());
}

#[tokio::test]
async fn a_tool_with_a_remote_schema_is_reported_and_nothing_is_fetched() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let elsewhere = ScriptedServer::start(tools(0), "").await;
    let far = json!({"type": "object", "properties": {"a": {"$ref": elsewhere.url().as_str()}}});
    let listed = json!([{"name": "near", "inputSchema": {"type": "object"}}, {"name": "far", "inputSchema": far}]);
    let server = ScriptedServer::start(listed, "").await;

    let page = add(&alice, "Mixed", server.url().as_str()).await;
    let said = page.text(".flash.ok p");
    assert!(said.starts_with("Mixed is added. It has 1 tool. “far” was left out: "), "{said}");
    assert!(said.contains(elsewhere.url().as_str()), "{said}");
    assert_eq!(page.texts(&format!("{TOOLS} th")), ["near"]);
    assert_eq!(elsewhere.request_count(), 0);
}

#[tokio::test]
async fn a_thousand_tools_are_all_listed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1_000), "").await;
    let page = add(&alice, "Large", server.url().as_str()).await;
    assert_eq!(page.texts(TOOLS).len(), 1_000);
    assert_eq!(alice.get("/connectors").await.texts(".card .sub")[0], "1,000 tools · No sign-in");
}

#[tokio::test]
async fn names_are_unique_for_each_user() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ScriptedServer::start(tools(1), "").await;
    add(&alice, "Mine", server.url().as_str()).await;

    let again = add(&alice, "mine", server.url().as_str()).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.text("#f-name-e"), "Error: You already have a connector called “mine”. Choose another name");
    assert_eq!(again.attr("#f-url", "value").as_deref(), Some(server.url().as_str()));
    assert_eq!(names(&alice).await, ["Mine", "Workbench"]);
    assert_eq!(add(&bob, "Mine", server.url().as_str()).await.path(), "/connectors/mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_at_once_adds_one_connector_and_reports_the_other() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(3), "").await;
    let url = server.url();
    for round in 0..5 {
        let name = format!("Twice {round}");
        let (one, other) = tokio::join!(add(&alice, &name, url.as_str()), add(&alice, &name, url.as_str()));
        let (added, refused) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!((added.status, added.text("h1")), (StatusCode::OK, name.clone()));
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text("main"));
        assert!(refused.text("#f-name-e").contains("You already have a connector called"));
        assert_eq!(names(&alice).await.iter().filter(|found| **found == name).count(), 1);
    }
}

#[tokio::test]
async fn a_form_has_the_order_of_the_arguments_in_the_schema() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = r#"{"type": "object", "properties": {"town": {}, "country": {}, "planet": {}}}"#;
    let schema: Value = serde_json::from_str(&schema.replace("{}", r#"{"type": "string"}"#)).unwrap();
    let server = ScriptedServer::start(json!([{"name": "post", "inputSchema": schema}]), "posted").await;

    let page = add(&alice, "Post office", server.url().as_str()).await;
    let form = alice.get(&format!("{}/tools/post", page.path())).await;
    let asked = form.attrs("input[name^='v/']", "name");
    assert_eq!(asked, ["v/town", "v/country", "v/planet"]);
}

#[tokio::test]
async fn a_filled_token_is_the_choice_whatever_the_radio_says() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some(TOKEN)).await;
    let url = server.url();
    for (name, auth, pasted) in [("Bare", "auto", TOKEN.to_owned()), ("Pasted", "none", format!("Bearer {TOKEN}"))] {
        let form = alice.get(super::FORM).await;
        let fields = [("name", name), ("url", url.as_str()), ("auth", auth), ("token", &pasted)];
        let added = alice.submit(&form, "main form", fields).await;
        assert_eq!((added.status, added.text("h1").as_str()), (StatusCode::OK, name), "{}", added.text("main"));
    }
    let heard = server.requests("tools/list");
    assert!(heard.iter().all(|heard| heard.authorization == Some(format!("Bearer {TOKEN}"))), "{heard:?}");

    let form = alice.get(super::FORM).await;
    for (token, ends_on, message) in [
        ("wrong", "", "did not accept the token"),
        ("", "2030-01-01", "Enter the bearer token, or clear its end and choose “None”"),
    ] {
        let typed = [("url", url.as_str()), ("token", token), ("ends_on", ends_on)];
        let refused = alice.submit(&form, "main form", typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text("#f-token-e").contains(message), "{}", refused.text("main"));
        // the choice stays with the form, because the token has to be typed again
        assert_eq!(refused.attr("[name=auth][checked]", "value").as_deref(), Some("bearer"));
        assert_eq!(refused.attr("[name=ends_on]", "value").as_deref(), Some(ends_on));
    }
}

#[tokio::test]
async fn tools_that_name_their_own_parts_are_offered() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let node = json!({"$id": "node", "type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "nodes": {"type": "array", "items": {"$ref": "node"}},
    }});
    let tree = json!({"type": "object", "properties": {"tree": node}});
    let example = json!({"type": "object", "properties": {
        "spec": {"type": "object", "examples": [{"schema": {"$ref": "./pet.yaml"}}]},
    }});
    let listed = json!([{"name": "tree", "inputSchema": tree}, {"name": "example", "inputSchema": example}]);
    let server = ScriptedServer::start(listed, "done").await;
    let page = add(&alice, "Parts", server.url().as_str()).await;
    assert_eq!(page.texts(TOOLS).len(), 2, "{}", page.text("main"));
    let job = app.run(&alice, "/connectors/parts/tools/tree", [("v/tree/id", "root")]).await;
    assert_eq!(job.text("#job-result pre"), "done");
}
