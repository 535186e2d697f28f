//! Settings: one definition, read once at start.
//!
//! A value comes from the environment, else from the settings file, else from the default written here. Nothing else
//! in the program reads the environment. A setting has three spellings of one name: `CRAFT_LISTEN` in the environment,
//! `listen` in `craft.toml`, `listen` here.

mod allow_rule;
mod authorities;
mod data_dir;
mod error;
mod layers;
mod proxies;
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
pub use self::proxies::{Proxy, origin};
pub use self::transit_key::TransitKey;
pub use self::values::SignUp;
use crate::secret::Secret;

/// Every setting, by section.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "craft", disable_help_flag = true, disable_version_flag = true)]
pub struct Config {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: Storage,
    /// How people reach the hub.
    #[command(flatten)]
    pub access: Access,
    /// What secrets are sealed with.
    #[command(flatten)]
    pub keys: Keys,
    /// What leaves the hub.
    #[command(flatten)]
    pub outgoing: Outgoing,
    /// How the process runs.
    #[command(flatten)]
    pub process: Process,
}

/// Where things are kept.
#[derive(Clone, Debug, clap::Args)]
pub struct Storage {
    /// PostgreSQL server to use; without it the hub runs its own, private one
    #[arg(long, env = "DATABASE_URL", value_parser = values::database_url)]
    pub database_url: Option<Secret>,
    /// Directory of everything the hub keeps on disk
    #[arg(long, env = "CRAFT_DATA_DIR", value_parser = values::path)]
    pub data_dir: PathBuf,
    /// Directory of the PostgreSQL programs, if they are not where packages put them
    #[arg(long, env = "CRAFT_PG_BIN", value_parser = values::path)]
    pub pg_bin: Option<PathBuf>,
}

/// How people reach the hub.
#[derive(Clone, Debug, clap::Args)]
pub struct Access {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "CRAFT_LISTEN", value_parser = values::listen, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address that people and providers use, if it differs from the one listened on
    #[arg(long, env = "CRAFT_PUBLIC_URL", value_parser = values::public_url)]
    pub public_url: Option<Url>,
    /// Who may make an account: open, invite or closed
    #[arg(long, env = "CRAFT_SIGN_UP", value_parser = values::sign_up, default_value = "invite")]
    pub sign_up: SignUp,
    /// Reverse proxies in front of the hub (addresses or networks, separated by commas): only they are believed about where a request comes from
    #[arg(long, env = "CRAFT_PROXIES", value_delimiter = ',')]
    pub proxies: Vec<Proxy>,
}

/// What secrets are sealed with; with none of these, a key is made in the data directory. Of several keys (separated by
/// commas, in a file a line each) the first is current, and the others are still good for what they have sealed. With a
/// Vault server, its key is current, and a master key beside it is good for what it has sealed.
#[derive(Clone, Debug, clap::Args)]
pub struct Keys {
    /// Master key itself
    #[arg(long, env = "CRAFT_MASTER_KEY", conflicts_with_all = ["master_key_file", "master_key_command"])]
    pub master_key: Option<Secret>,
    /// File that holds the master key
    #[arg(long, env = "CRAFT_MASTER_KEY_FILE", value_parser = values::path, conflicts_with = "master_key_command")]
    pub master_key_file: Option<PathBuf>,
    /// Shell command that prints the master key
    #[arg(long, env = "CRAFT_MASTER_KEY_COMMAND")]
    pub master_key_command: Option<String>,
    /// HashiCorp Vault or OpenBao server whose Transit engine holds the master key
    #[arg(long, env = "CRAFT_VAULT_ADDR", value_parser = values::vault_addr)]
    pub vault_addr: Option<Url>,
    /// Mount and name of the key there
    #[arg(
        long,
        env = "CRAFT_VAULT_TRANSIT_KEY",
        requires = "vault_addr",
        default_value = "transit/tool-connect-craft"
    )]
    pub vault_transit_key: TransitKey,
    /// Token that the hub presents to Vault
    #[arg(long, env = "CRAFT_VAULT_TOKEN", requires = "vault_addr", conflicts_with = "vault_token_file")]
    pub vault_token: Option<Secret>,
    /// File that holds the token, read each time: Vault's agent may write it anew
    #[arg(long, env = "CRAFT_VAULT_TOKEN_FILE", requires = "vault_addr", value_parser = values::path)]
    pub vault_token_file: Option<PathBuf>,
    /// Namespace of the engine, where the server has namespaces
    #[arg(long, env = "CRAFT_VAULT_NAMESPACE", requires = "vault_addr")]
    pub vault_namespace: Option<String>,
}

/// What leaves the hub.
#[derive(Clone, Debug, clap::Args)]
pub struct Outgoing {
    /// Mail server; without it each mail is a file in the outbox folder of the data directory
    #[arg(long, env = "CRAFT_SMTP_URL", value_parser = values::smtp_url)]
    pub smtp_url: Option<Secret>,
    /// Private networks (CIDR) and host:port pairs that connectors may reach, separated by commas
    #[arg(long, env = "CRAFT_EGRESS_ALLOW", value_delimiter = ',')]
    pub egress_allow: Vec<AllowRule>,
    /// File of authorities (PEM) whose certificates are trusted besides those of this machine
    #[arg(long, env = "CRAFT_EGRESS_CA_FILE")]
    pub egress_ca_file: Option<Authorities>,
}

/// How the process runs.
#[derive(Clone, Debug, clap::Args)]
pub struct Process {
    /// Jobs that run at once
    #[arg(long, env = "CRAFT_WORKERS", value_parser = values::workers, default_value = "32")]
    pub workers: usize,
    /// What is logged: a level, or directives such as craft=debug,sqlx=warn
    #[arg(long, env = "CRAFT_LOG", value_parser = values::log_filter, default_value = "info,rmcp=warn,sqlx=warn")]
    pub log: String,
}

impl Outgoing {
    /// Whom requests trust besides the authorities of this machine.
    #[must_use]
    pub fn authorities(&self) -> Authorities {
        self.egress_ca_file.clone().unwrap_or_default()
    }
}

impl Config {
    /// Reads the settings: `env` answers for the environment, `file` is what `--config` named.
    ///
    /// Without `file`, `CRAFT_CONFIG` names one; without that, `craft.toml` in the current directory is read if there
    /// is one. A variable that is set but empty counts as not set.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        layers::load(file, &|name| env(name).filter(|value| !value.trim().is_empty()))
    }

    /// Makes the data directory, if it is not there yet.
    pub fn open_data_dir(&self) -> Result<DataDir, ConfigError> {
        DataDir::open(&self.storage.data_dir)
    }
}
