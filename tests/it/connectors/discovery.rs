//! A server's tools are looked at again: by the button, and when the server says that they have changed.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{TOOLS, add};
use crate::support::browser::Browser;
use crate::support::changing_server::ChangingServer;
use crate::support::page::Page;
use crate::support::scripted_server::tools;
use crate::support::test_app::TestApp;

const GARDEN: &str = "/connectors/garden";
const LOOK: &str = "form[action$='/discovery']";
const MINUTE: Duration = Duration::from_secs(61);

fn tool(name: &str, description: &str, properties: &Value, required: &[&str]) -> Value {
    let schema = json!({"type": "object", "properties": properties, "required": required});
    json!({"name": name, "description": description, "inputSchema": schema})
}

fn before() -> Value {
    json!([
        tool("plant", "Plants a tree.", &json!({"kind": {"type": "string"}, "depth": {"type": "number"}}), &["kind"]),
        tool("dig", "Digs a hole.", &json!({}), &[]),
        tool("rest", "Rests.", &json!({}), &[]),
    ])
}

fn after() -> Value {
    json!([
        tool(
            "plant",
            "Plants a shrub.",
            &json!({"kind": {"type": "string"}, "town": {"type": "string"}}),
            &["kind", "town"]
        ),
        tool("rest", "Rests.", &json!({}), &[]),
        tool("water", "Waters it. Slowly.", &json!({}), &[]),
    ])
}

async fn garden() -> (TestApp, Browser, ChangingServer) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ChangingServer::start(before()).await;
    add(&alice, "Garden", server.url().as_str()).await;
    app.advance(MINUTE).await;
    (app, alice, server)
}

async fn look(browser: &Browser) -> Page {
    let page = browser.get(GARDEN).await;
    browser.submit(&page, LOOK, []).await
}

fn names(page: &Page) -> Vec<String> {
    page.texts(&format!("{TOOLS} th"))
}

#[tokio::test]
async fn a_look_shows_what_was_added_removed_and_changed() {
    let (app, alice, server) = garden().await;
    let none = look(&alice).await;
    assert_eq!(none.path(), "/connectors/garden/discovery");
    assert_eq!(none.text(".note.ok p"), "Nothing has changed. Garden lists 3 tools as before.");
    assert_eq!(none.text("main h2:not(.note h2)"), "No changes yet");

    server.set_tools(after());
    app.advance(MINUTE).await;
    let page = look(&alice).await;
    assert_eq!(page.text(".note.ok p"), "Garden lists 3 tools now: 1 added, 1 changed, 1 removed.");
    assert_eq!(page.texts("section[aria-labelledby=added-heading] li"), ["water: Waters it."]);
    assert_eq!(page.texts("section[aria-labelledby=removed-heading] li"), ["dig"]);
    assert_eq!(page.texts("section[aria-labelledby=changed-heading] h4"), ["plant"]);
    assert_eq!(
        page.texts("section[aria-labelledby=changed-heading] li"),
        ["The description has changed", "Argument “town” was added, and is required", "Argument “depth” was removed",]
    );
    assert_eq!(page.texts("section[aria-labelledby=changed-heading] dd"), ["Plants a tree.", "Plants a shrub."]);
    assert_eq!(names(&alice.get(GARDEN).await), ["plant", "rest", "water"]);
    assert_eq!(app.audit_actions().await.last().unwrap(), "tools.discovered");

    // the last changes stay to be read after a look that finds none, and what returns is told as added
    server.set_tools(before());
    app.advance(MINUTE).await;
    look(&alice).await;
    app.advance(MINUTE).await;
    let again = look(&alice).await;
    assert!(again.text(".note.ok p").starts_with("Nothing has changed."));
    assert_eq!(again.texts("section[aria-labelledby=added-heading] li"), ["dig: Digs a hole."]);
    assert_eq!(again.texts("section[aria-labelledby=removed-heading] li"), ["water"]);
}

#[tokio::test]
async fn a_job_keeps_its_version_and_what_it_ran_may_have_changed_or_gone() {
    let (app, alice, server) = garden().await;
    let planted = app.run(&alice, &format!("{GARDEN}/tools/plant"), [("v/kind", "oak"), ("v/depth", "2")]).await;
    let dug = app.run(&alice, &format!("{GARDEN}/tools/dig"), []).await;
    let form = alice.get(&format!("{GARDEN}/tools/dig")).await;
    server.set_tools(after());
    look(&alice).await;

    let job = alice.get(planted.path()).await;
    assert!(job.text("main").contains("oak") && job.text("main").contains("depth"), "{}", job.text("main"));
    let again = alice.get(&again_of(&job)).await;
    assert!(again.text(".note.warn").starts_with("This tool has changed since that job ran"));
    // its fields cannot hold what the tool no longer takes, so nothing of the input is lost
    let input: Value = serde_json::from_str(&again.text("textarea[name=j]")).unwrap();
    assert_eq!(input, json!({"kind": "oak", "depth": 2}));

    let job = alice.get(dug.path()).await;
    assert_eq!((job.status, job.text("#job-result pre")), (StatusCode::OK, "done".to_owned()));
    let gone = alice.get(&again_of(&job)).await;
    assert_eq!((gone.status, gone.text("main h2")), (StatusCode::OK, "This tool was removed".to_owned()));
    assert!(gone.text("title").starts_with("Removed: dig"), "{}", gone.text("title"));
    assert!(!gone.has("main form"));
    let jobs = alice.get(&gone.attr("main p a", "href").unwrap()).await;
    assert_eq!(jobs.texts("tbody th a"), ["dig"]);
    // a form that was open all the while
    let late = alice.submit(&form, "main form", []).await;
    assert_eq!((late.status, late.text("main h2")), (StatusCode::CONFLICT, "This tool was removed".to_owned()));
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 2);
}

fn again_of(job: &Page) -> String {
    job.attrs("main a", "href").into_iter().find(|href| href.contains("?from=")).unwrap()
}

#[tokio::test]
async fn a_look_that_fails_keeps_the_tools_and_says_what_happened() {
    let (app, alice, server) = garden().await;
    server.set_broken(true);
    let page = look(&alice).await;
    let said = page.texts(".note.warn");
    assert!(said[0].contains("500") && said[0].contains("The tools of Garden are as they were."), "{said:?}");
    let show = alice.get(GARDEN).await;
    assert!(show.text(".note.warn").starts_with("The last look failed: "), "{}", show.text(".note.warn"));
    assert_eq!(names(&show).len(), 3);
    assert!(app.audit_actions().await.last().unwrap().starts_with("tools.discovered!"));

    server.set_broken(false);
    // not at once
    let soon = look(&alice).await;
    assert!(soon.text("main").contains("is asked once in 20 seconds at most"), "{}", soon.text("main"));
    assert_eq!(server.list_count(), 1);
    app.advance(MINUTE).await;
    let mended = look(&alice).await;
    assert!(!mended.has(".note.warn") && mended.text(".note.ok p").starts_with("Nothing has changed."));

    server.set_tools(tools(1_001));
    app.advance(MINUTE).await;
    assert!(look(&alice).await.text("main").contains("the hub takes 1000 from one server"));
    assert_eq!(names(&alice.get(GARDEN).await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_so_during_a_job_is_looked_at_but_not_with_every_job() {
    let (app, alice, server) = garden().await;
    server.announce_changes();
    server.set_tools(after());
    app.run(&alice, &format!("{GARDEN}/tools/rest"), []).await;
    until(&alice, |page| names(page) == ["plant", "rest", "water"]).await;
    let show = alice.get(GARDEN).await;
    assert!(!show.has(".note.warn"), "{}", show.text("main"));
    assert_eq!(server.list_count(), 2);

    // once more within the minute: it is told, and not asked
    server.set_tools(before());
    app.run(&alice, &format!("{GARDEN}/tools/rest"), []).await;
    until(&alice, |page| page.text("main").contains("that its tools have changed")).await;
    assert_eq!((names(&alice.get(GARDEN).await).len(), server.list_count()), (3, 2));
    app.advance(MINUTE).await;
    look(&alice).await;
    assert_eq!(names(&alice.get(GARDEN).await), ["plant", "dig", "rest"]);
    assert!(!alice.get(GARDEN).await.has(".note.warn"));
}

/// The connector's page, once it is as `is_so` wants it: a look follows a job, and nobody is told when it is over.
async fn until(browser: &Browser, is_so: impl Fn(&Page) -> bool) {
    let look = async {
        while !is_so(&browser.get(GARDEN).await) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.expect("the page never came to say so");
}

#[tokio::test]
async fn what_comes_with_the_hub_has_nothing_to_look_for() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert!(!alice.get("/connectors/workbench").await.has(LOOK));
    let place = "/connectors/workbench/discovery";
    assert_eq!(alice.get(place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.post(place, &[("a", "b")]).await.status, StatusCode::NOT_FOUND);
}
