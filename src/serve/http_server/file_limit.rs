//! The number of files that the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// No hub needs more, and programs that it starts inherit the limit.
const MAX_FILES: u64 = 65_536;

/// Raises the soft limit of open files towards the hard one, and returns it. Systems set a low soft limit for programs that
/// use `select`, which this one does not.
pub(crate) fn raise_file_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current.unwrap_or(MAX_FILES);
    let wanted = maximum.unwrap_or(MAX_FILES).min(MAX_FILES);
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "Failed to raise the limit of open files; it stays at {current}");
            current
        }
    }
}
