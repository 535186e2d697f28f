//! Locks between processes: file locks, which the kernel releases when the process ends for any reason.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::failed;
use crate::error::{Error, Result};

/// An exclusive lock. Dropping it releases it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Acquires the lock, unless another process holds it.
    pub(super) fn try_acquire(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        Ok(try_exclusive(&file)?.then_some(Self { _file: file }))
    }

    /// Waits for the lock.
    pub(super) async fn acquire(path: &Path) -> Result<Self> {
        let file = wait(open(path)?, FlockOperation::LockExclusive).await?;
        Ok(Self { _file: file })
    }
}

/// A lock that several processes may hold.
#[derive(Debug)]
pub(super) struct SharedLock {
    file: File,
}

impl SharedLock {
    /// Waits for the lock.
    pub(super) async fn acquire(path: &Path) -> Result<Self> {
        Ok(Self { file: wait(open(path)?, FlockOperation::LockShared).await? })
    }

    /// Releases the lock. Returns `true` if no other process holds it.
    pub(super) fn release(self) -> Result<bool> {
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
        // a signal that the process handles must not end the wait
        while let Err(errno) = flock(&file, operation) {
            if errno != Errno::INTR {
                return Err(failed("A lock in the data directory cannot be taken", errno));
            }
        }
        Ok(file)
    });
    waited.await.map_err(Error::internal)?
}
