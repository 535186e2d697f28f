//! The page of a running job: a stream of events, a page that streams as HTML, waiting, and reloading.

use std::time::Duration;

use http::Method;

use super::{COUNTDOWN, HASH, log};
use crate::support::test_app::TestApp;

/// The longest wait for a change. No page takes as long by itself, however busy the machine.
const MAX_WAIT: Duration = Duration::from_secs(25);

/// A message of a stream, and the ids of the log's lines in it.
#[derive(Debug, PartialEq)]
struct Message {
    name: Option<String>,
    id: Option<String>,
    lines: Vec<String>,
}

fn messages(stream: &str) -> Vec<Message> {
    let field = |message: &str, name: &str| message.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let read = |message: &str| Message {
        name: field(message, "event: "),
        id: field(message, "id: "),
        lines: message.split("id=\"event-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect(),
    };
    stream.split("\n\n").filter(|message| message.contains("data: ")).map(read).collect()
}

#[tokio::test]
async fn a_stream_sends_each_event_once_and_ends_with_the_job() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "2")]).await;
    let events = format!("/jobs/{job}/events");
    // opened while it runs; it is whole once the hub has ended it
    let stream = alice.get(&events).await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert_eq!(alice.get(&format!("/jobs/{job}.json")).await.json()["status"], "succeeded");
    let mut told = messages(&stream.body);
    let end = told.pop().unwrap();
    assert_eq!((end.name.as_deref(), stream.body.matches("event: end").count()), (Some("end"), 1));
    let lines: Vec<_> = told.iter().flat_map(|message| message.lines.clone()).collect();
    assert_eq!(lines, ["0.0", "1.0", "1.1", "1.2", "1.3"]);
    assert!(told.len() > 1, "it all came at once, at the end");
    assert!(told.iter().all(|message| message.lines.last().is_none_or(|last| message.id.as_ref() == Some(last))));
    assert!(stream.body.contains("Succeeded"), "the outcome is missing");
    assert_eq!(bob.get(&events).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_stream_resumes_after_the_last_event_id() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, HASH, [("v/text", "abc")]).await;
    app.wait_until_finished(&alice, job).await;
    let events = format!("/jobs/{job}/events");
    let resumed = [("last-event-id", "1.0")];
    let lines = |stream: &str| messages(stream).into_iter().flat_map(|message| message.lines).collect::<Vec<_>>();
    let stream = alice.request(Method::GET, &events, &resumed, "").await;
    assert_eq!(lines(&stream.body), ["1.1"]);
    let stream = alice.request(Method::GET, &format!("{events}?after=0.0"), &resumed, "").await;
    assert_eq!(lines(&stream.body), ["1.1"], "the page's place won over the reader's");
    assert_eq!(lines(&alice.get(&format!("{events}?after=0.0")).await.body), ["1.0", "1.1"]);
    let whole = alice.get(&format!("{events}?after=nonsense")).await;
    assert_eq!(lines(&whole.body), ["0.0", "1.0", "1.1"]);
    let seen = alice.request(Method::GET, &events, &[("last-event-id", "1.1")], "").await;
    assert_eq!(messages(&seen.body).last().unwrap().name.as_deref(), Some("end"), "it would come back for ever");
}

#[tokio::test]
async fn the_live_page_arrives_event_by_event_and_ends_with_the_outcome() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "1")]).await;
    let page = alice.get(&format!("/jobs/{job}/live")).await;
    let lines = log(&page);
    assert_eq!(lines[..4], ["Created", "Started", "Done", "Workbench answered"]);
    assert_eq!((lines.len(), lines[4].as_str()), (5, "Succeeded"));
    assert!(page.body.trim_end().ends_with("</html>"), "the page is cut off");
}

#[tokio::test]
async fn waiting_returns_with_the_next_change_and_not_before() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(&alice, job, |job| job["events"].as_array().unwrap().len() >= 2).await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    let wait = page.attr("#job-ladder a[href*='wait=25']", "href").expect("no link to wait by");
    let started = std::time::Instant::now();
    let next = alice.get(&wait).await;
    assert!(log(&next).len() > log(&page).len(), "nothing had changed: {:?}", log(&next));
    assert!(started.elapsed() < MAX_WAIT, "it returned only when it gave up");

    let over = app.run(&alice, HASH, [("v/text", "abc")]).await;
    let started = std::time::Instant::now();
    alice.get(&format!("{}?after=9.9&wait=25", over.path())).await;
    assert!(started.elapsed() < MAX_WAIT, "it waited for a job that is over");
}

#[tokio::test]
async fn a_page_reloads_itself_if_asked_and_only_while_there_is_something_to_come() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    let page = alice.get(&format!("/jobs/{job}?refresh=10")).await;
    assert_eq!(page.header("refresh"), Some("10"));
    assert!(!page.body.contains("hx-sse"), "it both streams and reloads");
    for query in ["", "?refresh=1", "?live=off"] {
        assert_eq!(alice.get(&format!("/jobs/{job}{query}")).await.header("refresh"), None, "{query}");
    }
    assert!(!alice.get(&format!("/jobs/{job}?live=off")).await.body.contains("data-hx-sse-connect"));
    let over = app.run(&alice, HASH, [("v/text", "abc")]).await;
    assert_eq!(alice.get(&format!("{}?refresh=10", over.path())).await.header("refresh"), None);
}
