//! Assistants are offered the tools that their person can run, and no others.

use std::time::Duration;

use craft::assistants::Obstacle;
use craft::ids::OwnerId;
use craft::organisations::Role;
use http::StatusCode;
use serde_json::json;

use super::{account, acting, assistant_of, change, find, guarded, list, names, page_of};
use crate::support::changing_server::ChangingServer;
use crate::support::guarded_accounts::TOKEN;
use crate::support::ledger_service;
use crate::support::scripted_server::ScriptedServer;
use crate::support::space::Space;
use crate::support::test_app::TestApp;

const WORKBENCH: &str = "/connectors/workbench";

#[tokio::test]
async fn a_connection_that_cannot_be_used_is_not_offered() {
    let (app, alice, _server) = guarded().await;
    account(&alice, "Work").await;
    for status in ["expired", "error"] {
        let statement = "UPDATE user_connections SET status = $1 WHERE label = 'Work'";
        sqlx::query(statement).bind(status).execute(app.app.system.pool()).await.unwrap();
        assert_eq!(names(&app, "alice").await, ["guarded__tool-0"], "{status}");
        let broken = find(&app, "alice", "guarded-work__tool-0").await.unwrap();
        assert_eq!((broken.obstacle, broken.slug.as_str()), (Some(Obstacle::NotConnected), "guarded"), "{status}");
    }

    let page = page_of(&alice, "Guarded Account 1").await;
    let question = alice.get(&format!("{}/disconnection", page.path())).await;
    alice.submit(&question, "main form", []).await;
    assert_eq!(names(&app, "alice").await, [""; 0]);
    assert_eq!(
        find(&app, "alice", "guarded__tool-0").await.unwrap().obstacle,
        Some(Obstacle::NotConnected),
        "the next step is known"
    );
    // the name is free for the next account without a label of its own
    account(&alice, "Account 1").await;
    assert_eq!(names(&app, "alice").await, ["guarded__tool-0"]);
    assert_eq!(find(&app, "alice", "guarded__tool-0").await.unwrap().obstacle, None);
}

#[tokio::test]
async fn a_connector_that_an_administrator_turned_off_is_not_offered() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, &format!("{WORKBENCH}/tools/hash"), [("v/text", "a")]).await;
    app.bob().await;
    change(&app, "UPDATE connectors SET is_active = false, turned_off_at = now() WHERE slug = 'workbench'").await;
    for persona in ["alice", "bob"] {
        assert!(list(&app, &assistant_of(&app, persona).await, 1000).await.is_empty(), "{persona}");
        assert!(find(&app, persona, "workbench__hash").await.is_none(), "{persona}");
    }
}

#[tokio::test]
async fn a_connector_for_administrators_is_offered_to_no_one_else() {
    let app = TestApp::new().await;
    let (_alice, _owner) = (app.alice().await, app.owner().await);
    change(&app, "UPDATE connectors SET visibility = 'administrators' WHERE slug = 'workbench'").await;
    assert!(list(&app, &assistant_of(&app, "alice").await, 1000).await.is_empty());
    assert!(!list(&app, &assistant_of(&app, "owner").await, 1000).await.is_empty());
}

#[tokio::test]
async fn what_was_disconnected_is_not_offered_as_never_used() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, &format!("{WORKBENCH}/tools/hash"), [("v/text", "a")]).await;
    change(&app, "UPDATE user_connections SET status = 'revoked'").await;
    assert!(list(&app, &assistant_of(&app, "alice").await, 1000).await.is_empty());
    let page = alice.get(&format!("{WORKBENCH}/tools/hash")).await;
    assert!(page.text("main").contains("There is no connection to run this tool through."), "the page says the same");
    assert!(!page.text("main").contains("For assistants"));
}

#[tokio::test]
async fn a_changed_tool_waits_for_its_owner_and_a_removed_one_is_unknown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let tool = |name: &str, text: &str| json!({"name": name, "description": text, "inputSchema": {"type": "object"}});
    let server = ChangingServer::start(json!([tool("dig", "Digs."), tool("plant", "Plants.")])).await;
    app.add_server(&alice, "Garden", &server.url()).await;
    assert_eq!(names(&app, "alice").await, ["garden__dig", "garden__plant"]);
    server.set_tools(json!([tool("plant", "Plants and waters.")]));
    app.advance(Duration::from_secs(61)).await;
    let page = alice.get("/connectors/garden").await;
    let changes = alice.submit(&page, "form[action$='/discovery']", []).await;
    assert_eq!(names(&app, "alice").await, [""; 0]);
    assert_eq!(find(&app, "alice", "garden__plant").await.unwrap().obstacle, Some(Obstacle::Changed));
    assert!(find(&app, "alice", "garden__dig").await.is_none());
    alice.submit(&changes, ".sheet form[action$='/acceptance']", []).await;
    assert_eq!(names(&app, "alice").await, ["garden__plant"]);
    assert_eq!(find(&app, "alice", "garden__plant").await.unwrap().description, "Plants and waters.");
}

#[tokio::test]
async fn a_service_with_a_key_is_offered_from_the_connection_on() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let _ledger = ledger_service::start(&app).await;
    assert_eq!(names(&app, "alice").await, [""; 0]);
    ledger_service::connect(&alice).await;
    let offered = names(&app, "alice").await;
    assert!(offered.contains(&"ledger__list_entries".to_owned()), "{offered:?}");
    for tool in list(&app, &assistant_of(&app, "alice").await, 1000).await {
        let page = alice.get(&format!("/connectors/{}/tools/{}", tool.slug, tool.name)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", tool.name);
        assert!(page.text("main").contains(&format!("For assistants: {}", tool.tool_name())), "{}", tool.name);
    }
}

#[tokio::test]
async fn an_own_tool_hides_a_shared_one_of_the_same_name() {
    let app = TestApp::new().await;
    let (alice, _bob) = (app.alice().await, app.bob().await);
    let own = "INSERT INTO connector_tools (id, connector_id, owner_id, name, is_active, removed_at, created_at)
               SELECT gen_random_uuid(), connector_id, $1, name, false, now(), now() FROM connector_tools
               WHERE name = 'hash' AND owner_id IS NULL";
    sqlx::query(own).bind(app.owner_of("alice").await).execute(app.app.system.pool()).await.unwrap();
    change(
        &app,
        "INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, schema, definition_hash, created_at)
         SELECT gen_random_uuid(), id, owner_id, 1, '{}', sha256('own'), now() FROM connector_tools WHERE owner_id IS NOT NULL",
    )
    .await;
    change(
        &app,
        "UPDATE connector_tools t SET current_version_id = (SELECT v.id FROM connector_tool_versions v WHERE v.tool_id = t.id)
         WHERE t.owner_id IS NOT NULL",
    )
    .await;
    assert!(find(&app, "alice", "workbench__hash").await.is_none());
    assert!(find(&app, "bob", "workbench__hash").await.is_some());
    let page = alice.get(&format!("{WORKBENCH}/tools/hash")).await;
    assert!(page.text("main").contains("no longer lists"), "the page says the same: {}", page.text("main"));
}

#[tokio::test]
async fn members_of_an_organisation_are_offered_its_connections_and_not_those_of_each_other() {
    let (app, _alice, _server) = guarded().await;
    let (bob, _) = app.persona_with_account("bob").await;
    let (dana, _) = app.persona_with_account("dana").await;
    let space = Space::create(&app.app, "acme", bob.id).await;
    space.add(&app.app, dana.id, Role::Operator, app.app.clock.now()).await;
    let acme: OwnerId = sqlx::query_scalar("SELECT id FROM organisations WHERE slug = 'space-of-acme'")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap();
    change(
        &app,
        "INSERT INTO user_connections (owner_id, id, connector_id, label, status, created_at, updated_at)
         SELECT o.id, gen_random_uuid(), c.id, 'Account 1', 'active', now(), now() FROM organisations o, connectors c
         WHERE o.slug = 'space-of-acme' AND c.slug = 'workbench'",
    )
    .await;
    for user in [bob.id, dana.id] {
        let theirs = list(&app, &acting(user, acme), 1000).await;
        assert!(!theirs.is_empty() && theirs.iter().all(|it| it.slug == "workbench" && it.connection.is_some()));
        let own = list(&app, &acting(user, user.as_owner()), 1000).await;
        assert!(own.iter().all(|it| it.connection.is_none()), "the connection is the organisation's");
    }
    // nobody is let in by naming an owner
    let stranger = list(&app, &acting(dana.id, app.owner_of("alice").await), 1000).await;
    assert!(stranger.iter().all(|it| it.slug != "guarded" && it.connection.is_none()));
}

#[tokio::test]
async fn the_page_of_a_tool_names_it_for_assistants_and_says_what_they_get() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({"type": "object", "properties": {"any": true, "<b>": false}, "additionalProperties": false});
    let odd = json!([{"name": "odd", "inputSchema": schema}, {"name": "plain", "inputSchema": {"type": "object"}}]);
    let server = ScriptedServer::guarded(odd, "done", Some(TOKEN)).await;
    super::add(&alice, &server).await;
    let about = "section[aria-labelledby=about-heading]";
    let page = alice.get("/connectors/guarded/tools/odd").await;
    let text = page.text(about);
    assert!(text.contains("For assistants: guarded__odd"), "{text}");
    let told = "The schema was changed for assistants: /properties/any was true and is now {}; \
                /properties/<b> was false and is now {\"not\":{}}.";
    assert!(text.contains(told), "{text}");
    let plain = alice.get("/connectors/guarded/tools/plain").await.text(about);
    assert!(plain.contains("For assistants: guarded__plain") && !plain.contains("was changed"), "{plain}");

    account(&alice, "Work").await;
    let both = alice.get("/connectors/guarded/tools/plain").await;
    assert_eq!(
        both.texts(&format!("{about} li")),
        ["guarded__plain (Account 1)", "guarded-work__plain (Work)"],
        "{}",
        both.text(about)
    );
    change(&app, "UPDATE user_connections SET status = 'expired'").await;
    assert!(!alice.get("/connectors/guarded/tools/plain").await.text(about).contains("For assistants"));
}
