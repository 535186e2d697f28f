//! Changing and removing a server that a user has added.

use http::StatusCode;

use super::{TOOLS, add, add_with, names};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const GARDEN: &str = "/connectors/garden";
const FORM: &str = "/connectors/garden/edit";

#[tokio::test]
async fn a_connector_gets_another_name_and_keeps_its_addresses() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1), "done").await;
    let page = add(&alice, "Garden", server.url().as_str()).await;
    let form = alice.get(&page.attr(".page-head .actions a", "href").unwrap()).await;
    assert_eq!(form.path(), FORM);
    let asked = server.request_count();

    let renamed = alice.submit(&form, "main form", [("name", "Allotment")]).await;
    assert_eq!((renamed.path(), renamed.text("h1").as_str()), (GARDEN, "Allotment"));
    assert_eq!(renamed.text(".flash.ok p"), "Allotment is saved.");
    assert_eq!(server.request_count(), asked, "a name alone asks no server");
    assert_eq!(app.audit_actions().await.last().unwrap(), "connector.renamed");

    let twice = alice.submit(&form, "main form", [("name", "Allotment")]).await;
    assert_eq!(twice.status, StatusCode::OK);
    let entries = app.audit_actions().await.into_iter().filter(|action| action == "connector.renamed").count();
    assert_eq!(entries, 1, "the same name is no change");

    add(&alice, "Orchard", server.url().as_str()).await;
    let taken = alice.submit(&form, "main form", [("name", "orchard")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.text("#f-name-e").contains("already have a connector called “orchard”"));
    let bad = alice.submit(&form, "main form", [("name", " "), ("url", "nowhere")]).await;
    assert_eq!(bad.texts(".summary li a").len(), 2);
    assert_eq!(bad.attr("#f-url", "value").as_deref(), Some("nowhere"));
}

#[tokio::test]
async fn a_new_address_is_asked_before_it_is_stored() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (old, new) = (ScriptedServer::start(tools(1), "old").await, ScriptedServer::start(tools(2), "new").await);
    add(&alice, "Garden", old.url().as_str()).await;
    let form = alice.get(FORM).await;

    let dead = alice.submit(&form, "main form", [("url", "http://127.0.0.1:9/mcp")]).await;
    assert_eq!(dead.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(dead.has("#f-url-e"));
    assert_eq!(alice.get(GARDEN).await.text("#server-url"), old.url().as_str());

    let moved = alice.submit(&form, "main form", [("url", new.url().as_str())]).await;
    assert_eq!(moved.text(".flash.ok p"), "Garden is saved. The new address lists 2 tools.");
    assert_eq!((moved.text("#server-url").as_str(), moved.texts(TOOLS).len()), (new.url().as_str(), 2));
    let actions = app.audit_actions().await;
    assert_eq!(actions[actions.len() - 2..], ["connector.moved", "tools.discovered"]);
    let calls = old.request_count();
    assert_eq!(app.run(&alice, &format!("{GARDEN}/tools/tool-0"), []).await.text("#job-result pre"), "new");
    assert_eq!(old.request_count(), calls);

    let guarded = ScriptedServer::guarded(tools(1), "", Some("t0p")).await;
    let asks = alice.submit(&form, "main form", [("url", guarded.url().as_str())]).await;
    assert!(asks.text("#f-url-e").contains("requires a sign-in. Add it as a connector of its own"));
}

#[tokio::test]
async fn a_stored_token_is_sent_to_no_other_host() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::guarded(tools(1), "done", Some("t0p")).await;
    let other = ScriptedServer::guarded(tools(1), "done", Some("t0p")).await;
    add_with(&alice, &server.url(), "t0p").await;
    let form = alice.get("/connectors/guarded/edit").await;

    let refused = alice.submit(&form, "main form", [("url", other.url().as_str())]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("#f-url-e").contains("are not sent anywhere else. Disconnect them first"));
    assert_eq!(other.request_count(), 0);

    // another path of the same host is asked with the token
    let within = format!("{}?v=2", server.url());
    let moved = alice.submit(&form, "main form", [("url", within.as_str())]).await;
    assert_eq!(moved.text(".flash.ok p"), "Guarded is saved. The new address lists 1 tool.");
    let listing = server.requests("tools/list");
    assert_eq!(listing.last().unwrap().authorization.as_deref(), Some("Bearer t0p"));
    assert_eq!(app.run(&alice, "/connectors/guarded/tools/tool-0", []).await.text("#job-result pre"), "done");

    // without a credential, any host may be entered, and one connects there again
    let list = alice.get("/connections").await;
    let connection = list.attr("tbody a", "href").unwrap();
    let question = alice.get(&format!("{connection}/disconnection")).await;
    alice.submit(&question, "main form", []).await;
    let away = alice.submit(&form, "main form", [("url", other.url().as_str())]).await;
    assert!(away.text(".flash.ok p").contains("lists its tools after a sign-in"), "{}", away.text("main"));
    assert_eq!(other.requests("server/discover").last().unwrap().authorization, None);
}

#[tokio::test]
async fn a_removed_connector_ends_its_connections_and_leaves_its_past() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ScriptedServer::guarded(tools(1), "done", Some("t0p")).await;
    add_with(&alice, &server.url(), "t0p").await;
    let job = app.run(&alice, "/connectors/guarded/tools/tool-0", []).await;

    let form = alice.get("/connectors/guarded/edit").await;
    let question = alice.get(&form.attr(".danger a", "href").unwrap()).await;
    assert_eq!(question.text("h1"), "Remove Guarded?");
    assert!(question.text("main ul").contains("1 connection ends. The hub deletes the stored credentials for good."));
    assert_eq!(bob.post(question.path(), &[("", ""); 0]).await.status, StatusCode::NOT_FOUND);

    let catalogue = alice.submit(&question, "main form", []).await;
    assert_eq!(catalogue.path(), "/connectors");
    assert_eq!(catalogue.text(".flash.ok p"), "Guarded is removed. 1 connection ended.");
    assert_eq!(names(&alice).await, ["Workbench"]);
    let actions = app.audit_actions().await;
    assert_eq!(actions[actions.len() - 2..], ["connector.removed", "connection.disconnected"]);
    for path in ["/connectors/guarded", "/connectors/guarded/edit", "/connectors/guarded/tools/tool-0"] {
        assert_eq!(alice.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }

    let past = alice.get(job.path()).await;
    assert_eq!((past.status, past.text("#job-result pre").as_str()), (StatusCode::OK, "done"));
    assert!(past.text(".page-head").contains("Guarded") && !past.has(".page-head .lede a"));
    let entry = alice.get("/audit?action=connector.removed").await;
    assert!(entry.text("main").contains("Guarded"));

    // name and address are free again
    let again = add_with(&alice, &server.url(), "t0p").await;
    assert_eq!((again.path(), again.text("h1").as_str()), ("/connectors/guarded", "Guarded"));
    assert_eq!(app.run(&alice, "/connectors/guarded/tools/tool-0", []).await.text("#job-result pre"), "done");
}

#[tokio::test]
async fn a_built_in_connector_is_neither_changed_nor_removed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert!(!alice.get("/connectors/workbench").await.has(".page-head .actions"));
    for page in ["edit", "removal"] {
        let path = format!("/connectors/workbench/{page}");
        assert_eq!(alice.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            alice.post(&path, &[("name", "Mine"), ("url", "http://127.0.0.1:9/")]).await.status,
            StatusCode::NOT_FOUND
        );
    }
}
