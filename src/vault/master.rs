//! The master key: from the environment, a file, or made at first start (readable by its owner alone).

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::envelope::SealingKey;
use crate::secret::Secret;

/// Reads a key of 32 bytes, written as 64 hexadecimal digits.
pub fn parse(text: &Secret) -> anyhow::Result<SealingKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.expose().trim(), &mut bytes)
        .map_err(|_| anyhow!("a master key is 64 hexadecimal digits (make one with: openssl rand -hex 32)"))?;
    Ok(SealingKey::new(bytes))
}

/// Reads the key file; with `create`, a missing file is made with a new key (mode 0600).
pub fn from_file(path: &Path, create: bool) -> anyhow::Result<SealingKey> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&Secret::new(text)).with_context(|| format!("the master key file {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && create => write_new(path),
        Err(error) => Err(error).with_context(|| format!("the master key file {} cannot be read", path.display())),
    }
}

fn write_new(path: &Path) -> anyhow::Result<SealingKey> {
    let key = SealingKey::random();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("the master key file {} cannot be made", path.display()))?;
    writeln!(file, "{}", hex::encode(key.bytes()))?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::{from_file, parse};
    use crate::secret::Secret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_file_is_made_once_and_readable_by_its_owner_alone() {
        let dir = std::env::temp_dir().join(format!("craft-master-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("master.key");
        let made = from_file(&path, true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(from_file(&path, true).unwrap().id(), made.id());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_wrong_key_says_how_to_make_one_and_does_not_repeat_itself() {
        let error = parse(&Secret::new("hunter2hunter2")).unwrap_err().to_string();
        assert!(error.contains("openssl rand -hex 32") && !error.contains("hunter2"), "{error}");
    }
}
