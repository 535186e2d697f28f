//! The outbox folder, which replaces a mail server on a hub without one.
//!
//! Each file is written under a temporary name and then renamed, so readers see complete mails only. Only the owner can
//! read the files; their names sort by time.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use time::UtcOffset;
use time::macros::format_description;

use crate::clock::Timestamp;

/// The folder and the number of mails that this process has written to it.
pub(super) struct Outbox {
    folder: PathBuf,
    count: AtomicU32,
}

impl Outbox {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder, count: AtomicU32::new(0) }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a mail to the folder and creates the folder if it is missing.
    pub(super) async fn write(&self, mail: Vec<u8>, now: Timestamp) -> anyhow::Result<()> {
        let name = file_name(now, self.count.fetch_add(1, Ordering::Relaxed))?;
        let folder = self.folder.clone();
        Ok(tokio::task::spawn_blocking(move || write_blocking(&folder, &name, &mail)).await??)
    }
}

fn write_blocking(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<()> {
    let draft = folder.join(format!(".{name}.part"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(mail)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(name))
}

/// Makes a name such as `20261124T080000.000000Z-0000-1f3a5c7e.eml`. The count orders mails of the same microsecond; the
/// random suffix separates the files of two processes.
fn file_name(now: Timestamp, count: u32) -> anyhow::Result<String> {
    let format = format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:6]Z");
    let time = now.to_offset(UtcOffset::UTC).format(&format)?;
    Ok(format!("{time}-{:04}-{:08x}.eml", count % 10_000, rand::random::<u32>()))
}
