//! A tool call through the whole path (form, queue, worker, result, audit) beside the same call made directly: by MCP, and by a
//! REST service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use craft::egress::{Egress, EgressPolicy};
use craft::ids::JobId;
use craft::secret::{Redactor, Secret};
use craft::upstream::{CallContext, CallOutcome, Limits, Target, call};
use http::header::{CONTENT_TYPE, LOCATION, ORIGIN};
use http::{HeaderMap, Request};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::caller::Caller;
use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, percentile};
use crate::hub::{OWNER, Program, make_owner};

/// Calls of each kind, taken in turn.
const CALLS: usize = 500;

/// Time between two checks for the result.
const RESULT_POLL_INTERVAL: Duration = Duration::from_micros(200);

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    let server = Program::bare(database, "bare-server").await;
    let url = server.base.join("mcp").unwrap();
    let hub = Program::hub(database, &["serve"]).await;
    let me = hub.sign_in(OWNER).await;
    let mut page = Page { caller: Caller::connect(hub.address()).await, hub: &hub, me };
    page.post("/connectors/new/mcp", &[("url", url.as_str()), ("name", "Direct"), ("auth", "none"), ("token", "")])
        .await;
    connect_service(database, &server, &mut page).await;
    database.execute("CREATE TABLE bare (n integer)").await;
    let (mut commits, mut mcp, mut rest) = (Vec::new(), Times::default(), Times::default());
    for _ in 0..CALLS {
        commits.push(time(sqlx::query("INSERT INTO bare VALUES (1)").execute(database.pool())).await);
        mcp.direct.push(time(Box::pin(call_directly(&url))).await);
        mcp.ours.push(time(page.run_tool(database, "direct", "hash")).await);
        rest.direct.push(time(request_directly(&server)).await);
        rest.ours.push(time(page.run_tool(database, SERVICE, "list_customers")).await);
    }
    let commit = percentile(&mut commits, 0.5);
    mcp.report(["calls.whole_path_p50", "calls.whole_path_p99"], commit);
    rest.report(["calls.rest_p50", "calls.rest_p99"], commit);
}

/// The times of one kind of call.
#[derive(Default)]
struct Times {
    ours: Vec<Duration>,
    direct: Vec<Duration>,
}

impl Times {
    fn report(mut self, [half, most]: [&'static str; 2], commit: f64) {
        for (name, share, times) in [(half, 0.5, 1.0_f64), (most, 0.99, 3.0)] {
            let direct = percentile(&mut self.direct, share);
            Figure {
                name,
                value: percentile(&mut self.ours, share),
                unit: "ms",
                better: Better::Lower,
                // the call itself, two durable commits, and the hub's own work
                target: commit.mul_add(2.0, 1.5).mul_add(times, direct),
                reference: (direct, "the same call made directly"),
            }
            .report();
        }
    }
}

async fn time(work: impl Future) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}

/// Slug of the REST service that is called.
const SERVICE: &str = "stripe";

/// Key that the hub presents to it.
const KEY: &str = "rk_bench";

/// Moves the service to the bare server, and connects it.
async fn connect_service(database: &BenchDatabase, server: &Program, page: &mut Page<'_>) {
    let here = server.base.as_str().trim_end_matches('/');
    let moved = [("base_url", "text"), ("account_call", "json"), ("check_call", "json")].map(|(column, kind)| {
        format!("{column} = replace({column}::text, 'https://api.stripe.com', '{here}')::{kind}")
    });
    database.execute(format!("UPDATE connectors SET {} WHERE slug = '{SERVICE}'", moved.join(", "))).await;
    page.post(&format!("/connectors/{SERVICE}/connection"), &[("secret_key", KEY), ("label", "Bench")]).await;
}

/// The pages of the hub, as their user.
struct Page<'a> {
    caller: Caller,
    hub: &'a Program,
    me: HeaderMap,
}

impl Page<'_> {
    /// Submits a form and returns the location of the redirect.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path).body(form).unwrap();
        request.headers_mut().extend(self.me.clone());
        request.headers_mut().insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        request.headers_mut().insert(ORIGIN, self.hub.base.origin().ascii_serialization().parse().unwrap());
        let answer = self.caller.send(request).await;
        assert!(
            answer.status.is_redirection(),
            "{path} got the status {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        answer.headers[LOCATION].to_str().unwrap().to_owned()
    }

    /// Runs the tool from its form and waits until the result is stored.
    async fn run_tool(&mut self, database: &BenchDatabase, connector: &str, tool: &str) {
        let text = (tool == "hash").then_some(("v/text", "hello"));
        let fields: Vec<_> = text.into_iter().chain([("op", "run")]).collect();
        let location = self.post(&format!("/connectors/{connector}/tools/{tool}"), &fields).await;
        let job: JobId = location.rsplit('/').next().unwrap().parse().unwrap();
        loop {
            let outcome: Option<String> = sqlx::query_scalar("SELECT outcome FROM job_result WHERE job_id = $1")
                .bind(job)
                .fetch_optional(database.pool())
                .await
                .unwrap();
            match outcome.as_deref() {
                Some("ok") => return,
                Some(other) => panic!("the job ended as {other}"),
                None => tokio::time::sleep(RESULT_POLL_INTERVAL).await,
            }
        }
    }
}

fn egress() -> Egress {
    Egress::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] })
}

/// Sends the request of the REST tool with the bare client, and reads its answer.
async fn request_directly(server: &Program) {
    let url = server.base.join("v1/customers?limit=10").unwrap();
    let request = craft::egress::Request::new(http::Method::GET, url).bearer(&Secret::new(KEY));
    let answer = egress().send(request).await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&answer).unwrap().is_object());
}

/// Calls the tool as the hub's worker does, without job or audit.
async fn call_directly(url: &Url) {
    let limits =
        Limits { deadline: tokio::time::Instant::now() + Duration::from_secs(10), max_response_bytes: 1_000_000 };
    let context = CallContext {
        limits,
        progress: None,
        cancel: CancellationToken::new(),
        has_header_arguments: false,
        era: craft::upstream::KnownEra::default(),
        tools_changed: Arc::default(),
    };
    let arguments = serde_json::json!({ "text": "hello" });
    let target = Target::Mcp { server: url.clone().into(), credential: None, arguments: Redactor::default() };
    let outcome = call(&egress(), &target, "hash", arguments.as_object().unwrap().clone(), context).await;
    assert!(matches!(outcome, CallOutcome::Ok(_)), "{outcome:?}");
}
