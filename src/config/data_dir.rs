//! The data directory: others may pass through it (PostgreSQL runs as its own user), nobody may look into it.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// A directory that exists and can be written to. Mode 0711; what is in it is 0700.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Makes it if needed. One that exists keeps its mode: it may be somebody's home.
    pub(super) fn open(path: &Path) -> Result<Self, ConfigError> {
        let refuse = |source| ConfigError::DataDir { path: path.to_path_buf(), source };
        make(path, 0o711).map_err(refuse)?;
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
            .map_err(|errno| refuse(errno.into()))?;
        Ok(Self(path.to_path_buf()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A directory in it, for the owner alone; made if needed.
    pub fn child(&self, name: &str) -> Result<PathBuf, ConfigError> {
        let path = self.0.join(name);
        match make(&path, 0o700) {
            Ok(()) => Ok(path),
            Err(source) => Err(ConfigError::DataDir { path, source }),
        }
    }
}

/// The mode is set again after the directory is made, because the umask takes bits away from what is asked for.
fn make(path: &Path, mode: u32) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(path.parent().unwrap_or(path))?;
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}
