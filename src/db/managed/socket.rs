//! The directory of the server's socket.
//!
//! The kernel allows some hundred bytes for a socket's path. Where the data directory lies deeper than that, the socket
//! is in a fresh directory under /tmp, whose name is noted and stays the same over restarts, so that open pools find
//! the server again.

use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::failed;
use crate::error::Result;

const LONGEST_PATH: usize = 100;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// Finds the socket's directory, or makes it: of the server's user, and closed to everybody else.
pub(super) fn directory(home: &Path, account: &Account) -> Result<PathBuf> {
    let usual = home.join("socket");
    if usual.join(SOCKET_NAME).as_os_str().as_bytes().len() <= LONGEST_PATH {
        return if account.is_private(&usual) { Ok(usual) } else { make(usual, account) };
    }
    if let Some(noted) = noted(home).filter(|path| account.is_private(path)) {
        return Ok(noted);
    }
    // a name nobody can guess, and creation fails if it exists: nobody can wait there for us
    let fresh = make(Path::new("/tmp").join(format!("craft-{}", uuid::Uuid::new_v4().simple())), account)?;
    std::fs::write(note(home), fresh.as_os_str().as_bytes())
        .map_err(|error| failed("The place of PostgreSQL's socket cannot be noted", error))?;
    Ok(fresh)
}

/// Removes a directory outside the data directory, once the server has stopped.
pub(super) fn clear(home: &Path, account: &Account) {
    if let Some(noted) = noted(home).filter(|path| account.is_private(path)) {
        // what is left behind is an empty private directory: not worth a failure
        let _ = std::fs::remove_dir(noted);
        let _ = std::fs::remove_file(note(home));
    }
}

fn note(home: &Path) -> PathBuf {
    home.join("socket.path")
}

fn noted(home: &Path) -> Option<PathBuf> {
    std::fs::read_to_string(note(home)).ok().map(PathBuf::from)
}

fn make(path: PathBuf, account: &Account) -> Result<PathBuf> {
    let made = DirBuilder::new().mode(0o700).create(&path);
    made.map_err(|error| failed(format_args!("{} cannot be made for PostgreSQL's socket", path.display()), error))?;
    account.give(&path)?;
    Ok(path)
}
