//! The directory of the server's socket.
//!
//! The kernel limits the path of a socket to about 100 bytes. If the path below the data directory is longer, the socket
//! is in a new directory below /tmp. The name of that directory is recorded and stays the same over restarts, so that open
//! pools find the server again.

use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::failed;
use crate::error::Result;

const MAX_PATH_BYTES: usize = 100;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// Returns the socket's directory, and creates it if needed. It belongs to the server's user and is closed to others.
pub(super) fn directory(home: &Path, account: &Account) -> Result<PathBuf> {
    let usual = home.join("socket");
    if usual.join(SOCKET_NAME).as_os_str().as_bytes().len() <= MAX_PATH_BYTES {
        return if account.is_private(&usual) { Ok(usual) } else { create_private(usual, account) };
    }
    if let Some(recorded) = read_record(home).filter(|path| account.is_private(path)) {
        return Ok(recorded);
    }
    // the name cannot be guessed, and creation fails if it exists: no other user can prepare the directory
    let fresh = create_private(Path::new("/tmp").join(format!("craft-{}", uuid::Uuid::new_v4().simple())), account)?;
    std::fs::write(record_path(home), fresh.as_os_str().as_bytes())
        .map_err(|error| failed("The location of PostgreSQL's socket cannot be recorded", error))?;
    Ok(fresh)
}

/// Returns the path of the socket.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join(SOCKET_NAME)
}

/// Returns the path of the lock file beside the socket.
pub(super) fn lock_file(directory: &Path) -> PathBuf {
    directory.join(format!("{SOCKET_NAME}.lock"))
}

/// Removes a directory outside of the data directory, after the server has stopped.
pub(super) fn clear(home: &Path, account: &Account) {
    if let Some(recorded) = read_record(home).filter(|path| account.is_private(path)) {
        // a failure would only leave an empty private directory
        let _ = std::fs::remove_dir(recorded);
        let _ = std::fs::remove_file(record_path(home));
    }
}

fn record_path(home: &Path) -> PathBuf {
    home.join("socket.path")
}

fn read_record(home: &Path) -> Option<PathBuf> {
    std::fs::read_to_string(record_path(home)).ok().map(PathBuf::from)
}

fn create_private(path: PathBuf, account: &Account) -> Result<PathBuf> {
    let created = DirBuilder::new().mode(0o700).create(&path);
    created
        .map_err(|error| failed(format_args!("{} cannot be created for PostgreSQL's socket", path.display()), error))?;
    account.take_ownership(&path)?;
    Ok(path)
}
