//! Settings: one definition, read once at start.
//!
//! A value comes from the environment, or else from the settings file, or else from the default below. No other code reads
//! the environment. A setting has the same name in three spellings: `CRAFT_LISTEN` in the environment, `listen` in
//! `craft.toml`, `listen` here.

mod allow_rule;
mod authorities;
mod data_dir;
mod error;
mod layers;
mod log_filter;
mod proxies;
mod setting;
mod trace_values;
mod traces;
mod transit_key;
mod values;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::Url;

pub use self::allow_rule::AllowRule;
pub use self::authorities::Authorities;
pub use self::data_dir::DataDir;
pub use self::error::ConfigError;
pub use self::log_filter::log_filter;
pub use self::proxies::{Proxy, forwarded_for, origin, x_forwarded_for};
pub use self::setting::{Setting, SettingSource, SettingValue};
pub use self::trace_values::{
    CollectorHeaders, Compression, Exporter, Propagators, Protocol, ResourceAttributes, Sampler, SamplerChoice,
};
pub use self::traces::Traces;
pub use self::transit_key::TransitKey;
pub use self::values::SignUp;
use crate::secret::Secret;

/// All settings, by section.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "craft", disable_help_flag = true, disable_version_flag = true)]
pub struct Config {
    /// Storage.
    #[command(flatten, next_help_heading = "Database and files")]
    pub storage: Storage,
    /// Access by people.
    #[command(flatten, next_help_heading = "Access to the hub")]
    pub access: Access,
    /// Master keys.
    #[command(flatten, next_help_heading = "Keys that protect secrets")]
    pub keys: Keys,
    /// Outgoing connections.
    #[command(flatten, next_help_heading = "Mail and outgoing connections")]
    pub outgoing: Outgoing,
    /// The process.
    #[command(flatten, next_help_heading = "Jobs and log")]
    pub process: Process,
    /// Traces.
    #[command(flatten, next_help_heading = "Traces (OpenTelemetry)")]
    pub traces: Traces,
    /// Each setting with its source, in the order of the definition.
    #[arg(skip)]
    pub settings: Vec<Setting>,
}

/// Settings of storage.
#[derive(Clone, Debug, clap::Args)]
pub struct Storage {
    /// PostgreSQL server to use; without it the hub runs its own, private one
    #[arg(long, env = "DATABASE_URL", value_parser = values::database_url)]
    pub database_url: Option<Secret>,
    /// Directory of all files of the hub
    #[arg(long, env = "CRAFT_DATA_DIR", value_parser = values::path)]
    pub data_dir: PathBuf,
    /// Directory of the PostgreSQL programs, if they are not where packages install them
    #[arg(long, env = "CRAFT_PG_BIN", value_parser = values::path)]
    pub pg_bin: Option<PathBuf>,
}

/// Settings of access by people.
#[derive(Clone, Debug, clap::Args)]
pub struct Access {
    /// Address and port to listen on; port 0 uses a free port
    #[arg(long, env = "CRAFT_LISTEN", value_parser = values::listen, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address that people and providers use, if it differs from the address to listen on
    #[arg(long, env = "CRAFT_PUBLIC_URL", value_parser = values::public_url)]
    pub public_url: Option<Url>,
    /// Policy for new accounts: open, invite or closed
    #[arg(long, env = "CRAFT_SIGN_UP", value_parser = values::sign_up, default_value = "invite")]
    pub sign_up: SignUp,
    /// Reverse proxies in front of the hub (addresses or networks, separated by commas): only their information about the sender of a request is trusted
    #[arg(long, env = "CRAFT_PROXIES", value_delimiter = ',')]
    pub proxies: Vec<Proxy>,
}

/// Settings of the master keys. Without any, the hub creates a key in the data directory. Several keys are separated by
/// commas, or one per line in a file: the first is current, the others only open what they sealed. With a Vault server, its
/// key is current, and other master keys only open what they sealed.
#[derive(Clone, Debug, clap::Args)]
pub struct Keys {
    /// The master key, which seals all secrets; several are separated by commas
    #[arg(long, env = "CRAFT_MASTER_KEY", conflicts_with_all = ["master_key_file", "master_key_command"])]
    pub master_key: Option<Secret>,
    /// File that holds the master key, one a line
    #[arg(long, env = "CRAFT_MASTER_KEY_FILE", value_parser = values::path, conflicts_with = "master_key_command")]
    pub master_key_file: Option<PathBuf>,
    /// Shell command that prints the master key
    #[arg(long, env = "CRAFT_MASTER_KEY_COMMAND")]
    pub master_key_command: Option<Secret>,
    /// HashiCorp Vault or OpenBao server whose Transit engine holds the master key
    #[arg(long, env = "CRAFT_VAULT_ADDR", value_parser = values::vault_addr)]
    pub vault_addr: Option<Url>,
    /// Mount and name of the master key at the Vault server
    #[arg(
        long,
        env = "CRAFT_VAULT_TRANSIT_KEY",
        requires = "vault_addr",
        default_value = "transit/tool-connect-craft"
    )]
    pub vault_transit_key: TransitKey,
    /// Token that the hub presents to the Vault server
    #[arg(long, env = "CRAFT_VAULT_TOKEN", requires = "vault_addr", conflicts_with = "vault_token_file")]
    pub vault_token: Option<Secret>,
    /// File with the token for the Vault server, read before each request: Vault's agent may rewrite it
    #[arg(long, env = "CRAFT_VAULT_TOKEN_FILE", requires = "vault_addr", value_parser = values::path)]
    pub vault_token_file: Option<PathBuf>,
    /// Namespace of the Transit engine, if the Vault server has namespaces
    #[arg(long, env = "CRAFT_VAULT_NAMESPACE", requires = "vault_addr")]
    pub vault_namespace: Option<String>,
}

/// Settings of outgoing connections.
#[derive(Clone, Debug, clap::Args)]
pub struct Outgoing {
    /// Mail server; without it each mail is a file in the outbox folder of the data directory
    #[arg(long, env = "CRAFT_SMTP_URL", value_parser = values::smtp_url)]
    pub smtp_url: Option<Secret>,
    /// Private networks (CIDR) and host:port pairs that connectors may reach, separated by commas
    #[arg(long, env = "CRAFT_EGRESS_ALLOW", value_delimiter = ',')]
    pub egress_allow: Vec<AllowRule>,
    /// File of certificate authorities (PEM) that are trusted in addition to those of this machine
    #[arg(long, env = "CRAFT_EGRESS_CA_FILE")]
    pub egress_ca_file: Option<Authorities>,
    /// MCP registries to read, separated by commas, such as `https://registry.modelcontextprotocol.io`; none are read without it
    #[arg(long, env = "CRAFT_REGISTRY_URLS", value_delimiter = ',', value_parser = values::registry_url)]
    pub registry_urls: Vec<Url>,
}

/// Settings of the process.
#[derive(Clone, Debug, clap::Args)]
pub struct Process {
    /// Jobs that run at once
    #[arg(long, env = "CRAFT_WORKERS", value_parser = values::workers, default_value = "32")]
    pub workers: usize,
    /// Log level of the hub, or directives such as debug,sqlx=debug
    #[arg(long, env = "CRAFT_LOG", value_parser = values::log_filter, default_value = "info")]
    pub log: String,
}

impl Outgoing {
    /// Returns the certificate authorities that requests trust in addition to those of this machine.
    #[must_use]
    pub fn authorities(&self) -> Authorities {
        self.egress_ca_file.clone().unwrap_or_default()
    }
}

impl Config {
    /// Reads the settings. `env` returns variables of the environment; `file` is the argument of `--config`.
    ///
    /// Without `file`, `CRAFT_CONFIG` names the settings file. Without that, `craft.toml` in the current directory is read if
    /// it exists. An empty variable counts as not set.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        layers::load(file, &|name| env(name).filter(|value| !value.trim().is_empty()))
    }

    /// Opens the data directory, and creates it if needed.
    pub fn open_data_dir(&self) -> Result<DataDir, ConfigError> {
        DataDir::open(&self.storage.data_dir)
    }
}
