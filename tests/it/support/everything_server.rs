//! The reference server of the protocol's authors (npm `@modelcontextprotocol/server-everything`), which speaks protocol
//! version 2025-11-25.

use tokio::process::Command;
use url::Url;

use super::server_process::{ServerProcess, installed};

pub(crate) struct EverythingServer(ServerProcess);

impl EverythingServer {
    pub(crate) async fn start() -> Self {
        let script = installed("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
        let command = |port: u16| {
            let mut command = Command::new("node");
            command.arg(&script).arg("streamableHttp").env("PORT", port.to_string());
            command
        };
        Self(ServerProcess::start(command, "listening on port").await)
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}/mcp", self.0.port)).unwrap()
    }
}
