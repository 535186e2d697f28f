//! A tool call through the whole path (form, queue, worker, result, audit) beside the same call made directly.

use std::sync::Arc;
use std::time::{Duration, Instant};

use craft::egress::{Egress, EgressPolicy};
use craft::ids::JobId;
use craft::secret::Redactor;
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
    database.execute("CREATE TABLE bare (n integer)").await;
    let (mut ours, mut direct, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let started = Instant::now();
        sqlx::query("INSERT INTO bare VALUES (1)").execute(database.pool()).await.unwrap();
        commits.push(started.elapsed());

        let started = Instant::now();
        call_directly(&url).await;
        direct.push(started.elapsed());

        let started = Instant::now();
        page.run_tool(database).await;
        ours.push(started.elapsed());
    }
    for (name, share, times) in [("calls.whole_path_p50", 0.5, 1.0_f64), ("calls.whole_path_p99", 0.99, 3.0)] {
        let added = percentile(&mut commits, 0.5).mul_add(2.0, 1.5);
        let direct = percentile(&mut direct, share);
        Figure {
            name,
            value: percentile(&mut ours, share),
            unit: "ms",
            better: Better::Lower,
            // the call itself, two durable commits, and the hub's own work
            target: added.mul_add(times, direct),
            reference: (direct, "the same call made directly"),
        }
        .report();
    }
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
        assert!(answer.status.is_redirection(), "{path} got the status {}", answer.status);
        answer.headers[LOCATION].to_str().unwrap().to_owned()
    }

    /// Runs the tool from its form and waits until the result is stored.
    async fn run_tool(&mut self, database: &BenchDatabase) {
        let fields = [("v/text", "hello"), ("op", "run")];
        let location = self.post("/connectors/direct/tools/hash", &fields).await;
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

/// Calls the tool as the hub's worker does, without job or audit.
async fn call_directly(url: &Url) {
    let egress = Egress::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] });
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
    let outcome = call(&egress, &target, "hash", arguments.as_object().unwrap().clone(), context).await;
    assert!(matches!(outcome, CallOutcome::Ok(_)), "{outcome:?}");
}
