//! What is wrong with the settings, in one sentence that names the place and what is expected there.

use std::path::PathBuf;

/// Why the hub cannot start with these settings. Never holds the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("The settings file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The settings file is not TOML.
    #[error("The settings file {} is not TOML: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, and what the parser expected there.
        reason: String,
    },
    /// The settings file holds a key that is no setting.
    #[error("{} has an unknown setting `{key}` in line {line}. The settings are: {known}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The keys that exist.
        known: String,
    },
    /// A value that the setting does not take.
    #[error("{place}: {expected}")]
    BadValue {
        /// The variable, or the key, its file and line.
        place: String,
        /// What the setting takes.
        expected: String,
    },
    /// Two settings that exclude each other.
    #[error("{place}: set this or {other}, not both")]
    Both {
        /// One of them.
        place: String,
        /// The other.
        other: String,
    },
    /// There is no place for the data directory by default.
    #[error("There is no home directory to keep data in. Set CRAFT_DATA_DIR to a directory")]
    NoHome,
    /// The data directory cannot be made or written to.
    #[error("The data directory {} cannot be written to: {source}. Set CRAFT_DATA_DIR to one that can", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
