//! The data directory. Other users may traverse it, because PostgreSQL runs as its own user, but not list it.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// A writable directory with mode 0711; its subdirectories have mode 0700.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Opens the directory, and creates it if needed. An existing directory keeps its mode: it may be a user's home.
    pub(super) fn open(path: &Path) -> Result<Self, ConfigError> {
        let refuse = |source| ConfigError::DataDir { path: path.to_path_buf(), source };
        create(path, 0o711).map_err(refuse)?;
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
            .map_err(|errno| refuse(errno.into()))?;
        Ok(Self(path.to_path_buf()))
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns a subdirectory that only the owner may enter, and creates it if needed.
    pub fn child(&self, name: &str) -> Result<PathBuf, ConfigError> {
        let path = self.0.join(name);
        match create(&path, 0o700) {
            Ok(()) => Ok(path),
            Err(source) => Err(ConfigError::DataDir { path, source }),
        }
    }
}

/// Creates a directory. The mode is set a second time, because the umask removes bits from it at creation.
fn create(path: &Path, mode: u32) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(path.parent().unwrap_or(path))?;
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}
