//! The running server process, found by the pid file in its data directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
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
        serves(pid, data).then_some(Self(pid))
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

/// Checks that the process is the server of the data directory: the number alone may belong to any other process. The
/// command line decides, because every user may read it. A process that has ended, but is still a zombie, has none.
fn serves(pid: Pid, data: &Path) -> bool {
    if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    match std::fs::read(process.join("cmdline")) {
        Ok(line) => is_command_of(&line, data),
        Err(_) => !Path::new("/proc/self/cmdline").exists(),
    }
}

/// Says whether this is the command line by which the hub starts the server of a data directory: `postgres -D {data}`.
fn is_command_of(line: &[u8], data: &Path) -> bool {
    let mut arguments = line.split(|byte| *byte == 0).map(|argument| Path::new(OsStr::from_bytes(argument)));
    let is_postgres = arguments.next().and_then(Path::file_name).is_some_and(|name| name == "postgres");
    let directory = arguments.skip_while(|argument| *argument != Path::new("-D")).nth(1);
    is_postgres && directory.is_some_and(|directory| directory == data || is_same_directory(directory, data))
}

fn is_same_directory(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_command_of;

    #[test]
    fn only_the_server_of_the_same_data_directory_is_ours() {
        let is_ours = |line: &str| is_command_of(line.replace(' ', "\0").as_bytes(), Path::new("/var/lib/hub/data"));
        assert!(is_ours("/usr/lib/postgresql/15/bin/postgres -D /var/lib/hub/data -c port=5432"));
        for other in [
            "",
            "sleep 60",
            "craft serve",
            "/usr/lib/postgresql/15/bin/postgres -D /var/lib/other/data",
            "/usr/lib/postgresql/15/bin/pg_dump -D /var/lib/hub/data",
            "postgres: craft: checkpointer ",
            "postgres -D",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
