//! Repeated tool discovery: by the button, and when the server reports changed tools.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{TOOLS, add};
use crate::support::browser::Browser;
use crate::support::changing_server::ChangingServer;
use crate::support::hang::wait_until;
use crate::support::page::Page;
use crate::support::scripted_server::tools;
use crate::support::test_app::TestApp;

const GARDEN: &str = "/connectors/garden";
const DISCOVER: &str = "form[action$='/discovery']";
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

async fn discover(browser: &Browser) -> Page {
    let page = browser.get(GARDEN).await;
    browser.submit(&page, DISCOVER, []).await
}

fn names(page: &Page) -> Vec<String> {
    page.texts(&format!("{TOOLS} th a"))
}

#[tokio::test]
async fn discovery_shows_added_removed_and_changed_tools() {
    let (app, alice, server) = garden().await;
    let none = discover(&alice).await;
    assert_eq!(none.path(), "/connectors/garden/discovery");
    assert_eq!(none.text(".flash.ok p"), "Nothing has changed. Garden lists 3 tools as before.");
    assert_eq!(none.text("main h2:not(.callout h2)"), "No changes yet");

    server.set_tools(after());
    app.advance(MINUTE).await;
    let page = discover(&alice).await;
    assert_eq!(
        page.text(".flash.warn p"),
        "Garden lists 3 tools now: 1 added, 1 changed, 1 removed. The changed tool runs again after you accept the change."
    );
    assert_eq!(page.texts("section[aria-labelledby=added-heading] li"), ["water: Waters it."]);
    assert_eq!(page.texts("section[aria-labelledby=removed-heading] li"), ["dig"]);
    assert_eq!(page.texts("section[aria-labelledby=changed-heading] h3"), ["plant"]);
    assert_eq!(
        page.texts("section[aria-labelledby=changed-heading] li"),
        ["Argument “town” was added, and is required", "Argument “depth” was removed"]
    );
    assert_eq!(
        page.text("section[aria-labelledby=changed-heading] p.about"),
        "Plants a [removed: tree][added: shrub]."
    );
    assert_eq!(page.texts("section[aria-labelledby=changed-heading] h4"), ["Description", "Schema of the input"]);
    assert_eq!(names(&alice.get(GARDEN).await), ["plant", "rest", "water"]);
    assert_eq!(app.audit_actions().await.last().unwrap(), "tools.discovered");

    // the last changes stay visible after a discovery without changes; a tool that returns is listed as added
    server.set_tools(before());
    app.advance(MINUTE).await;
    discover(&alice).await;
    app.advance(MINUTE).await;
    let again = discover(&alice).await;
    assert!(again.text(".flash.ok p").starts_with("Nothing has changed."));
    assert_eq!(again.texts("section[aria-labelledby=added-heading] li"), ["dig: Digs a hole."]);
    assert_eq!(again.texts("section[aria-labelledby=removed-heading] li"), ["water"]);
}

#[tokio::test]
async fn a_job_keeps_the_version_that_it_ran() {
    let (app, alice, server) = garden().await;
    let planted = app.run(&alice, &format!("{GARDEN}/tools/plant"), [("v/kind", "oak"), ("v/depth", "2")]).await;
    let dug = app.run(&alice, &format!("{GARDEN}/tools/dig"), []).await;
    let form = alice.get(&format!("{GARDEN}/tools/dig")).await;
    let naming = alice.post(&format!("{GARDEN}/tools/dig"), &[("op", "save")]).await;
    alice.submit(&naming, "main form", [("op", "save"), ("name", "Deep")]).await;
    server.set_tools(after());
    let changes = discover(&alice).await;
    alice.submit(&changes, "form[action$='/acceptance']", []).await;

    let job = alice.get(planted.path()).await;
    assert!(job.text("main").contains("oak") && job.text("main").contains("depth"), "{}", job.text("main"));
    let again = alice.get(&again_of(&job)).await;
    assert!(again.text(".callout.warn").starts_with("This tool has changed since that job ran"));
    // fields cannot hold removed arguments, so the input is shown as JSON and nothing is lost
    let input: Value = serde_json::from_str(&again.text("textarea[name=j]")).unwrap();
    assert_eq!(input, json!({"kind": "oak", "depth": 2}));

    let job = alice.get(dug.path()).await;
    assert_eq!((job.status, job.text("#job-result pre")), (StatusCode::OK, "done".to_owned()));
    let gone = alice.get(&again_of(&job)).await;
    assert_eq!((gone.status, gone.text("main .callout h2")), (StatusCode::OK, "This tool was removed".to_owned()));
    assert!(gone.text("title").starts_with("Removed: dig"), "{}", gone.text("title"));
    assert!(!gone.has("main form"));
    let saved = alice.get(&gone.attr("section[aria-labelledby=saved-heading] a", "href").unwrap()).await;
    assert!(saved.text("title").starts_with("Deep"), "{}", saved.text("title"));
    let jobs = alice.get(&gone.attr("main p a", "href").unwrap()).await;
    assert_eq!(jobs.texts("tbody th a bdi"), ["dig"]);
    // a form that was open meanwhile
    let late = alice.submit(&form, "main form", []).await;
    assert_eq!(
        (late.status, late.text("main .callout h2")),
        (StatusCode::CONFLICT, "This tool was removed".to_owned())
    );
    assert!(!late.has("#entered"), "nothing was entered");
    let late = alice.post(&format!("{GARDEN}/tools/dig"), &[("op", "run"), ("v/place", "by the <oak>")]).await;
    let entered: Value = serde_json::from_str(&late.text("#entered")).unwrap();
    assert_eq!((late.status, entered), (StatusCode::CONFLICT, json!({"place": "by the <oak>"})));
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 2);
}

fn again_of(job: &Page) -> String {
    job.attrs("main a", "href").into_iter().find(|href| href.contains("?from=")).unwrap()
}

#[tokio::test]
async fn a_failed_discovery_keeps_the_tools_and_shows_the_reason() {
    let (app, alice, server) = garden().await;
    server.set_broken(true);
    let page = discover(&alice).await;
    let said = page.texts(".flash.warn");
    assert!(said[0].contains("500") && said[0].contains("The list of tools of Garden is unchanged."), "{said:?}");
    let show = alice.get(GARDEN).await;
    assert!(
        show.text(".callout.warn").starts_with("The last check for changes failed: "),
        "{}",
        show.text(".callout.warn")
    );
    assert_eq!(names(&show).len(), 3);
    assert!(app.audit_actions().await.last().unwrap().starts_with("tools.discovered!"));

    server.set_broken(false);
    // not within the minimum interval
    let soon = discover(&alice).await;
    assert!(soon.text("main").contains("was checked less than 20 seconds ago"), "{}", soon.text("main"));
    assert_eq!(server.list_count(), 1);
    app.advance(MINUTE).await;
    let recovered = discover(&alice).await;
    assert!(!recovered.has(".callout.warn") && recovered.text(".flash.ok p").starts_with("Nothing has changed."));

    server.set_tools(tools(1_001));
    app.advance(MINUTE).await;
    assert!(discover(&alice).await.text("main").contains("the hub accepts 1000 from one server"));
    assert_eq!(names(&alice.get(GARDEN).await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_change_during_a_job_are_discovered_with_a_minimum_interval() {
    let (app, alice, server) = garden().await;
    server.announce_changes();
    server.set_tools(after());
    app.run(&alice, &format!("{GARDEN}/tools/rest"), []).await;
    wait_for_page(&alice, |page| names(page) == ["plant", "rest", "water"]).await;
    let show = alice.get(GARDEN).await;
    assert!(!show.text("main").contains("that its tools have changed"), "{}", show.text("main"));
    assert_eq!(server.list_count(), 2);

    // again within the minute: the change is shown, and the server is not asked
    server.set_tools(before());
    app.run(&alice, &format!("{GARDEN}/tools/rest"), []).await;
    wait_for_page(&alice, |page| page.text("main").contains("that its tools have changed")).await;
    assert_eq!((names(&alice.get(GARDEN).await).len(), server.list_count()), (3, 2));
    app.advance(MINUTE).await;
    discover(&alice).await;
    assert_eq!(names(&alice.get(GARDEN).await), ["plant", "dig", "rest"]);
    assert!(!alice.get(GARDEN).await.has(".callout.warn"));
}

/// Reloads the connector's page until `matches` holds: discovery runs after the job, and nothing reports its end.
async fn wait_for_page(browser: &Browser, matches: impl Fn(&Page) -> bool) {
    wait_until("the page says so", async || matches(&browser.get(GARDEN).await)).await;
}

#[tokio::test]
async fn built_in_connectors_have_no_discovery() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert!(!alice.get("/connectors/workbench").await.has(DISCOVER));
    let place = "/connectors/workbench/discovery";
    assert_eq!(alice.get(place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.post(place, &[("a", "b")]).await.status, StatusCode::NOT_FOUND);
}
