//! Errors in the settings: one sentence that names the place and what is expected there.

use std::path::PathBuf;

/// The reason why the hub cannot start with these settings. Never contains the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("The settings file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The settings file is not TOML.
    #[error("The settings file {} is not TOML: {reason}", path.display())]
    Syntax {
        /// Path of the file.
        path: PathBuf,
        /// Line, and what the parser expected there.
        reason: String,
    },
    /// The settings file contains an unknown key.
    #[error("{} has an unknown setting `{key}` in line {line}. The settings are: {known}", path.display())]
    UnknownKey {
        /// Path of the file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The unknown key.
        key: String,
        /// All known keys.
        known: String,
    },
    /// A setting has an invalid value.
    #[error("{place}: {expected}")]
    BadValue {
        /// The variable, or the key with its file and line.
        place: String,
        /// The expected value.
        expected: String,
    },
    /// Two settings exclude each other.
    #[error("{place}: set this or {other}, not both")]
    Both {
        /// The first setting.
        place: String,
        /// The other setting.
        other: String,
    },
    /// There is no default location for the data directory.
    #[error("There is no home directory to keep data in. Set CRAFT_DATA_DIR to a directory")]
    NoHome,
    /// The data directory cannot be created or written to.
    #[error("The data directory {} cannot be written to: {source}. Set CRAFT_DATA_DIR to one that can", path.display())]
    DataDir {
        /// Path of the directory.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
}
