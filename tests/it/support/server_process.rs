//! A real server as a child process: it is ready once it prints so, and killed on drop.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Killed on drop.
pub(crate) struct ServerProcess {
    _child: Child,
    pub(crate) port: u16,
}

/// Returns the path of a file under `tests/upstreams`; panics with how to install it if it is missing.
pub(crate) fn installed(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upstreams").join(path);
    assert!(
        path.exists(),
        "{} is missing: in tests/upstreams run `npm ci`, `python3 -m venv venv` and `venv/bin/pip install -r requirements.txt`",
        path.display()
    );
    path
}

/// Returns the command that runs a script under `tests/upstreams` with the node of its lockfile.
pub(crate) fn node(script: &str) -> Command {
    let mut command = Command::new(installed("node_modules/.bin/node"));
    command.arg(installed(script));
    command
}

/// Attempts to start a server: between its choice and its use, another process may have taken the port.
const STARTS: usize = 5;

impl ServerProcess {
    /// Starts the command that `command` builds for a free port, and waits for a line on stderr that contains `ready`.
    pub(crate) async fn start(command: impl Fn(u16) -> Command, ready: &str) -> Self {
        for _ in 0..STARTS {
            let port = super::listener::closed_port().await.port();
            if let Some(child) = Self::spawn(command(port), ready).await {
                return Self { _child: child, port };
            }
        }
        panic!("the server ended {STARTS} times before it was ready");
    }

    /// Returns the process once it is ready, or `None` if it ended before.
    async fn spawn(mut command: Command, ready: &str) -> Option<Child> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the server's program should start");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while !lines.next_line().await.unwrap()?.contains(ready) {}
        // the server would block on a full pipe
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(child)
    }
}
