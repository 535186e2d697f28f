//! The running server process, known by the file it keeps in its data directory.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::failed;
use crate::error::Result;

/// How often a process that is not our child is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The server process of one data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Postmaster(Pid);

impl Postmaster {
    /// The live server of `data`, if there is one, whoever started it.
    pub(super) fn find(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let pid = text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)?;
        works_in(pid, data).then_some(Self(pid))
    }

    /// Asks it to end.
    pub(super) fn signal(self, signal: Signal) -> Result<()> {
        match kill_process(self.0, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(errno) => Err(failed("PostgreSQL cannot be stopped", errno)),
        }
    }

    /// Waits until it has ended; false if it has not within `limit`.
    pub(super) async fn ended(self, data: &Path, limit: Duration) -> bool {
        let gone = async {
            while Self::find(data) == Some(self) {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(limit, gone).await.is_ok()
    }
}

/// A number alone may have passed to another process: the server's working directory is its data directory.
/// (A process that has ended but was not yet waited for has none.)
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
