//! The operating system's user that PostgreSQL runs as: the current one, or `postgres` if the current one is root.
//!
//! PostgreSQL refuses to run as root. The PostgreSQL package creates the `postgres` user. `nobody` is never used, because
//! files of other programs may belong to it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::failed;
use crate::error::{Error, Result};

/// The user that PostgreSQL runs as, and the name of the current user.
#[derive(Debug)]
pub(super) struct Account {
    /// User and group to change to; `None` if PostgreSQL runs as the current user.
    drop_to: Option<(u32, u32)>,
    /// Name of the current user, which the server sees at the other end of its socket.
    pub(super) own_name: String,
}

impl Account {
    /// Finds the user, and checks that it can reach the data directory.
    pub(super) async fn find(data_dir: &Path) -> Result<Self> {
        let own_name = id(&["-un"]).await.ok_or_else(|| {
            Error::refused("The user that runs craft has no name on this machine, which PostgreSQL needs".to_owned())
        })?;
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { drop_to: None, own_name });
        }
        let number = async |what| id(&[what, "postgres"]).await.and_then(|text| text.parse().ok());
        let (Some(user), Some(group)) = (number("-u").await, number("-g").await) else {
            return Err(Error::refused(
                "PostgreSQL does not run as root, and there is no system user `postgres` to run it as: \
                 install it with `apt-get install postgresql`, or start craft as another user"
                    .to_owned(),
            ));
        };
        check_traversal(data_dir, user)?;
        Ok(Self { drop_to: Some((user, group)), own_name })
    }

    /// Creates a command that runs as this user, with a clean environment: a stray `PG…` variable would affect it.
    pub(super) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir(directory).stdin(Stdio::null()).process_group(0);
        if let Some((user, group)) = self.drop_to {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes this user the owner of a file or directory.
    pub(super) fn take_ownership(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.drop_to else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .map_err(|error| failed(format_args!("{} cannot be given to `postgres`", path.display()), error))
    }

    /// Reports whether `path` is a directory of this user that no other user may enter.
    pub(super) fn is_private(&self, path: &Path) -> bool {
        let owner = self.drop_to.map_or_else(|| rustix::process::geteuid().as_raw(), |(user, _)| user);
        std::fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_dir() && found.uid() == owner && found.permissions().mode() & 0o777 == 0o700)
    }
}

/// Checks that the user can traverse all ancestors of the data directory.
fn check_traversal(data_dir: &Path, user: u32) -> Result<()> {
    let blocks = |directory: &&Path| {
        std::fs::metadata(directory).is_ok_and(|found| found.uid() != user && found.permissions().mode() & 0o001 == 0)
    };
    match data_dir.ancestors().filter(|directory| directory.is_dir()).find(blocks) {
        None => Ok(()),
        Some(directory) => Err(Error::refused(format!(
            "PostgreSQL runs as the user `postgres`, which cannot pass {}: set CRAFT_DATA_DIR to a directory elsewhere",
            directory.display()
        ))),
    }
}

/// Runs `id`, which knows users from all sources, not only from /etc/passwd.
async fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).stdin(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
