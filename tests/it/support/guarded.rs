//! An MCP server that wants a sign-in, with its own authorization server, made with `fastmcp` for Python: see
//! `tests/upstreams/guarded.py`.

use craft::egress::{Egress, Request};
use http::Method;
use http::header::LOCATION;
use tokio::process::Command;
use url::Url;

use super::process::{ServerProcess, installed};
use super::test_app::allowing;

pub(crate) struct Guarded {
    process: ServerProcess,
    egress: Egress,
}

impl Guarded {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With what `guarded.py` takes after its port.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let (python, script) = (installed("venv/bin/python"), installed("guarded.py"));
        let command = |port: u16| {
            let mut command = Command::new(python);
            command.arg(script).arg(port.to_string()).args(arguments);
            command
        };
        let process = ServerProcess::start(command, "Uvicorn running").await;
        Self { process, egress: allowing(&["127.0.0.0/8"]) }
    }

    pub(crate) fn url(&self) -> Url {
        self.at("/mcp")
    }

    fn at(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.process.port)).unwrap()
    }

    /// Follows the link to the provider, as a person does who consents; where the provider sends them back to.
    pub(crate) async fn consent(&self, link: &str) -> Url {
        let link = Url::parse(link).unwrap();
        assert_eq!(link.origin(), self.url().origin(), "the link leads elsewhere");
        let answer = self.egress.send(Request::new(Method::GET, link)).await.unwrap();
        let location = answer.headers().get(LOCATION).unwrap_or_else(|| panic!("no way back: {}", answer.status()));
        Url::parse(location.to_str().unwrap()).unwrap()
    }

    /// How many clients, exchanges, refreshes, revocations or tokens there are, or were.
    pub(crate) async fn count(&self, what: &str) -> u64 {
        let answer = self.egress.send(Request::new(Method::GET, self.at("/test/counts"))).await.unwrap();
        let counts: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        counts[what].as_u64().unwrap()
    }

    /// Brings something about: `end-access`, `kill`, `revive`, `slow?seconds=…`, `fail?status=…&after=…`, `forget-clients`.
    pub(crate) async fn test(&self, what: &str) {
        let answer = self.egress.send(Request::new(Method::POST, self.at(&format!("/test/{what}")))).await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }
}
