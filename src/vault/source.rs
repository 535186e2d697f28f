//! Sources of the master keys: the environment, a file (created at the first start, readable by its owner only), or a
//! command that prints them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};

use super::envelope::SealingKey;
use super::keyring::Keyring;
use crate::secret::Secret;

/// A source of master keys.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Keys that the process was given.
    Value(Keyring),
    /// A file with one key per line.
    File(PathBuf),
    /// A shell command that prints the text of such a file.
    Command(String),
}

impl KeySource {
    /// Reads the keys again.
    pub fn read(&self) -> anyhow::Result<Keyring> {
        match self {
            Self::Value(keys) => Ok(keys.clone()),
            Self::File(path) => read_file(path),
            Self::Command(command) => read_command(command),
        }
    }

    /// Returns the file at `path` as source; creates the file with a new key (mode 0600) if it is missing.
    pub fn ensure_file(path: PathBuf) -> anyhow::Result<Self> {
        if !path.try_exists().with_context(|| format!("the master key file {}", path.display()))? {
            let key = Keyring::from(SealingKey::random());
            let mut file =
                new_file(&path).with_context(|| format!("the master key file {} cannot be created", path.display()))?;
            file.write_all(key.to_file_text().expose().as_bytes())?;
            file.sync_all()?;
        }
        Ok(Self::File(path))
    }

    /// Writes the keys to the source. Returns `false` if the source cannot be written.
    pub(super) fn write(&self, keys: &Keyring) -> anyhow::Result<bool> {
        let Self::File(path) = self else { return Ok(false) };
        write_file(path, keys).with_context(|| format!("the master key file {} cannot be written", path.display()))?;
        Ok(true)
    }
}

fn read_file(path: &Path) -> anyhow::Result<Keyring> {
    let text =
        fs::read_to_string(path).with_context(|| format!("the master key file {} cannot be read", path.display()))?;
    Keyring::parse(&Secret::new(text)).with_context(|| format!("the master key file {}", path.display()))
}

fn read_command(command: &str) -> anyhow::Result<Keyring> {
    let name = "the command of CRAFT_MASTER_KEY_COMMAND";
    let output = Command::new("sh").args(["-c", command]).output().with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        // the output may be a part of a key
        bail!("{name} failed ({}): run it by hand to see why", output.status);
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| anyhow!("{name} printed something that is not text: let it print the keys alone"))?;
    Keyring::parse(&Secret::new(text)).with_context(|| name.to_owned())
}

/// Writes the file so that it is never incomplete and never readable by others.
fn write_file(path: &Path, keys: &Keyring) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside); // left by an interrupted write
    let mut file = new_file(&beside)?;
    file.write_all(keys.to_file_text().expose().as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()?;
    Ok(())
}

fn new_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::{KeySource, Keyring, SealingKey};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    fn key_path() -> PathBuf {
        let dir = std::env::temp_dir().join(format!("craft-master-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        dir.join("master.key")
    }

    #[test]
    fn a_key_file_is_created_once_and_stays_readable_by_its_owner_only() {
        let path = key_path();
        let permissions = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let created = KeySource::ensure_file(path.clone()).unwrap().read().unwrap();
        assert_eq!(permissions(), 0o600);
        let source = KeySource::ensure_file(path.clone()).unwrap();
        assert_eq!(source.read().unwrap().ids(), created.ids());
        let both = created.with_current(SealingKey::random());
        assert!(source.write(&both).unwrap());
        assert_eq!((source.read().unwrap().ids(), permissions()), (both.ids(), 0o600));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_failed_command_is_an_error_that_does_not_quote_its_output() {
        let key = "5a".repeat(32);
        let read = |command: String| KeySource::Command(command).read().map(|keys| keys.ids());
        assert_eq!(read(format!("echo {key}")).unwrap(), Keyring::from(SealingKey::new([0x5a; 32])).ids());
        let error = format!("{:#}", read(format!("echo {key}; exit 3")).unwrap_err());
        assert!(error.contains("exit status: 3") && !error.contains("5a5a"), "{error}");
    }

    #[test]
    fn given_keys_cannot_be_written() {
        let keys = Keyring::from(SealingKey::random());
        assert!(!KeySource::Value(keys.clone()).write(&keys).unwrap());
    }
}
