//! The hub's own tools: jobs that an assistant starts without waiting for them.

use serde_json::{Value, json};

use crate::support::assistant::{Assistant, OLDER};
use crate::support::test_app::TestApp;

/// Starts a tool as a job; returns its id.
async fn start(assistant: &Assistant, tool: &str, arguments: Value) -> String {
    let started = assistant.call("job_start", json!({ "tool": tool, "arguments": arguments })).await;
    assert_ne!(started["isError"], true, "{started}");
    let described = &started["structuredContent"];
    assert_eq!(started["content"][0]["text"].as_str().unwrap(), described.to_string(), "the same as text");
    described["job"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_started_watched_and_read_in_both_eras() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    for assistant in [assistant.speaking(OLDER), Assistant::new(&app, &alice).await] {
        let job = start(&assistant, "workbench__hash", json!({ "text": "a lantern" })).await;
        let result = assistant.call("job_result", json!({ "job": job, "wait_seconds": 60 })).await;
        assert_eq!(result["_meta"]["tool-connect-craft/job"], job);
        let direct = assistant.call("workbench__hash", json!({ "text": "a lantern" })).await;
        assert_eq!((&result["content"], &result["isError"]), (&direct["content"], &direct["isError"]));
        let status = assistant.call("job_status", json!({ "job": job })).await["structuredContent"].clone();
        assert_eq!((&status["status"], &status["tool"]), (&json!("succeeded"), &json!("hash")));
        let page = alice.get(&format!("/jobs/{job}")).await;
        assert!(page.text("main").contains("You, through Assistant"), "{}", page.text("main"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_has_no_result_yet_and_can_be_canceled() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let job = start(&assistant, "workbench__countdown", json!({ "seconds": 600 })).await;
    let early = assistant.call("job_result", json!({ "job": job })).await;
    assert_eq!(early["isError"], true);
    assert!(early["content"][0]["text"].as_str().unwrap().starts_with("The job has no result yet"), "{early}");
    assistant.call("job_cancel", json!({ "job": job })).await;
    let status = assistant.call("job_status", json!({ "job": job, "wait_seconds": 60 })).await;
    assert_eq!(status["structuredContent"]["status"], "canceled");
    let again = assistant.call("job_cancel", json!({ "job": job })).await;
    assert_eq!(again["structuredContent"]["status"], "canceled", "a second cancellation changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sees_its_own_jobs_and_with_a_scope_those_of_others() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let narrow = [("name", "Narrow"), ("scope", "tools:read"), ("scope", "tools:call")];
    let (one, other) =
        (Assistant::with_fields(&app, &alice, &narrow).await, Assistant::with_fields(&app, &alice, &narrow).await);
    let reader = Assistant::new(&app, &alice).await;
    let of_bob = Assistant::new(&app, &bob).await;
    let job = start(&one, "workbench__countdown", json!({ "seconds": 600 })).await;
    for tool in ["job_status", "job_result", "job_cancel"] {
        let unknown = other.call(tool, json!({ "job": uuid::Uuid::new_v4() })).await;
        assert_eq!(unknown["isError"], true, "{tool}");
        for stranger in [&other, &of_bob] {
            assert_eq!(stranger.call(tool, json!({ "job": job })).await, unknown, "{tool}");
        }
    }
    assert_eq!(reader.call("job_status", json!({ "job": job })).await["structuredContent"]["job"], job.as_str());
    one.call("job_cancel", json!({ "job": job })).await;
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_named() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    for (tool, arguments) in [
        ("job_status", json!({})),
        ("job_status", json!({ "job": "not an id" })),
        ("job_status", json!({ "job": 7 })),
        ("job_start", json!({ "tool": "workbench__hash", "arguments": "text" })),
        ("job_start", json!({ "tool": "workbench__hash", "input": {} })),
        ("job_start", json!({ "tool": "workbench__hash", "arguments": { "text": 7 } })),
    ] {
        let refused = assistant.call(tool, arguments.clone()).await;
        assert_eq!(refused["isError"], true, "{tool} {arguments}");
        assert!(refused["content"][0]["text"].as_str().unwrap().starts_with("The arguments do not fit"), "{refused}");
    }
    for tool in ["workbench__forget", "job_start"] {
        let unknown = assistant.send("tools/call", json!({ "name": "job_start", "arguments": { "tool": tool } })).await;
        assert_eq!(unknown.json()["error"]["code"], -32602, "{tool}");
    }
    assert!(alice.get("/jobs").await.texts("tbody tr").is_empty());
}
