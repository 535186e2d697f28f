//! Locks between processes: files whose locks the kernel lets go of when the process ends, however it ends.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::failed;
use crate::error::{Error, Result};

/// An exclusive lock, held until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it if nobody has it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        Ok(try_exclusive(&file)?.then_some(Self { _file: file }))
    }

    /// Waits for it.
    pub(super) async fn take(path: &Path) -> Result<Self> {
        let file = wait(open(path)?, FlockOperation::LockExclusive).await?;
        Ok(Self { _file: file })
    }
}

/// A lock that many may hold.
#[derive(Debug)]
pub(super) struct SharedLock {
    file: File,
}

impl SharedLock {
    /// Waits for it.
    pub(super) async fn take(path: &Path) -> Result<Self> {
        Ok(Self { file: wait(open(path)?, FlockOperation::LockShared).await? })
    }

    /// Lets go of it; true if nobody else holds it.
    pub(super) fn leave(self) -> Result<bool> {
        try_exclusive(&self.file)
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map_err(|error| failed(format_args!("The lock {} cannot be opened", path.display()), error))
}

fn try_exclusive(file: &File) -> Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(failed("A lock in the data directory cannot be taken", errno)),
    }
}

async fn wait(file: File, operation: FlockOperation) -> Result<File> {
    let waited = tokio::task::spawn_blocking(move || {
        // a signal that the process handles otherwise must not end the wait
        while let Err(errno) = flock(&file, operation) {
            if errno != Errno::INTR {
                return Err(failed("A lock in the data directory cannot be taken", errno));
            }
        }
        Ok(file)
    });
    waited.await.map_err(Error::internal)?
}
