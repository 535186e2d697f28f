//! The settings of the private PostgreSQL. All are on its command line, so that no file can differ from this list.

use std::path::Path;

const MEGABYTE: u64 = 1024 * 1024;

/// The purpose of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Data of a hub: committed data survives a power cut.
    Hub,
    /// Databases of tests: faster, with more connections, and lost in a power cut.
    Tests,
}

/// Returns `name=value` for each setting.
pub(super) fn settings(purpose: Purpose, socket_dir: &Path, log_dir: &Path) -> Vec<String> {
    let (durable, connections) = match purpose {
        Purpose::Hub => ("on", 60),
        Purpose::Tests => ("off", 300),
    };
    vec![
        // reachable through the socket only
        "listen_addresses=".to_owned(),
        "port=5432".to_owned(),
        format!("unix_socket_directories={}", quoted(socket_dir)),
        "unix_socket_permissions=0700".to_owned(),
        "cluster_name=craft".to_owned(),
        format!("shared_buffers={}MB", shared_buffers(memory())),
        format!("max_connections={connections}"),
        format!("fsync={durable}"),
        format!("full_page_writes={durable}"),
        format!("synchronous_commit={durable}"),
        "wal_compression=on".to_owned(),
        // short statements only: compiling them costs more than it saves
        "jit=off".to_owned(),
        // one file per weekday, overwritten a week later
        "logging_collector=on".to_owned(),
        format!("log_directory={}", log_dir.display()),
        "log_filename=postgresql-%a.log".to_owned(),
        "log_truncate_on_rotation=on".to_owned(),
        "log_rotation_age=1d".to_owned(),
        "log_rotation_size=0".to_owned(),
        // a refused statement may contain text that a person typed
        "log_min_error_statement=panic".to_owned(),
    ]
}

/// Returns the path as an element of a list. Quotes prevent that a comma in the path splits it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('"', "\"\""))
}

/// Returns an eighth of the memory in megabytes, at least 128 and at most 2048, but never more than a quarter.
fn shared_buffers(memory: u64) -> u64 {
    (memory / 8).clamp(128 * MEGABYTE, 2048 * MEGABYTE).min(memory / 4).max(16 * MEGABYTE) / MEGABYTE
}

/// Returns the machine's memory in bytes, or 1 GiB if it cannot be read.
fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"));
    kilobytes.and_then(|number| number.trim().parse::<u64>().ok()).map_or(1024 * MEGABYTE, |number| number * 1024)
}

#[cfg(test)]
mod tests {
    use super::{MEGABYTE, shared_buffers};

    #[test]
    fn shared_buffers_follow_the_memory_within_bounds() {
        assert_eq!(shared_buffers(256 * MEGABYTE), 64, "a quarter of a small memory");
        assert_eq!(shared_buffers(512 * MEGABYTE), 128);
        assert_eq!(shared_buffers(8192 * MEGABYTE), 1024);
        assert_eq!(shared_buffers(65_536 * MEGABYTE), 2048);
    }
}
