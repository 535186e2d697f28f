//! A data directory of one test, on which real processes work.

use std::path::PathBuf;
use std::time::Duration;

use craft::config::Config;
use rustix::process::{Pid, Signal, kill_process};

use super::database::{config_with, scratch_dir};

/// Whatever PostgreSQL still runs in it is killed with it.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
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

    /// PostgreSQL's first process, if its file names one.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Looks until it is so, for at most half a minute.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let looked = tokio::time::timeout(Duration::from_secs(30), async {
        while !is_so().await {
            looks.tick().await;
        }
    });
    assert!(looked.await.is_ok(), "not within 30 seconds: {what}");
}
