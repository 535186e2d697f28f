//! The running server process, found by the pid file in its data directory.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::failed;
use crate::error::Result;

/// Time between two checks whether a process that is not our child has ended.
const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The server process of one data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Postmaster(Pid);

impl Postmaster {
    /// Finds the running server of `data`, whichever process started it.
    pub(super) fn find(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let pid = text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)?;
        works_in(pid, data).then_some(Self(pid))
    }

    /// Sends a signal to the server.
    pub(super) fn signal(self, signal: Signal) -> Result<()> {
        match kill_process(self.0, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(errno) => Err(failed("PostgreSQL cannot be stopped", errno)),
        }
    }

    /// Waits until the server has ended. Returns `false` after `timeout`.
    pub(super) async fn wait_for_exit(self, data: &Path, timeout: Duration) -> bool {
        let exit = async {
            while Self::find(data) == Some(self) {
                tokio::time::sleep(EXIT_POLL_INTERVAL).await;
            }
        };
        tokio::time::timeout(timeout, exit).await.is_ok()
    }
}

/// Checks that the process works in the data directory: the number alone may belong to another process. A process
/// that has ended, but is still a zombie, has no working directory.
fn works_in(pid: Pid, data: &Path) -> bool {
    if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    match std::fs::read_link(process.join("cwd")) {
        Ok(directory) => data.canonicalize().is_ok_and(|data| data == directory),
        Err(_) => !Path::new("/proc/self/cwd").exists(),
    }
}
