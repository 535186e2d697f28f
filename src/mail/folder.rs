//! The folder that replaces a mail server on a hub without one: each mail is a file.
//!
//! A file is written under a temporary name and then renamed, so readers see complete mails only. Only the owner can read the
//! files. Their names sort by time and come from the mail, so a mail that is written again replaces itself.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use time::UtcOffset;
use time::macros::format_description;

use crate::clock::Timestamp;
use crate::ids::MailId;

/// The folder.
pub(super) struct MailFolder(PathBuf);

impl MailFolder {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a mail to the folder and creates the folder if it is missing.
    pub(super) async fn write(&self, id: MailId, created_at: Timestamp, mail: Vec<u8>) -> anyhow::Result<()> {
        let (folder, name) = (self.0.clone(), file_name(id, created_at)?);
        Ok(tokio::task::spawn_blocking(move || write_blocking(&folder, &name, &mail)).await??)
    }
}

fn write_blocking(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<()> {
    let draft = folder.join(format!(".{name}.part"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(mail)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(name))
}

/// Makes a name such as `20261124T080000.000000Z-019e….eml`. Ids order the mails that a process made in one moment.
fn file_name(id: MailId, created_at: Timestamp) -> anyhow::Result<String> {
    let format = format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:6]Z");
    let time = created_at.to_offset(UtcOffset::UTC).format(&format)?;
    Ok(format!("{time}-{}.eml", id.uuid().simple()))
}
