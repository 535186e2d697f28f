//! A server of protocol version 2026-07-28, made with `fastmcp` for Python; its tools are in `tests/upstreams/modern.py`.

use http::{Method, StatusCode};
use tokio::process::Command;
use url::Url;

use super::browser::Browser;
use super::server_process::{ServerProcess, installed};

pub(crate) struct ModernServer(ServerProcess);

impl ModernServer {
    pub(crate) async fn start() -> Self {
        let (python, script) = (installed("venv/bin/python"), installed("modern.py"));
        let command = |port: u16| {
            let mut command = Command::new(&python);
            command.arg(&script).arg(port.to_string());
            command
        };
        Self(ServerProcess::start(command, "Uvicorn running").await)
    }

    /// Ends every call of the tool `rest`, now and later.
    pub(crate) async fn wake(&self) {
        let page = Browser::for_url(self.url()).request(Method::POST, "/test/wake", &[], "").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}/mcp", self.0.port)).unwrap()
    }
}
