//! The tools that an assistant is offered.

use serde_json::json;

use crate::support::assistant::{Assistant, CURRENT, OLDER};
use crate::support::everything_server::EverythingServer;
use crate::support::scripted_server::ScriptedServer;
use crate::support::space::Space;
use crate::support::test_app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn both_eras_get_the_same_tools_of_all_connections() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    let assistant = Assistant::new(&app, &alice).await;
    let before = assistant.tool_names().await;
    assert!(before.contains(&"workbench__hash".to_owned()), "before its first use: {before:?}");
    app.add_server(&alice, "Everything", &server.url()).await;
    let names = assistant.tool_names().await;
    let (own, of_connections) = names.split_at(4);
    assert_eq!(own, ["job_cancel", "job_result", "job_start", "job_status"]);
    assert!(of_connections.is_sorted(), "{names:?}");
    assert!(names.contains(&"everything__echo".to_owned()), "{names:?}");
    assert_eq!(
        names.iter().filter(|name| name.starts_with("workbench__")).collect::<Vec<_>>(),
        before[4..].iter().collect::<Vec<_>>()
    );
    assert_eq!(assistant.speaking(OLDER).tool_names().await, names);
}

#[tokio::test]
async fn a_list_may_be_kept_by_its_reader_only_and_names_the_hub() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let list = Assistant::new(&app, &alice).await.result("tools/list", json!({})).await;
    assert_eq!((&list["cacheScope"], &list["resultType"]), (&json!("private"), &json!("complete")));
    assert!(list["ttlMs"].is_u64());
    assert_eq!(list["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "tool-connect-craft");
    let hash = list["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "workbench__hash").unwrap();
    assert_eq!(hash["inputSchema"]["type"], "object");
}

#[tokio::test]
async fn the_hub_says_who_it_is_in_both_eras() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let found = assistant.result("server/discover", json!({})).await;
    let revisions = json!([CURRENT, OLDER, "2025-06-18", "2025-03-26"]);
    assert_eq!(found["supportedVersions"], revisions);
    assert!(found["capabilities"]["tools"].is_object());
    let older = assistant.speaking(OLDER);
    let client = json!({ "name": "tests", "version": "1" });
    let opening = json!({ "protocolVersion": OLDER, "capabilities": {}, "clientInfo": client });
    let begun = older.result("initialize", opening).await;
    assert_eq!(
        (&begun["protocolVersion"], &begun["serverInfo"]["name"]),
        (&json!(OLDER), &json!("tool-connect-craft"))
    );
    assert_eq!(older.result("ping", json!({})).await, json!({}));
}

#[tokio::test]
async fn a_list_asks_no_server_and_its_schemas_are_legal() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let region = json!({ "type": "string", "x-mcp-header": "Region" });
    let schema = json!({ "type": "object", "properties": { "any": true, "region": region } });
    let server = ScriptedServer::start(json!([{ "name": "find.all", "inputSchema": schema }]), "found").await;
    app.add_server(&alice, "Finder", &server.url()).await;
    let asked = server.requests("tools/list").len();
    let list = Assistant::new(&app, &alice).await.result("tools/list", json!({})).await;
    assert_eq!(server.requests("tools/list").len(), asked, "a list must not wait for a server");
    let tools = list["tools"].as_array().unwrap().iter();
    let found = tools.filter(|tool| tool["name"].as_str().unwrap().starts_with("finder__")).collect::<Vec<_>>();
    assert_eq!(found.len(), 1);
    assert!(found[0]["name"].as_str().unwrap().starts_with("finder__find_all-"));
    let properties = &found[0]["inputSchema"]["properties"];
    assert_eq!(properties, &json!({ "any": {}, "region": { "type": "string" } }), "no argument is a header of the hub");
}

#[tokio::test]
async fn a_token_reaches_the_tools_of_its_own_space_only() {
    let app = TestApp::new().await;
    let (user, alice) = app.persona_with_account("alice").await;
    let acme = Space::create(&app.app, "alice", user.id).await;
    let fields = [("name", "Bot"), ("space", acme.slug.as_str())];
    let of_acme = Assistant::with_fields(&app, &alice, &fields).await.at_path(format!("/orgs/{}/mcp", acme.slug));
    assert!(of_acme.tool_names().await.contains(&"workbench__hash".to_owned()));
    let called = of_acme.call("workbench__hash", json!({ "text": "a" })).await;
    let job = called["_meta"]["tool-connect-craft/job"].as_str().unwrap();
    assert_eq!(alice.get(&format!("/orgs/{}/jobs/{job}", acme.slug)).await.status, 200);
    let elsewhere = of_acme.at_path("/mcp").send("tools/list", json!({})).await;
    assert_eq!(elsewhere.status, 401);
    let own = Assistant::new(&app, &alice).await.at_path(format!("/orgs/{}/mcp", acme.slug));
    assert_eq!(own.send("tools/list", json!({})).await.status, 401);
    let unknown = own.at_path("/orgs/no-such-space/mcp").send("tools/list", json!({})).await;
    assert_eq!(unknown.status, 401, "an organisation that does not exist is like one of others");
}
