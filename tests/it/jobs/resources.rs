//! Resources that a result links to are opened at their server, through the same connection, as jobs of their own.

use craft::ids::JobId;
use http::StatusCode;
use serde_json::{Value, json};

use super::{json, log};
use crate::support::browser::Browser;
use crate::support::everything_server::EverythingServer;
use crate::support::modern_server::ModernServer;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const REPORT_URI: &str = "demo://reports/november?part=a%20b&x=1";

/// Starts a server whose tool `report` returns a text, then a link to a resource, then a link to a web page.
async fn reports() -> ScriptedServer {
    let links = json!([
        { "type": "text", "text": "The report of November." },
        { "type": "resource_link", "uri": REPORT_URI, "name": "november", "title": "November\u{202e}", "mimeType": "text/markdown", "size": 2000 },
        { "type": "resource_link", "uri": "https://shop.example/manual", "name": "manual" },
    ]);
    let tools = json!([{ "name": "report", "inputSchema": { "type": "object" } }]);
    let server = ScriptedServer::returning(tools, json!({ "content": links })).await;
    let contents = json!([{ "uri": REPORT_URI, "mimeType": "text/markdown", "text": "Sales are **up**." }]);
    server.answer_with("resources/read", json!({ "result": { "resultType": "complete", "contents": contents } }));
    server
}

/// Runs the tool; returns the page of its job.
async fn run_report(app: &TestApp, browser: &Browser, server: &ScriptedServer) -> Page {
    let place = app.add_server(browser, "Reports", &server.url()).await;
    app.run(browser, &format!("{place}/tools/report"), []).await
}

fn opening(page: &Page, block: usize) -> String {
    format!("{}/content/{block}/resource", page.path())
}

/// Presses the button of a link; returns the id of the job that reads the resource.
async fn press(browser: &Browser, page: &Page, block: usize) -> JobId {
    let form = format!("#job-result form[action='{}']", opening(page, block));
    job_of(&browser.submit(page, &form, []).await)
}

fn job_of(page: &Page) -> JobId {
    let id = page.path().strip_prefix("/jobs/").unwrap_or_else(|| panic!("not a job: {}", page.text("main")));
    id.parse().unwrap()
}

/// Opens a link; returns the page of the finished job.
async fn open(app: &TestApp, browser: &Browser, page: &Page, block: usize) -> Page {
    let job = press(browser, page, block).await;
    app.wait_until_finished(browser, job).await
}

#[tokio::test]
async fn texts_and_files_of_the_reference_server_are_opened_from_its_links() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    let place = app.add_server(&alice, "Everything", &server.url()).await;
    let links = app.run(&alice, &format!("{place}/tools/get-resource-links"), [("v/count", "2")]).await;
    assert_eq!(
        links.texts("#job-result form button"),
        ["Open through Everything – Blob Resource 1", "Open through Everything – Text Resource 2"]
    );

    let text = open(&app, &alice, &links, 2).await;
    assert_eq!((text.text("h1"), text.text("#job-head .state")), ("Text Resource 2".into(), "Succeeded".into()));
    let shown = text.text("#job-result pre");
    assert!(shown.starts_with("Resource 2: This is a plaintext resource"), "{shown}");
    assert_eq!(text.text("#job-result h3"), "demo://resource/dynamic/text/2");
    assert_eq!(text.attr(".lede a[href^='/jobs/']", "href").as_deref(), Some(links.path()));
    assert_eq!(log(&text), ["Created", "Started", "Everything answered"]);

    let file = open(&app, &alice, &links, 1).await;
    let download = alice.get(&file.attr("#job-result a[download]", "href").unwrap()).await;
    assert!(download.body.starts_with("Resource 1: This is a base64 blob"), "{}", download.body);
    let header = |name| download.header(name).unwrap_or_default();
    assert_eq!((header("content-type"), header("x-content-type-options")), ("application/octet-stream", "nosniff"));
    assert!(header("content-disposition").starts_with("attachment"), "{}", header("content-disposition"));
}

#[tokio::test]
async fn the_page_of_a_resource_names_it_and_opens_it_again() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    assert!(report.text("#job-result").contains("text/markdown, 2 kB"), "{}", report.text("#job-result"));
    let manual = report.attrs("#job-result a[rel='noopener noreferrer nofollow']", "href");
    assert_eq!(manual, ["https://shop.example/manual"], "a web address stays a link");

    let first = open(&app, &alice, &report, 1).await;
    assert_eq!((first.text("h1"), first.texts("#job-result .md strong")), ("November".into(), vec!["up".into()]));
    assert!(first.text("#job-head").contains(REPORT_URI), "{}", first.text("#job-head"));
    assert!(first.text(".lede").contains("From the result of report"), "{}", first.text(".lede"));
    assert!(first.text("title").starts_with("Succeeded: November"), "{}", first.text("title"));
    let job = json(&alice, &first).await;
    assert_eq!([&job["type"], &job["tool"]], ["resource.read", "Open resource November"]);
    let source = report.path().replace("/jobs/", "");
    assert_eq!(job["input"], json!({ "uri": REPORT_URI, "name": "November", "job": source, "block": 1 }));
    let request: Value = serde_json::from_str(&server.requests("resources/read")[0].body).unwrap();
    assert_eq!(request["params"]["uri"], REPORT_URI, "the server gets its own spelling");

    assert_eq!(first.text("#job-head .actions"), "Open again");
    let again = job_of(&alice.submit(&first, "#job-head .actions form", []).await);
    assert_ne!(format!("/jobs/{again}"), first.path());
    app.wait_until_finished(&alice, again).await;
    assert_eq!(server.requests("resources/read").len(), 2);

    let list = alice.get("/jobs").await;
    let row = format!("#job-{again}");
    assert_eq!(
        list.text(&format!("{row} td:last-child")),
        format!("Open again Open resource November, {}", exact(&list, &row))
    );
    let question = alice.get(&list.attr(&format!("{row} td:last-child a"), "href").unwrap()).await;
    assert_eq!(question.text("h1"), "Open resource November again?");
    let list = alice.submit(&question, "main form", []).await;
    assert_eq!(list.text(".flash p"), "1 job was started.");
}

/// Returns the exact time in the label of a row.
fn exact(list: &Page, row: &str) -> String {
    let label = list.text(&format!("{row} label"));
    label.split_once(", ").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_opens_the_resource_once() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    let (first, second) = (press(&alice, &report, 1).await, press(&alice, &report, 1).await);
    assert_eq!(first, second);
    let question = alice.get(&opening(&report, 1)).await;
    assert_eq!(question.text("h1"), "Open November?");
    let third = job_of(&alice.submit(&question, "main form", []).await);
    assert_ne!(first, third);
}

#[tokio::test]
async fn only_a_link_in_a_result_of_ones_own_can_be_opened() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    let builtin = app.run(&alice, super::HASH, [("v/text", "a")]).await;
    let foreign = opening(&report, 1);
    let missing = [
        opening(&report, 0),
        opening(&report, 3),
        opening(&builtin, 0),
        format!("{}/content/x/resource", report.path()),
    ];
    let tries = missing.iter().map(|path| (&alice, path)).chain([(&bob, &foreign)]);
    for (browser, path) in tries {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(browser.post(path, &[("key", "k")]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!builtin.has("#job-result form"));
    assert_eq!(server.requests("resources/read").len(), 0);
}

#[tokio::test]
async fn a_server_that_gives_no_resource_is_named_with_the_reason() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    let answers = [
        (json!({ "error": { "code": -32601, "message": "Method not found" } }), "does not let programs read them"),
        (
            json!({ "error": { "code": -32002, "message": "Gone since May." } }),
            "did not open the resource: Gone since May. Run the tool again",
        ),
        (json!({ "result": { "resultType": "complete" } }), "answered without the contents of the resource"),
    ];
    for (answer, sentence) in answers {
        server.answer_with("resources/read", answer);
        let fresh = alice.get(report.path()).await;
        let page = open(&app, &alice, &fresh, 1).await;
        assert_eq!(page.text("#job-head .state"), "Failed");
        let error = page.text("#job-result .callout");
        assert!(error.contains(sentence) && error.contains("127.0.0.1"), "{error}");
        assert!(!error.contains("Run again"), "there is no form: {error}");
    }
    server.answer_with("resources/read", json!({ "result": { "resultType": "complete", "contents": [] } }));
    let fresh = alice.get(report.path()).await;
    let page = open(&app, &alice, &fresh, 1).await;
    assert!(page.text("#job-result").contains("There is nothing in the result."), "{}", page.text("#job-result"));
}

#[tokio::test]
async fn a_resource_is_opened_only_through_a_connection_that_can_be_used() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    let connection = report.attr("#job-head dd a[href^='/connections/']", "href").unwrap();
    alice.post(&format!("{connection}/disconnection"), &[("a", "b")]).await;
    for back in [alice.get(&opening(&report, 1)).await, alice.submit(&report, "#job-result form", []).await] {
        assert_eq!(back.path(), report.path());
        let reason = back.text(".flash p");
        assert!(
            reason.starts_with("Reports is not connected through") && reason.contains("Connect Reports again"),
            "{reason}"
        );
    }
    let connector = report.attr(".lede a", "href").unwrap();
    let question = alice.get(&format!("{connector}/removal")).await;
    alice.submit(&question, "main form", []).await;
    let removed = alice.get(report.path()).await;
    assert!(!removed.has("#job-result form"), "a dead button");
    let back = alice.submit(&report, "#job-result form", []).await;
    assert!(back.text(".flash p").starts_with("Reports was removed"), "{}", back.text(".flash p"));
    assert_eq!(server.requests("resources/read").len(), 0);
}

#[tokio::test]
async fn the_audit_log_says_which_resource_was_read() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = reports().await;
    let report = run_report(&app, &alice, &server).await;
    let page = open(&app, &alice, &report, 1).await;
    let entry = alice.get(&page.attr("#job-head a[href^='/audit/']", "href").unwrap()).await;
    assert!(entry.text("main").contains("Open resource November"), "{}", entry.text("main"));
    assert!(
        entry.text("main").contains(REPORT_URI) && entry.text("main").contains("Sales are"),
        "{}",
        entry.text("main")
    );
}

#[tokio::test]
async fn a_resource_that_is_being_read_can_be_cancelled() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ModernServer::start().await;
    let place = app.add_server(&alice, "Modern", &server.url()).await;
    let links = app.run(&alice, &format!("{place}/tools/links"), []).await;
    let job = press(&alice, &links, 0).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "running").await;
    let question = alice.get(&format!("/jobs/{job}/cancellation")).await;
    assert_eq!(question.text("h1"), "Cancel Slow report?");
    alice.submit(&question, "main form", []).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert_eq!(
        (page.text("#job-head .state"), page.text("#job-head .actions")),
        ("Cancelled".into(), "Open again".into())
    );
}
