//! PostgreSQL's own lock files, in its data directory and beside its socket.
//!
//! PostgreSQL does not start while the process that a lock file names is alive, whatever that process is. After a hard kill
//! the number soon belongs to another program: in a container often at once.

use std::io::ErrorKind;
use std::path::Path;

use super::account::Account;
use super::failed;
use crate::error::Result;

/// Makes a lock file harmless whose server is known to be gone.
///
/// The first line gets the number of this process, which PostgreSQL knows as its parent and ignores. The rest stays: it
/// names shared memory, by which PostgreSQL still finds processes that a killed server left behind. A file without a
/// readable number has nothing that protects anybody, and is removed.
pub(super) fn release(path: &Path, account: &Account) -> Result<()> {
    let cannot = |error| failed(format_args!("The stale lock {} cannot be released", path.display()), error);
    let text = match std::fs::read(path) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot(error)),
    };
    let Some(rest) =
        text.split_once('\n').filter(|(first, _)| first.trim().parse::<i32>().is_ok()).map(|(_, rest)| rest)
    else {
        return std::fs::remove_file(path).map_err(cannot);
    };
    // renamed, because a kill in the middle must not leave half a file
    let released = path.with_extension("released");
    std::fs::write(&released, format!("{}\n{rest}", std::process::id())).map_err(cannot)?;
    account.take_ownership(&released)?;
    std::fs::rename(&released, path).map_err(cannot)
}
