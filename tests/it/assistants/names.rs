//! Names stay, lead back to one tool, and are listed in one order.

use std::collections::HashSet;

use craft::assistants::{self, ToolName};
use serde_json::{Value, json};

use super::{account, add, assistant_of, find, guarded, list, names, page_of};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const HASH: &str = "/connectors/workbench/tools/hash";

#[tokio::test]
async fn names_stay_when_an_account_is_added_renamed_or_made_the_default() {
    let (app, alice, _server) = guarded().await;
    assert_eq!(names(&app, "alice").await, ["guarded__tool-0"]);
    let first = find(&app, "alice", "guarded__tool-0").await.unwrap();
    account(&alice, "At Work").await;
    let both = ["guarded__tool-0", "guarded-at-work__tool-0"];
    assert_eq!(names(&app, "alice").await, both);

    let form = alice.get(&format!("{}/label", page_of(&alice, "Guarded At Work").await.path())).await;
    alice.submit(&form, "main form", [("label", "Home")]).await;
    alice.submit(&page_of(&alice, "Guarded Home").await, "form[action$='/default']", []).await;
    assert_eq!(names(&app, "alice").await, both);
    let same = find(&app, "alice", "guarded__tool-0").await.unwrap();
    assert_eq!((same.connection, same.version), (first.connection, first.version));
    let second = find(&app, "alice", "guarded-at-work__tool-0").await.unwrap();
    assert_eq!(second.connection_label.as_deref(), Some("Home"));
    assert_ne!(second.connection, first.connection);

    // the label is free, and its name is not
    account(&alice, "At Work").await;
    let three = ["guarded__tool-0", "guarded-2__tool-0", "guarded-at-work__tool-0"];
    assert_eq!(names(&app, "alice").await, three);
}

#[tokio::test]
async fn each_person_has_names_of_their_own() {
    let (app, _alice, server) = guarded().await;
    let bob = app.bob().await;
    assert_eq!(names(&app, "bob").await, [""; 0]);
    assert!(find(&app, "bob", "guarded__tool-0").await.is_none());
    add(&bob, &server).await;
    account(&bob, "Work").await;
    assert_eq!(names(&app, "bob").await, ["guarded__tool-0", "guarded-work__tool-0"]);
    assert_eq!(names(&app, "alice").await, ["guarded__tool-0"]);
    let of_bob = find(&app, "bob", "guarded__tool-0").await.unwrap();
    assert_ne!(of_bob.connection, find(&app, "alice", "guarded__tool-0").await.unwrap().connection);
}

#[tokio::test]
async fn the_workbench_is_offered_before_its_first_use_under_the_names_that_stay() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let actor = assistant_of(&app, "alice").await;
    let before = list(&app, &actor, 1000).await;
    assert!(before.iter().all(|tool| tool.slug == "workbench" && tool.connection.is_none()));
    assert!(before.iter().any(|tool| tool.tool_name().as_str() == "workbench__hash"));
    assert_eq!(find(&app, "alice", "workbench__hash").await.unwrap().connection, None);
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let after = list(&app, &actor, 1000).await;
    assert!(after.iter().all(|tool| tool.connection.is_some()));
    let names =
        |tools: &[assistants::OfferedTool]| tools.iter().map(assistants::OfferedTool::tool_name).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
}

#[tokio::test]
async fn a_name_leads_back_to_exactly_its_tool() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let long = "long_".repeat(25);
    let longer = format!("{long}er");
    let own = ["files.list", "files/list", "files_list", "a__b", "__", "naïve", &long, &longer];
    let listed: Value = own.iter().map(|name| json!({"name": name, "inputSchema": {"type": "object"}})).collect();
    let server = ScriptedServer::start(listed, "done").await;
    app.add_server(&alice, "Odd names", &server.url()).await;

    let all = list(&app, &assistant_of(&app, "alice").await, 1000).await;
    let odd: Vec<_> = all.iter().filter(|tool| tool.slug == "odd-names").collect();
    assert_eq!(odd.len(), own.len());
    let mut seen = HashSet::new();
    for tool in odd {
        let name = tool.tool_name();
        assert!(name.as_str().len() <= ToolName::MAX_LENGTH && seen.insert(name.clone()), "{name}");
        let found = find(&app, "alice", name.as_str()).await.unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!((found.name.as_str(), found.version), (tool.name.as_str(), tool.version));
    }
    // names that no list has
    for name in ["odd-names__files.list", "odd-names__files_list-00000000", "odd-names__x", "odd-names", "__a__b", ""] {
        assert!(find(&app, "alice", name).await.is_none(), "{name}");
    }
    assert!(find(&app, "alice", &format!("odd-names__{long}")).await.is_none());
}

#[tokio::test]
async fn pages_have_one_order_while_connections_are_added() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(60), "done").await;
    app.add_server(&alice, "Many", &server.url()).await;
    let actor = assistant_of(&app, "alice").await;
    let whole = list(&app, &actor, 1000).await;
    assert!(whole.is_sorted_by(|a, b| a.key() < b.key()));
    let keys = |tools: &[assistants::OfferedTool]| tools.iter().map(assistants::OfferedTool::key).collect::<Vec<_>>();
    assert_eq!(keys(&list(&app, &actor, 7).await), keys(&whole));

    let first = assistants::list_offered(&app.app.db, &actor, None, 20).await.unwrap();
    // a server before the place of the next page changes nothing after it
    app.add_server(&alice, "Before", &server.url()).await;
    let rest = assistants::list_offered(&app.app.db, &actor, first.next.as_ref(), 1000).await.unwrap();
    assert_eq!([keys(&first.tools), keys(&rest.tools)].concat(), keys(&whole));
    assert_eq!(rest.next, None);
    assert_eq!(list(&app, &actor, 1000).await.len(), whole.len() + 60);
}
