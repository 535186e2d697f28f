//! Where the master keys come from: the environment, a file (made at first start, readable by its owner alone), or a
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

/// A place that master keys are read from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// These, which the process was given.
    Given(Keyring),
    /// A file with a key a line.
    File(PathBuf),
    /// A shell command that prints what such a file would hold.
    Command(String),
}

impl KeySource {
    /// The keys as they are now.
    pub fn read(&self) -> anyhow::Result<Keyring> {
        match self {
            Self::Given(keys) => Ok(keys.clone()),
            Self::File(path) => read_file(path),
            Self::Command(command) => read_command(command),
        }
    }

    /// The keys in this file; a missing one is made with a new key (mode 0600).
    pub fn made(path: PathBuf) -> anyhow::Result<Self> {
        if !path.try_exists().with_context(|| format!("the master key file {}", path.display()))? {
            let key = Keyring::from(SealingKey::random());
            let mut file =
                new_file(&path).with_context(|| format!("the master key file {} cannot be made", path.display()))?;
            file.write_all(key.lines().expose().as_bytes())?;
            file.sync_all()?;
        }
        Ok(Self::File(path))
    }

    /// Replaces the keys, if this source can be written; false if it cannot.
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
    let told = "the command of CRAFT_MASTER_KEY_COMMAND";
    let output = Command::new("sh").args(["-c", command]).output().with_context(|| format!("{told} cannot be run"))?;
    if !output.status.success() {
        // what it printed may be a part of a key
        bail!("{told} failed ({})", output.status);
    }
    let text = String::from_utf8(output.stdout).map_err(|_| anyhow!("{told} printed something that is not text"))?;
    Keyring::parse(&Secret::new(text)).with_context(|| told.to_owned())
}

/// At no moment is the file half-written, or readable by others.
fn write_file(path: &Path, keys: &Keyring) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside); // left by a write that was cut short
    let mut file = new_file(&beside)?;
    file.write_all(keys.lines().expose().as_bytes())?;
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

    fn place() -> PathBuf {
        let dir = std::env::temp_dir().join(format!("craft-master-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        dir.join("master.key")
    }

    #[test]
    fn a_key_file_is_made_once_and_stays_readable_by_its_owner_alone() {
        let path = place();
        let permissions = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let made = KeySource::made(path.clone()).unwrap().read().unwrap();
        assert_eq!(permissions(), 0o600);
        let source = KeySource::made(path.clone()).unwrap();
        assert_eq!(source.read().unwrap().ids(), made.ids());
        let both = made.behind(SealingKey::random());
        assert!(source.write(&both).unwrap());
        assert_eq!((source.read().unwrap().ids(), permissions()), (both.ids(), 0o600));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_command_is_believed_only_if_it_succeeds_and_its_words_are_not_repeated() {
        let key = "5a".repeat(32);
        let read = |command: String| KeySource::Command(command).read().map(|keys| keys.ids());
        assert_eq!(read(format!("echo {key}")).unwrap(), Keyring::from(SealingKey::new([0x5a; 32])).ids());
        let told = format!("{:#}", read(format!("echo {key}; exit 3")).unwrap_err());
        assert!(told.contains("exit status: 3") && !told.contains("5a5a"), "{told}");
    }

    #[test]
    fn what_was_given_cannot_be_written() {
        let keys = Keyring::from(SealingKey::random());
        assert!(!KeySource::Given(keys.clone()).write(&keys).unwrap());
    }
}
