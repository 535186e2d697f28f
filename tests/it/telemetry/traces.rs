//! Traces, as a real collector receives them.

use serde_json::json;

use crate::support::collector::Collector;
use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hang::wait_until;
use crate::support::hub::{FinishedProgram, Hub, database_url};
use crate::support::listener::closed_port;
use crate::support::scrape::Scrape;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

/// The kinds of spans in the protocol.
const SERVER: u64 = 2;
const CONSUMER: u64 = 5;

/// Starts the program with these settings, on a database of its own. Spans are exported at once.
async fn start(place: &DataDirectory, database: &TestDatabase, settings: &[(&str, &str)]) -> Hub {
    let mut serve = place.craft(&["serve"]);
    serve.env("DATABASE_URL", database_url(&database.options)).env("OTEL_BSP_SCHEDULE_DELAY", "20");
    serve.envs(settings.iter().copied());
    Hub::start(serve).await
}

async fn echo_server() -> ScriptedServer {
    let tool = json!({ "name": "echo", "inputSchema": { "type": "object", "properties": {} } });
    ScriptedServer::start(json!([tool]), "an echo").await
}

#[tokio::test]
async fn a_run_and_a_request_reach_the_collector_and_the_tool_server_learns_of_the_trace() {
    let (place, database) = (DataDirectory::new("traces"), TestDatabase::new().await);
    let (collector, server) = (Collector::start("hunter2").await, echo_server().await);
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url().to_string()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2".to_owned()),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=tools%20and%20more".to_owned()),
        // the tool server only: the collector is reached because its operator named it
        ("CRAFT_EGRESS_ALLOW", server.url().authority().to_owned()),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let hub = start(&place, &database, &settings).await;
    let owner = hub.owner().await;
    let service = owner.add_server("Echo", &server.url()).await;
    let job = owner.start(&format!("{service}/tools/echo"), []).await;

    let run = &collector.spans("job").await[0];
    let attributes = &run["attributes"];
    assert_eq!(attributes["job.id"], job.to_string(), "{run}");
    assert_eq!((&attributes["job.run_no"], &attributes["job.outcome"]), (&json!(1), &json!("ok")), "{run}");
    assert!(attributes["job.connector"].is_string() && run["events"] == json!([]), "{run}");
    assert_eq!((&run["kind"], &run["status"]), (&json!(CONSUMER), &json!(0)), "{run}");
    assert_eq!(run["resource"]["service.name"], "tool-connect-craft", "{run}");
    assert_eq!(run["resource"]["team"], "tools and more", "{run}");

    let (trace, span) = (run["trace_id"].as_str().unwrap(), run["span_id"].as_str().unwrap());
    let call = &server.requests("tools/call")[0];
    let traceparent = call.traceparent.as_deref().expect("the call names its trace");
    assert!(traceparent.starts_with(&format!("00-{trace}-{span}-")), "{traceparent} is not of {run}");

    let request = &collector.spans("POST /connectors/{slug}/tools/{tool}").await[0];
    let attributes = &request["attributes"];
    assert_eq!(request["kind"], SERVER, "{request}");
    assert_eq!(attributes["http.route"], "/connectors/{slug}/tools/{tool}", "{request}");
    assert_eq!(attributes["http.response.status_code"], 303, "{request}");
    assert!(attributes["request.id"].as_str().is_some_and(|id| id.len() >= 8), "{request}");

    for export in collector.exports().await {
        assert_eq!((&export["Content-Encoding"], &export["traceparent"]), (&json!("gzip"), &json!(null)), "{export}");
        assert_eq!(export["Content-Type"], "application/x-protobuf", "{export}");
    }
    assert!(Scrape::of_hub(&hub).await.count("craft_trace_exports_total", [("result", "ok")]) > 0);
    assert!(!hub.log().contains("hunter2"), "{}", hub.log());
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing_but_its_spans() {
    let (place, database) = (DataDirectory::new("traces-away"), TestDatabase::new().await);
    let collector = format!("http://{}", closed_port().await);
    let mut hub = start(&place, &database, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)]).await;
    let owner = hub.owner().await;
    wait_until("the failure is in the log", async || hub.log().contains("Failed to export")).await;
    assert_eq!(owner.get("/jobs").await.text("h1"), "Jobs");
    assert!(Scrape::of_hub(&hub).await.count("craft_trace_exports_total", [("result", "failed")]) > 0);
    assert!(hub.terminate().await.success(), "{}", hub.log());
    assert_eq!(hub.log().matches("Failed to export").count(), 1, "one line for one outage: {}", hub.log());
}

#[tokio::test]
async fn without_a_collector_no_request_names_a_trace() {
    let (app, server) = (TestApp::new().await, echo_server().await);
    app.alice().await.add_server("Echo", &server.url()).await;
    let requests = server.requests("tools/list");
    assert!(!requests.is_empty() && requests.iter().all(|request| request.traceparent.is_none()));
}

#[tokio::test]
async fn a_hub_does_not_start_with_a_setting_of_traces_that_is_not_supported() {
    let place = DataDirectory::new("traces-refused");
    for (name, value, expected) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "the hub does not speak grpc: set http/protobuf"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "expected an http or https address"),
        ("OTEL_TRACES_SAMPLER", "xray", "`xray` is not supported: set always_on, always_off or traceidratio"),
    ] {
        let mut serve = place.craft(&["serve"]);
        serve.env(name, value);
        let ended = FinishedProgram::run(serve, "").await;
        assert!(ended.refusal().starts_with(&format!("{name}: {expected}")), "{}", ended.stderr);
    }
}
