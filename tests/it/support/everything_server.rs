//! The reference server of the protocol's authors (npm `@modelcontextprotocol/server-everything`), which speaks protocol
//! version 2025-11-25.

use url::Url;

use super::server_process::{ServerProcess, node};

pub(crate) struct EverythingServer(ServerProcess);

impl EverythingServer {
    pub(crate) async fn start() -> Self {
        let command = |port: u16| {
            let mut command = node("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
            command.arg("streamableHttp").env("PORT", port.to_string());
            command
        };
        Self(ServerProcess::start(command, "listening on port").await)
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}/mcp", self.0.port)).unwrap()
    }
}
