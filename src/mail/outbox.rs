//! The outbox folder: what a mail server would get, for a hub that has none.
//!
//! Files appear whole (written aside, then renamed), are readable by their owner alone, and sort by time.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use time::UtcOffset;
use time::macros::format_description;

use crate::clock::Timestamp;

/// Puts one mail into the folder, which is made if it is missing.
pub(super) async fn write(folder: PathBuf, mail: Vec<u8>, now: Timestamp) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || write_blocking(&folder, &mail, now)).await?
}

fn write_blocking(folder: &Path, mail: &[u8], now: Timestamp) -> anyhow::Result<()> {
    let name = file_name(now)?;
    let draft = folder.join(format!(".{name}.part"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(mail)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(name))?;
    Ok(())
}

/// `20261124T080000.000000Z-1f3a….eml`: the tail keeps two mails of one microsecond apart.
fn file_name(now: Timestamp) -> anyhow::Result<String> {
    let format = format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:6]Z");
    Ok(format!("{}-{:08x}.eml", now.to_offset(UtcOffset::UTC).format(&format)?, rand::random::<u32>()))
}
