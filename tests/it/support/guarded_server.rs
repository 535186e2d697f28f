//! An MCP server that requires sign-in, with its own authorization server. It is made with `fastmcp` for Python, in
//! `tests/upstreams/guarded.py`.

use craft::egress::{Egress, Request};
use http::Method;
use http::header::LOCATION;
use tokio::process::Command;
use url::Url;

use super::server_process::{ServerProcess, installed};
use super::test_app::egress_allowing;

pub(crate) struct GuardedServer {
    process: ServerProcess,
    egress: Egress,
}

impl GuardedServer {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts `guarded.py` with these arguments after its port.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let (python, script) = (installed("venv/bin/python"), installed("guarded.py"));
        let command = |port: u16| {
            let mut command = Command::new(&python);
            command.arg(&script).arg(port.to_string()).args(arguments);
            command
        };
        let process = ServerProcess::start(command, "Uvicorn running").await;
        Self { process, egress: egress_allowing(&["127.0.0.0/8"]) }
    }

    pub(crate) fn url(&self) -> Url {
        self.endpoint("/mcp")
    }

    fn endpoint(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.process.port)).unwrap()
    }

    /// Follows the link to the provider as a person who consents. Returns the callback URL to which the provider redirects.
    pub(crate) async fn consent(&self, link: &str) -> Url {
        let link = Url::parse(link).unwrap();
        assert_eq!(link.origin(), self.url().origin(), "the link leads elsewhere");
        let answer = self.egress.send(Request::new(Method::GET, link)).await.unwrap();
        let location = answer.headers().get(LOCATION).unwrap_or_else(|| panic!("no redirect: {}", answer.status()));
        Url::parse(location.to_str().unwrap()).unwrap()
    }

    /// Returns a counter of the provider: `clients`, `exchanges`, `refreshes`, `revocations` or `tokens`.
    pub(crate) async fn count(&self, counter: &str) -> u64 {
        let answer = self.egress.send(Request::new(Method::GET, self.endpoint("/test/counts"))).await.unwrap();
        let counts: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        counts[counter].as_u64().unwrap()
    }

    /// Holds the answers of the token endpoint from now on, until [`Self::release_answer`].
    pub(crate) async fn hold_answer(&self) {
        self.control("hold-answer").await;
    }

    /// Waits until the provider has decided an answer and holds it.
    pub(crate) async fn wait_for_held_answer(&self) {
        self.control("held-answer").await;
    }

    /// Sends the answers that are held, and holds no more.
    pub(crate) async fn release_answer(&self) {
        self.control("release-answer").await;
    }

    /// Changes how the provider behaves: `end-access`, `kill`, `revive`, `fail?status=…&after=…` or `forget-clients`.
    pub(crate) async fn control(&self, command: &str) {
        let answer =
            self.egress.send(Request::new(Method::POST, self.endpoint(&format!("/test/{command}")))).await.unwrap();
        assert!(answer.status().is_success(), "{command}: {}", answer.status());
    }
}
