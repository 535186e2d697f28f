//! A collector of OpenTelemetry that decodes with the official protocol, in `tests/upstreams/otlp.py`.

use craft::egress::{Egress, Request};
use http::Method;
use serde_json::Value;
use tokio::process::Command;
use url::Url;

use super::server_process::{ServerProcess, installed};
use super::test_app::egress_allowing;

pub(crate) struct Collector {
    process: ServerProcess,
    egress: Egress,
}

impl Collector {
    /// Starts a collector that takes exports with this `api-key` only.
    pub(crate) async fn start(api_key: &str) -> Self {
        let (python, script) = (installed("venv/bin/python"), installed("otlp.py"));
        let command = |port: u16| {
            let mut command = Command::new(&python);
            command.arg(&script).arg(port.to_string()).arg(api_key);
            command
        };
        let process = ServerProcess::start(command, "collector listens").await;
        Self { process, egress: egress_allowing(&["127.0.0.0/8"]) }
    }

    /// The base address, as in `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.process.port)).unwrap()
    }

    /// Waits until a span of this name has arrived, and returns all of that name.
    pub(crate) async fn spans(&self, name: &str) -> Vec<Value> {
        let mut url = self.url().join("/test/spans").unwrap();
        url.query_pairs_mut().append_pair("name", name);
        let spans: Vec<Value> = serde_json::from_value(self.get(url).await).unwrap();
        assert!(!spans.is_empty(), "no span {name} arrived");
        spans
    }

    /// Returns how each export was made.
    pub(crate) async fn exports(&self) -> Vec<Value> {
        serde_json::from_value(self.get(self.url().join("/test/exports").unwrap()).await).unwrap()
    }

    async fn get(&self, url: Url) -> Value {
        let answer = self.egress.send(Request::new(Method::GET, url)).await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }
}
