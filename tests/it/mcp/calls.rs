//! Calls of tools: each is a job.

use craft::ids::JobId;
use http::StatusCode;
use serde_json::json;

use crate::support::assistant::{Assistant, CURRENT, OLDER};
use crate::support::browser::Browser;
use crate::support::everything_server::EverythingServer;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const JOB: &str = "tool-connect-craft/job";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_job_with_its_page_and_its_audit_entry() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let called = assistant.call("workbench__hash", json!({ "text": "a lantern" })).await;
    assert_ne!(called["isError"], true, "{called}");
    let job = called["_meta"][JOB].as_str().unwrap();
    let shown = alice.get(&format!("/jobs/{job}.json")).await.json();
    assert_eq!((&shown["status"], &shown["tool"]), (&json!("succeeded"), &json!("hash")));
    assert_eq!(shown["output"]["content"], called["content"]);
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("You, through Assistant"), "{}", page.text("main"));
    let entries = alice.get("/audit?who=assistant").await;
    assert!(entries.text("tbody").contains("Tool run"), "{}", entries.text("main"));
    assert_eq!(app.bob().await.get(&format!("/jobs/{job}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_of_a_connected_server_are_called_in_both_eras() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    app.add_server(&alice, "Everything", &server.url()).await;
    let assistant = Assistant::new(&app, &alice).await;
    let echoed = assistant.call("everything__echo", json!({ "message": "ahoy" })).await;
    assert_eq!(echoed["content"][0]["text"], "Echo: ahoy");
    assert_eq!(echoed["resultType"], "complete");
    let older = assistant.speaking(OLDER);
    assert_eq!(older.call("everything__echo", json!({ "message": "ahoy" })).await["content"], echoed["content"]);
}

#[tokio::test]
async fn what_keeps_a_tool_from_running_is_a_result_that_a_model_reads() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let refused = assistant.call("workbench__hash", json!({ "text": 7 })).await;
    assert_eq!(refused["isError"], true);
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("The arguments do not fit.\n/text: "), "{text}");
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 0, "nothing was accepted");

    let server = ScriptedServer::start(json!([{ "name": "find", "inputSchema": { "type": "object" } }]), "found").await;
    app.add_server(&alice, "Finder", &server.url()).await;
    assert_eq!(assistant.call("finder__find", json!({})).await["content"][0]["text"], "found");
    let page = alice.get("/connections").await;
    let connection = page.attrs("tbody a", "href").into_iter().find(|href| href.starts_with("/connections/")).unwrap();
    let question = alice.get(&format!("{connection}/disconnection")).await;
    alice.submit(&question, "main form", []).await;
    let refused = assistant.call("finder__find", json!({})).await;
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("is not connected. Ask its owner to connect it: http://"), "{text}");
}

#[tokio::test]
async fn a_tool_of_somebody_else_is_as_unknown_as_one_that_does_not_exist() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ScriptedServer::start(json!([{ "name": "find", "inputSchema": { "type": "object" } }]), "found").await;
    app.add_server(&alice, "Finder", &server.url()).await;
    let assistant = Assistant::new(&app, &bob).await;
    for name in ["finder__find", "finder__other", "finder__", "nothing"] {
        let answer = assistant.send("tools/call", json!({ "name": name })).await.json();
        assert_eq!(answer["error"], json!({ "code": -32602, "message": format!("Unknown tool: {name}") }));
    }
    let older = assistant.speaking(OLDER);
    for name in ["", "x__\u{0}", "\u{0}__x", &"x__y".repeat(10_000)] {
        let answer = older.send("tools/call", json!({ "name": name })).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

#[tokio::test]
async fn parts_of_a_result_that_the_hub_does_not_know_are_passed_on_as_text() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let odd = json!({ "type": "hologram", "beams": 3 });
    let answer = json!({
        "content": [odd, { "type": "text", "text": "beside it" }],
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "another", "version": "1" }, "example.com/kept": 1 },
    });
    let tools = json!([{ "name": "show", "inputSchema": { "type": "object" } }]);
    let server = ScriptedServer::returning(tools, answer).await;
    app.add_server(&alice, "Odd", &server.url()).await;
    let assistant = Assistant::new(&app, &alice).await;
    let result = assistant.call("odd__show", json!({})).await;
    assert_eq!(result["content"][0], json!({ "type": "text", "text": odd.to_string() }));
    assert_eq!(result["content"][1]["text"], "beside it");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "tool-connect-craft");
    let sent = server.requests("tools/call");
    assert!(sent.iter().all(|request| request.authorization.is_none()), "the server was sent a token");
    assert!(sent.iter().all(|request| !request.body.contains(assistant.token())));
}

/// A call that takes ten minutes.
fn long_call() -> serde_json::Value {
    json!({ "name": "workbench__countdown", "arguments": { "seconds": 600 } })
}

/// Drives a call until its job runs; returns the id of the job.
async fn until_running(alice: &Browser, call: &mut (impl Future<Output = Page> + Unpin)) -> JobId {
    loop {
        tokio::select! {
            answer = &mut *call => panic!("the call ended: {}", answer.json()),
            page = alice.get("/jobs?status=running") => {
                if let Some(href) = page.attr("tbody a[href^='/jobs/']", "href") {
                    return href.rsplit('/').next().unwrap().parse().unwrap();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_that_goes_away_cancels_its_job() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for revision in [CURRENT, OLDER] {
        let assistant = Assistant::new(&app, &alice).await.speaking(revision);
        let mut waiting = Box::pin(assistant.send("tools/call", long_call()));
        let job = until_running(&alice, &mut waiting).await;
        drop(waiting);
        app.wait_for_job(&alice, job, |job| job["status"] == "canceled").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_a_key_survives_its_assistant_and_is_found_again() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let key = [("idempotency-key", "once")];
    let mut waiting = Box::pin(assistant.send_with("tools/call", long_call(), &key));
    let job = until_running(&alice, &mut waiting).await;
    drop(waiting);
    let mut again = Box::pin(assistant.send_with("tools/call", long_call(), &key));
    assert_eq!(until_running(&alice, &mut again).await, job);
    alice.post(&format!("/jobs/{job}/cancellation"), &[("", ""); 0]).await;
    let answer = again.await.json();
    assert_eq!(answer["result"]["_meta"][JOB], job.to_string());
    assert_eq!(answer["result"]["content"][0]["text"], "Cancelled.");
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 1, "one job");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stops_answers_waiting_calls_and_leaves_their_jobs() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let mut waiting = Box::pin(assistant.send("tools/call", long_call()));
    let job = until_running(&alice, &mut waiting).await;
    app.stop.cancel();
    let result = waiting.await.json()["result"].clone();
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("The hub is restarting.") && text.ends_with(&format!("/jobs/{job}")), "{text}");
    assert_eq!(result["_meta"][JOB], job.to_string());
    assert_eq!(alice.get(&format!("/jobs/{job}.json")).await.json()["status"], "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_with_one_key_is_one_job() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let (first, second) = (Assistant::new(&app, &alice).await, Assistant::new(&app, &alice).await);
    let key = [("idempotency-key", "a call that must happen once")];
    let call = json!({ "name": "workbench__hash", "arguments": { "text": "a" } });
    let job = async |assistant: &Assistant, call: &serde_json::Value| {
        let answer = assistant.send_with("tools/call", call.clone(), &key).await.json();
        answer["result"]["_meta"][JOB].as_str().unwrap().to_owned()
    };
    let original = job(&first, &call).await;
    assert_eq!(job(&first, &call).await, original);
    let other = json!({ "name": "workbench__hash", "arguments": { "text": "b" } });
    assert_ne!(job(&first, &other).await, original, "another call");
    assert_ne!(job(&second, &call).await, original, "another assistant");
    assert_ne!(job(&Assistant::new(&app, &bob).await, &call).await, original, "another person");
    let long = "k".repeat(256);
    for wrong in [" ", long.as_str()] {
        let answer = first.send_with("tools/call", call.clone(), &[("idempotency-key", wrong)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_that_asks_for_progress_gets_it_in_rising_steps() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let call = |meta| json!({ "name": "workbench__countdown", "arguments": { "seconds": 3 }, "_meta": meta });
    let streamed = assistant.send("tools/call", call(json!({ "progressToken": "steps" }))).await;
    assert_eq!(streamed.header("content-type"), Some("text/event-stream"));
    let messages = streamed.events();
    let (last, steps) = messages.split_last().unwrap();
    assert!(last["result"]["content"].is_array(), "{last}");
    assert!(steps.len() >= 2, "{steps:?}");
    assert!(steps.iter().all(|step| step["method"] == "notifications/progress"), "{steps:?}");
    assert!(steps.iter().all(|step| step["params"]["progressToken"] == "steps"), "{steps:?}");
    let progress: Vec<_> = steps.iter().map(|step| step["params"]["progress"].as_f64().unwrap()).collect();
    assert!(progress.is_sorted_by(|earlier, later| earlier < later), "{progress:?}");
    let plain = assistant.send("tools/call", call(json!({}))).await;
    assert_eq!(plain.header("content-type"), Some("application/json"), "nobody asked for progress");
}
