//! A person who uses the suite's server through the pages of a hub.

use craft::egress::{Egress, Request};
use craft::ids::JobId;
use http::header::LOCATION;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{TestApp, egress_allowing};

/// Most sign-ins in one scenario: one that never gives enough scopes must end.
const MAX_SIGN_INS: usize = 3;

/// The links to the tools on the connector's page.
const TOOL_LINKS: &str = "section[aria-labelledby=tools-heading] tbody a";

/// A scenario of the suite.
#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    /// The address of the suite's server.
    server: String,
    /// Facts that the scenario hands to its client.
    context: Value,
}

/// Adds the server, signs in there if it asks, and runs each of its tools. Whether that was right is for the suite to say.
pub(super) async fn use_server(scenario: &Scenario) {
    let egress = egress_allowing(&["127.0.0.0/8", "::1/128"]);
    let app = TestApp::with(|dependencies| dependencies.egress = egress.clone()).await;
    let alice = app.alice().await;
    let form = alice.get("/connectors/new/mcp").await;
    let page = alice.submit(&form, "main form", [("name", "Suite"), ("url", scenario.server.as_str())]).await;
    let mut sign_ins = usize::from(sign_in(&alice, &egress, page, &scenario.context).await);
    let mut page = alice.get("/connectors/suite").await;
    // a server that refuses the first token may ask for a sign-in at another provider
    while sign_ins > 0 && sign_ins < MAX_SIGN_INS && !page.has(TOOL_LINKS) {
        sign_in_again(&alice, &egress, &scenario.context).await;
        sign_ins += 1;
        page = alice.get("/connectors/suite").await;
    }
    for tool in page.attrs(TOOL_LINKS, "href") {
        for arguments in arguments(&app, scenario, tool.rsplit('/').next().unwrap()).await {
            let Some(job) = start(&alice, &tool, &arguments).await else { continue };
            while has_to_sign_in(&app, &alice, job).await && sign_ins < MAX_SIGN_INS {
                sign_in_again(&alice, &egress, &scenario.context).await;
                sign_ins += 1;
            }
        }
    }
}

/// Signs in once more, at another provider if the server names one now.
async fn sign_in_again(browser: &Browser, egress: &Egress, context: &Value) {
    let page = browser.get("/connectors/suite/connection?label=Account%201").await;
    let mut page = browser.submit(&page, "main form", []).await;
    if page.has("main form input[name=issuer]") {
        page = browser.submit(&page, "main form", []).await;
    }
    sign_in(browser, egress, page, context).await;
}

/// Follows the pages to the provider and back. Returns false if the hub does not lead there.
async fn sign_in(browser: &Browser, egress: &Egress, mut page: Page, context: &Value) -> bool {
    if page.has("main form #f-client_id") {
        let [id, secret] = ["client_id", "client_secret"].map(|name| context[name].as_str().unwrap_or_default());
        page = browser.submit(&page, "main form", [("client_id", id), ("client_secret", secret)]).await;
        let connect = browser.get("/connectors/suite/connection").await;
        page = if connect.has("main form") { browser.submit(&connect, "main form", []).await } else { page };
    }
    let Some(link) = page.attr("main a.btn", "href").and_then(|link| Url::parse(&link).ok()) else { return false };
    let Ok(answer) = egress.send(Request::new(Method::GET, link)).await else { return false };
    let Some(home) = answer.headers().get(LOCATION).and_then(|to| Url::parse(to.to_str().ok()?).ok()) else {
        return false;
    };
    browser.get(&home[url::Position::BeforePath..]).await;
    true
}

/// Returns the arguments of each call of a tool: those of the scenario, or some that fit its schema.
async fn arguments(app: &TestApp, scenario: &Scenario, tool: &str) -> Vec<Value> {
    if let Some(calls) = scenario.context["toolCalls"].as_array() {
        let calls = calls.iter().filter(|call| call["name"] == tool);
        return calls.map(|call| without_nulls(&call["arguments"])).collect();
    }
    let schema = sqlx::query_scalar(
        "SELECT v.schema FROM connector_tools t JOIN connector_tool_versions v ON v.id = t.current_version_id WHERE t.name = $1 AND t.owner_id IS NOT NULL",
    );
    let schema: Value = schema.bind(tool).fetch_one(app.app.system.pool()).await.unwrap();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    let value = |schema: &Value| match schema["type"].as_str() {
        Some("number" | "integer") => json!(5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("x"),
    };
    let chosen = properties.iter().filter(|(name, _)| is_required(name));
    vec![chosen.map(|(name, schema)| (name.clone(), value(schema))).collect()]
}

/// Returns arguments as a person enters them, who leaves a field without a value empty.
fn without_nulls(arguments: &Value) -> Value {
    let entered = arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    entered.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Runs a tool with JSON. `None` if the hub refuses the arguments.
async fn start(browser: &Browser, tool: &str, arguments: &Value) -> Option<JobId> {
    let form = browser.get(&format!("{tool}?as=json")).await;
    let page = browser.submit(&form, "form[action*='/tools/']", [("j", arguments.to_string().as_str())]).await;
    if page.status != StatusCode::OK {
        return None;
    }
    page.path().strip_prefix("/jobs/")?.parse().ok()
}

/// Waits until a job has finished. Returns true if it waits for another sign-in instead.
async fn has_to_sign_in(app: &TestApp, browser: &Browser, job: JobId) -> bool {
    let waits = |job: &Value| job["status"] == "waiting_input";
    app.wait_for_job(browser, job, |job| job["finished_at"].is_string() || waits(job)).await;
    waits(&browser.get(&format!("/jobs/{job}.json")).await.json())
}
