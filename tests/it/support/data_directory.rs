//! The data directory of one test, in which real processes work.

use std::path::PathBuf;
use std::time::Duration;

use craft::config::Config;
use rustix::process::{Pid, Signal, kill_process};

use super::database::{config_with, scratch_dir};

/// Removed on drop, after the PostgreSQL that runs in it was killed.
pub(crate) struct DataDirectory(pub(crate) PathBuf);

impl DataDirectory {
    pub(crate) fn new(name: &str) -> Self {
        let path = scratch_dir().join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn config(&self) -> Config {
        config_with(&self.0)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("postgres/data")
    }

    /// Returns the process id in `postmaster.pid`, if the file exists.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
    }
}

impl Drop for DataDirectory {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Checks every 20 ms until the condition holds; panics with `what` after 30 seconds.
pub(crate) async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let mut checks = tokio::time::interval(Duration::from_millis(20));
    let is_met = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition().await {
            checks.tick().await;
        }
    });
    assert!(is_met.await.is_ok(), "not within 30 seconds: {what}");
}
