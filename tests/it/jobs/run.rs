//! A run of a tool: its events and its result.

use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{COUNTDOWN, FORM, HASH, QUERY, json, log, result};
use crate::support::listener::closed_port;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

#[tokio::test]
async fn each_tool_of_the_workbench_runs_from_its_form() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let tool = |name: &str| format!("/connectors/workbench/tools/{name}");

    let json = [("v/json", r#"{"a":[1,2,{"b":3}]}"#), ("v/filter", ".a[] | numbers")];
    let page = app.run(&alice, QUERY, json).await;
    assert_eq!(result(&alice, &page).await["results"], json!([1, 2]));

    let texts = [("v/before", "one\r\ntwo\r\n"), ("v/after", "one\r\nthree\r\n")];
    let page = app.run(&alice, &tool("text_diff"), texts).await;
    let diff = result(&alice, &page).await["diff"].as_str().unwrap().to_owned();
    assert!(diff.contains("-two\n+three\n"), "{diff}");

    let page = app.run(&alice, HASH, [("v/text", "abc"), ("v/algorithm", "1")]).await;
    let hashed = result(&alice, &page).await;
    assert_eq!(hashed["algorithm"], "sha512");
    assert!(hashed["digest"].as_str().unwrap().starts_with("ddaf35a193617abacc417349ae204131"), "{hashed}");

    let times = [("v/time", "2026-11-24 15:30"), ("v/to", "Asia/Tokyo\r\nAmerica/New_York")];
    let page = app.run(&alice, &tool("convert_time_zone"), times).await;
    let times = result(&alice, &page).await["times"].clone();
    assert_eq!([&times[0]["time"], &times[1]["time"]], ["2026-11-25 00:30:00", "2026-11-24 10:30:00"]);
    assert!(page.text("#job-result").contains("Asia/Tokyo"), "the page does not show it");

    let check = [("v/schema", r#"{"type":"string"}"#), ("v/value", "1")];
    let page = app.run(&alice, &tool("check_json_schema"), check).await;
    assert_eq!(result(&alice, &page).await["fits"], false);
}

#[tokio::test]
async fn each_step_of_a_countdown_becomes_an_event() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = app.run(&alice, COUNTDOWN, [("v/seconds", "2")]).await;
    assert_eq!(log(&page), ["Created", "Started", "1 second to go", "Done", "Workbench answered"]);
    assert_eq!(page.attr("#job-log progress", "max").as_deref(), Some("2"));
    assert_eq!(page.text("#job-head .state"), "Succeeded");
}

#[tokio::test]
async fn an_error_of_a_tool_fails_its_job_with_the_message_of_the_tool() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = app.run(&alice, QUERY, [("v/json", "{"), ("v/filter", ".")]).await;
    let job = json(&alice, &page).await;
    assert_eq!([&job["status"], &job["error_class"]], ["failed", "tool_error"]);
    let words = job["error"].as_str().unwrap();
    assert!(words.starts_with("The JSON cannot be read"), "{words}");
    assert_eq!(page.texts(".callout.bad p")[0], words);
    assert_eq!(log(&page).last().unwrap(), &format!("Error: {words}"));
}

#[tokio::test]
async fn numbers_keep_their_spelling_from_form_to_result() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let number = json!({"type": "number"});
    let schema = json!({"type": "object", "properties": {"big": number, "small": number, "long": number}});
    let server = ScriptedServer::start(json!([{"name": "take", "inputSchema": schema}]), "9007199254740993").await;
    let place = app.add_server(&alice, "Numbers", &server.url()).await;
    let exact = [("big", "12345678901234567890"), ("small", "0.10"), ("long", "0.1234567890123456789")];

    let form = alice.get(&format!("{place}/tools/take?as=json")).await;
    let typed = exact.map(|(name, number)| format!("\"{name}\": {number}")).join(", ");
    let sent = alice.submit(&form, FORM, [("j", &format!("{{{typed}}}"))]).await;
    let page = app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;

    let program = alice.get(&format!("{}.json", page.path())).await;
    let wire = server.requests("tools/call")[0].body.clone();
    for (name, number) in exact {
        assert!(page.text("section[aria-labelledby=input-heading] pre").contains(&format!("\"{name}\": {number}")));
        assert!(program.body.contains(&format!("\"{name}\":{number}")), "{}", program.body);
        assert!(wire.contains(&format!("\"{name}\":{number}")), "{wire}");
    }
}

#[tokio::test]
async fn the_json_of_a_job_has_the_facts_of_its_page() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let page = app.run(&alice, HASH, [("v/text", "abc")]).await;
    let path = format!("{}.json", page.path());
    let job = alice.get(&path).await;
    assert_eq!(job.header("content-type"), Some("application/json"));
    let job = job.json();
    assert_eq!(format!("/jobs/{}", job["id"].as_str().unwrap()), page.path());
    let expected = json!({"text": "abc", "algorithm": "sha256", "encoding": "hex"});
    assert_eq!([&job["status"], &job["tool"], &job["connector"]], ["succeeded", "hash", "Workbench"]);
    assert_eq!((&job["input"], &job["error"], &job["origin"]), (&expected, &json!(null), &json!("browser")));
    for time in ["created_at", "started_at", "finished_at"] {
        OffsetDateTime::parse(job[time].as_str().unwrap(), &Rfc3339).unwrap();
    }
    let events: Vec<_> = job["events"].as_array().unwrap().iter().map(|event| event["message"].clone()).collect();
    assert_eq!(events, ["Created", "Started", "Workbench answered"]);
    assert_eq!([&job["events"][0]["id"], &job["events"][0]["level"]], ["0.0", "info"]);

    let whole = alice.get(&format!("{}/output", page.path())).await;
    assert_eq!(whole.json(), job["output"]);
    let foreign = bob.get(&path).await;
    assert_eq!((foreign.status, foreign.json()["error"]["status"].clone()), (StatusCode::NOT_FOUND, json!(404)));
}

#[tokio::test]
async fn the_log_has_the_technical_cause_of_a_failed_call_in_brackets() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1), "").await;
    let shop = app.add_server(&alice, "Shop", &server.url()).await;
    let tool = alice.get(&shop).await.attr("a[href*='/tools/']", "href").unwrap();
    let statement = "UPDATE connectors SET mcp_server_url = $1 WHERE owner_id IS NOT NULL";
    let nowhere = format!("http://{}/mcp", closed_port().await);
    sqlx::query(statement).bind(nowhere).execute(app.app.system.pool()).await.unwrap();

    let job = app.start(&alice, &tool, []).await;
    let line = "could not be reached (Connection refused). Check that it is running and that the address is right. It is tried again";
    app.wait_for_job(&alice, job, |job| job["events"].to_string().contains(line)).await;
}
