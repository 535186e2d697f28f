//! Location of the PostgreSQL programs, and the choice of their version.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, Result};

/// The oldest major version that the hub supports.
const MIN_MAJOR_VERSION: u32 = 15;

/// A directory of PostgreSQL programs.
#[derive(Debug)]
pub(super) struct Programs {
    directory: PathBuf,
    version: u32,
}

impl Programs {
    /// Finds programs of the major version `wanted`, or the newest version if there are no files yet.
    pub(super) async fn find(configured: Option<&Path>, wanted: Option<u32>) -> Result<Self> {
        let mut found = Vec::new();
        for directory in candidates(configured).await {
            if let Some(version) = version_of(&directory).await {
                found.push(Self { directory, version });
            }
        }
        let Some(newest) = found.iter().map(|programs| programs.version).max() else {
            return Err(missing(configured));
        };
        let version = wanted.unwrap_or(newest);
        match found.into_iter().find(|programs| programs.version == version) {
            Some(programs) if programs.version >= MIN_MAJOR_VERSION => Ok(programs),
            Some(_) => Err(Error::refused(format!(
                "PostgreSQL {version} is too old: install version {MIN_MAJOR_VERSION} or newer (`apt-get install postgresql`)"
            ))),
            None => Err(Error::refused(format!(
                "PostgreSQL {version} created the data directory, but version {newest} is installed: install \
                 postgresql-{version}, or dump the database with it and restore it into a new data directory"
            ))),
        }
    }

    /// Returns the path of one program.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Returns the configured directory only, or the directories of Debian, `pg_config` and the search path.
async fn candidates(configured: Option<&Path>) -> Vec<PathBuf> {
    if let Some(directory) = configured {
        return vec![directory.to_path_buf()];
    }
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut directories: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    directories.extend(output(Path::new("pg_config"), "--bindir").await.map(PathBuf::from));
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    directories.extend(std::env::split_paths(&search_path));
    directories.retain(|directory| directory.join("postgres").is_file() && directory.join("initdb").is_file());
    directories
}

/// Parses the version: `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` is 15.
async fn version_of(directory: &Path) -> Option<u32> {
    let text = output(&directory.join("postgres"), "--version").await?;
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

async fn output(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().await.ok()?;
    String::from_utf8(output.stdout).ok().filter(|_| output.status.success()).map(|text| text.trim().to_owned())
}

fn missing(configured: Option<&Path>) -> Error {
    Error::refused(match configured {
        Some(directory) => format!("CRAFT_PG_BIN: there is no PostgreSQL in {}", directory.display()),
        None => "PostgreSQL is not installed: install it with `apt-get install postgresql` (Debian, Ubuntu) or \
                 `brew install postgresql` (macOS), or set DATABASE_URL to a server you have"
            .to_owned(),
    })
}
