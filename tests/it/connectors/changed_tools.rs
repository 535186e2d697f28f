//! A changed tool is held back until its owner has seen the difference and accepted it.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{TOOLS, add};
use crate::support::browser::Browser;
use crate::support::changing_server::ChangingServer;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const GARDEN: &str = "/connectors/garden";
const PLANT: &str = "/connectors/garden/tools/plant";
const CHANGES: &str = "/connectors/garden/discovery";
const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";
const MINUTE: Duration = Duration::from_secs(61);

/// A tool whose only argument has a description.
fn tool(name: &str, description: &str, hint: &str) -> Value {
    let properties = json!({"kind": {"type": "string", "description": hint}, "depth": {"type": "number"}});
    json!({"name": name, "description": description, "inputSchema": {"type": "object", "properties": properties}})
}

async fn garden(tools: Value) -> (TestApp, Browser, ChangingServer) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ChangingServer::start(tools).await;
    add(&alice, "Garden", server.url().as_str()).await;
    (app, alice, server)
}

/// Lets the server list these tools, and discovers them. Returns the page of the changes.
async fn change(app: &TestApp, browser: &Browser, server: &ChangingServer, tools: Value) -> Page {
    server.set_tools(tools);
    app.advance(MINUTE).await;
    let page = browser.get(GARDEN).await;
    browser.submit(&page, "form[action$='/discovery']", []).await
}

async fn accept(browser: &Browser, page: &Page) -> Page {
    browser.submit(page, ".sheet form[action$='/acceptance']", []).await
}

fn held(page: &Page) -> Vec<String> {
    page.texts("section[aria-labelledby=changed-heading] h3")
}

#[tokio::test]
async fn one_changed_letter_holds_a_tool_back_until_its_owner_accepts_the_difference() {
    let (app, alice, server) =
        garden(json!([tool("plant", "Plants a tree.", "Kind"), tool("dig", "Digs.", "Kind")])).await;
    let (bob, stranger) = (app.bob().await, app.stranger());
    let ran = app.run(&alice, PLANT, [("v/kind", "oak")]).await;
    let page =
        change(&app, &alice, &server, json!([tool("plant", "Plants a free.", "Kind"), tool("dig", "Digs.", "Kind")]))
            .await;
    assert!(page.text(".flash.warn p").ends_with("The changed tool runs again after you accept the change."));
    assert_eq!((page.text("h1"), held(&page)), ("Changed tools".to_owned(), vec!["plant".to_owned()]));
    assert_eq!((page.text("main del"), page.text("main ins")), ("[removed: tree]".into(), "[added: free]".into()));
    assert_eq!(page.text(".sheet p.about"), "Plants a [removed: tree][added: free].");

    // the pages lead there
    let show = alice.get(GARDEN).await;
    assert!(show.text(".callout.warn").starts_with("1 tool changed. "), "{}", show.text(".callout.warn"));
    assert_eq!(show.attr(".callout.warn a", "href").as_deref(), Some(CHANGES));
    assert_eq!(show.texts(&format!("{TOOLS} th .state")), ["Changed"]);
    let dashboard = alice.get("/dashboard").await;
    assert_eq!(
        dashboard.texts("section[aria-labelledby=changed-tools-heading] li"),
        ["Garden: 1 tool changedSee and accept: Garden"]
    );
    assert!(!bob.get("/dashboard").await.has("section[aria-labelledby=changed-tools-heading]"));

    // neither a run nor a preview, and what was typed stays
    let form = alice.get(PLANT).await;
    assert_eq!((form.status, form.text("#held-heading")), (StatusCode::OK, "This tool has changed".to_owned()));
    assert_eq!(form.text("#about-heading + *, section[aria-labelledby=about-heading] p"), "Plants a tree.");
    for op in ["run", "preview"] {
        let refused = alice.submit(&form, "main form", [("v/kind", "elm"), ("op", op)]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{op}");
        assert_eq!(refused.text("#held-heading"), "Not run: this tool has changed");
        assert_eq!(refused.attr("[aria-labelledby=held-heading] a", "href").as_deref(), Some(CHANGES));
        assert_eq!(refused.attr("input[name='v/kind']", "value").as_deref(), Some("elm"));
        assert!(refused.text("title").starts_with("Error: "), "{}", refused.text("title"));
    }
    let json = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let refused = alice.request(Method::POST, PLANT, &json, "op=run&v%2Fkind=elm").await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (StatusCode::CONFLICT, &json!("tool_changed")));
    let message = refused.json()["error"]["message"].to_string();
    assert!(message.contains("plant of Garden has changed, and is waiting for its owner"), "{message}");
    let again = alice.get(&format!("/jobs/repetition?c={}", ran.path().replace("/jobs/", ""))).await;
    assert!(again.text("main").contains("Its tool has changed, so see and accept the change first"));
    assert_eq!(alice.get("/jobs").await.attrs("tbody tr", "id").len(), 1, "nothing but the first run was accepted");
    let other = app.run(&alice, &format!("{GARDEN}/tools/dig"), []).await;
    assert_eq!(other.text("#job-result pre"), "done", "the other tools run");

    // it is hers to accept
    let version = page.attr("input[name=c]", "value").unwrap();
    let place = format!("{CHANGES}/acceptance");
    assert_eq!(bob.post(&place, &[("c", &version)]).await.status, StatusCode::NOT_FOUND);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let asked = stranger.request(Method::POST, &place, &form, &format!("c={version}")).await;
    assert!(asked.header("location").unwrap().starts_with("/sign-in"), "{}", asked.status);
    let accepted = accept(&alice, &page).await;
    assert_eq!(
        accepted.text(".flash.ok p"),
        "You accepted the change of plant. It runs as the server describes it now."
    );
    assert_eq!(
        (held(&accepted), accepted.texts("section[aria-labelledby=accepted-heading] li")),
        (vec![], vec!["plant".to_owned()])
    );
    assert_eq!(app.audit_actions().await.last().unwrap(), "tool.accepted");
    assert!(alice.get("/audit?action=tool.accepted").await.text("main").contains("plant"));
    assert!(
        !alice.get(GARDEN).await.has(".callout.warn") && !alice.get("/dashboard").await.has("#changed-tools-heading")
    );
    let form = alice.get(PLANT).await;
    assert!(!form.has("#held-heading") && form.text("main").contains("Plants a free."));
    assert_eq!(app.run(&alice, PLANT, [("v/kind", "elm")]).await.text("#job-result pre"), "done");

    // a second click finds nothing to accept
    let late = alice.post(&place, &[("c", &version)]).await;
    assert_eq!((late.status, late.text("h1")), (StatusCode::CONFLICT, "This page is out of date".to_owned()));
    assert_eq!(alice.post(&place, &[("c", "nonsense")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.post(&place, &[("x", "y")]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn one_hidden_character_holds_a_tool_back_and_is_named() {
    let (app, alice, server) = garden(json!([tool("plant", "Plants it.", "Kind")])).await;
    for (description, hint, named) in [
        ("Plants\u{200b} it.", "Kind", "[U+200B]"),
        ("Plants it.", "Ki\u{202e}nd", "Ki[U+202E]nd"),
        ("Plants it.", "Kind\u{e0041}\u{e0042}", "[U+E0041][U+E0042]"),
    ] {
        let page = change(&app, &alice, &server, json!([tool("plant", description, hint)])).await;
        assert_eq!(held(&page), ["plant"], "{named}");
        assert!(page.text("main ins").contains(named), "{named}: {}", page.text("main ins"));
        let hidden = [description, hint].concat().chars().filter(|it| !it.is_ascii()).any(|it| page.body.contains(it));
        assert!(!hidden, "{named} is on the page as it is");
        accept(&alice, &page).await;
        // back to the first definition, which is a change of the accepted one
        let back = change(&app, &alice, &server, json!([tool("plant", "Plants it.", "Kind")])).await;
        assert_eq!(held(&accept(&alice, &back).await), [""; 0]);
    }
    // a name with such a character is never offered
    let page = change(&app, &alice, &server, json!([tool("pla\u{200b}nt", "Plants it.", "Kind")])).await;
    assert!(page.text("main").contains("its name has hidden characters"), "{}", page.text("main"));
    assert_eq!(page.texts("section[aria-labelledby=removed-heading] li"), ["plant"]);
}

#[tokio::test]
async fn another_order_a_removal_and_a_return_are_no_change() {
    let before = json!([tool("plant", "Plants.", "Kind"), tool("dig", "Digs.", "Kind")]);
    let (app, alice, server) = garden(before.clone()).await;
    let schema = json!({"properties": {"depth": {"type": "number"}, "kind": {"description": "Kind", "type": "string"}}, "type": "object"});
    let reordered = json!({"inputSchema": schema, "name": "plant", "description": "Plants."});
    let page = change(&app, &alice, &server, json!([reordered, tool("dig", "Digs.", "Kind")])).await;
    assert!(page.text(".flash.ok p").starts_with("Nothing has changed."), "{}", page.text(".flash p"));

    change(&app, &alice, &server, json!([tool("dig", "Digs.", "Kind")])).await;
    let page = change(&app, &alice, &server, before.clone()).await;
    assert_eq!(
        (held(&page), page.texts("section[aria-labelledby=added-heading] li")),
        (vec![], vec!["plant: Plants.".to_owned()])
    );
    assert_eq!(app.run(&alice, PLANT, []).await.text("#job-result pre"), "done");

    // a return with another definition is a change, and no way around it
    change(&app, &alice, &server, json!([tool("dig", "Digs.", "Kind")])).await;
    let page =
        change(&app, &alice, &server, json!([tool("plant", "Pulls.", "Kind"), tool("dig", "Digs.", "Kind")])).await;
    assert_eq!((held(&page), page.has("#added-heading")), (vec!["plant".to_owned()], false));
    let form = alice.get(PLANT).await;
    assert_eq!(alice.submit(&form, "main form", []).await.status, StatusCode::CONFLICT);
    // the server takes its change back
    let page = change(&app, &alice, &server, before).await;
    assert_eq!(held(&page), [""; 0]);
    assert_eq!(app.run(&alice, PLANT, []).await.text("#job-result pre"), "done");
}

#[tokio::test]
async fn several_changes_are_accepted_at_once_and_a_newer_one_is_not() {
    let tools =
        |text: &str| json!([tool("plant", text, "Kind"), tool("dig", text, "Kind"), tool("rest", "Rests.", "Kind")]);
    let (app, alice, server) = garden(tools("First.")).await;
    let page = change(&app, &alice, &server, tools("Second.")).await;
    assert_eq!(held(&page), ["plant", "dig"]);
    let all = "section[aria-labelledby=changed-heading] > form";
    assert_eq!(page.text(&format!("{all} button")), "Accept these 2 changes");
    let newer = change(
        &app,
        &alice,
        &server,
        json!([tool("plant", "Third.", "Kind"), tool("dig", "Second.", "Kind"), tool("rest", "Rests.", "Kind")]),
    )
    .await;
    assert_eq!(newer.texts(".sheet p.about")[0], "[removed: First][added: Third].", "compared with what was accepted");

    let accepted = alice.submit(&page, all, []).await;
    let said = accepted.text(".flash.warn p");
    assert_eq!(
        said,
        "You accepted the change of dig. It runs as the server describes it now. The others have changed again, or were accepted already."
    );
    assert_eq!(held(&accepted), ["plant"]);
    let page = change(&app, &alice, &server, tools("Fourth.")).await;
    assert_eq!(
        alice.submit(&page, all, []).await.text(".flash.ok p"),
        "You accepted 2 changes. The tools run as the server describes them now."
    );
    assert!(alice.get(&format!("{GARDEN}/tools/dig")).await.text("main").contains("Fourth."));
    let entries = app.audit_actions().await.into_iter().filter(|action| action == "tool.accepted").count();
    assert_eq!(entries, 3, "each tool has its entry");
}

#[tokio::test]
async fn a_new_tool_runs_at_once_and_is_marked() {
    let plant = tool("plant", "Plants.", "Kind");
    let (app, alice, server) = garden(json!([plant])).await;
    assert!(!alice.get(GARDEN).await.has(&format!("{TOOLS} th .state")), "nothing is new in what was added as a whole");
    change(&app, &alice, &server, json!([plant, tool("dig", "Digs.", "Kind")])).await;
    let show = alice.get(GARDEN).await;
    assert_eq!((show.texts(&format!("{TOOLS} th .state")), show.has(".callout.warn")), (vec!["New".to_owned()], false));
    assert_eq!(app.run(&alice, &format!("{GARDEN}/tools/dig"), []).await.text("#job-result pre"), "done");
}

#[tokio::test]
async fn hashes_of_a_former_release_are_no_change() {
    let (app, alice, server) = garden(json!([tool("plant", "Plants.", "Kind")])).await;
    for statement in [
        "ALTER TABLE connector_tool_versions DISABLE TRIGGER immutable",
        "UPDATE connector_tool_versions SET definition_hash = sha256('in the order of the server')",
        "ALTER TABLE connector_tool_versions ENABLE TRIGGER immutable",
    ] {
        sqlx::query(statement).execute(app.app.system.pool()).await.unwrap();
    }
    let page = change(&app, &alice, &server, json!([tool("plant", "Plants.", "Kind")])).await;
    assert!(page.text(".flash.ok p").starts_with("Nothing has changed."), "{}", page.text(".flash p"));
    assert_eq!(held(&change(&app, &alice, &server, json!([tool("plant", "plants.", "Kind")])).await), ["plant"]);
}

#[tokio::test]
async fn a_queued_job_is_not_called_with_a_definition_that_its_server_no_longer_offers() {
    let (app, alice, server) = garden(json!([tool("plant", "Plants.", "Kind"), tool("dig", "Digs.", "Kind")])).await;
    // the four slots are taken, so these wait
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await);
    }
    for job in &running {
        app.wait_for_job(&alice, *job, |job| job["status"] == "running").await;
    }
    let held_back = app.start(&alice, PLANT, [("v/kind", "oak")]).await;
    let outdated = app.start(&alice, &format!("{GARDEN}/tools/dig"), []).await;
    let page =
        change(&app, &alice, &server, json!([tool("plant", "Pulls.", "Kind"), tool("dig", "Fills.", "Kind")])).await;
    let dig = page.attrs(".sheet input[name=c]", "value")[1].clone();
    alice.post(&format!("{CHANGES}/acceptance"), &[("c", &dig)]).await;
    for job in &running {
        alice.post(&format!("/jobs/{job}/cancellation"), &[("a", "b")]).await;
    }
    // also if the owner has accepted the change meanwhile: the job was given for the former definition
    for (job, tool) in [(held_back, "plant"), (outdated, "dig")] {
        let page = app.wait_until_finished(&alice, job).await;
        let json = alice.get(&format!("/jobs/{job}.json")).await.json();
        assert_eq!((&json["status"], &json["error_class"]), (&json!("failed"), &json!("tool_changed")), "{json}");
        let said = format!("{tool} of Garden has changed since this job was accepted. It was not called.");
        assert!(page.text("main").contains(&said), "{}", page.text("main"));
    }
    assert_eq!(server.call_count(), 0, "the server was called");
    assert_eq!(app.run(&alice, &format!("{GARDEN}/tools/dig"), []).await.text("#job-result pre"), "done");
}
