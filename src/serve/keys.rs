//! Master keys: builds the vault from the configuration.

use anyhow::bail;
use url::Url;

use crate::config::{Authorities, Config, Keys};
use crate::error::{Error, Result};
use crate::vault::{KeySource, Keyring, TransitSettings, Vault, VaultToken};

/// Builds the vault with the configured master keys. Without any, creates a key in the data directory.
pub(crate) fn vault(config: &Config) -> Result<Vault> {
    build(config).map_err(|error| Error::refused(format!("{error:#}")))
}

fn build(config: &Config) -> anyhow::Result<Vault> {
    let source = configured_source(&config.keys)?;
    if let Some(address) = &config.keys.vault_addr {
        let settings = transit_settings(&config.keys, address, config.outgoing.authorities())?;
        return Vault::from_transit(settings, source);
    }
    let source = match source {
        Some(source) => source,
        None => KeySource::ensure_file(config.open_data_dir()?.child("keys")?.join("master.key"))?,
    };
    Vault::from_source(source)
}

fn configured_source(keys: &Keys) -> anyhow::Result<Option<KeySource>> {
    Ok(match (&keys.master_key, &keys.master_key_file, &keys.master_key_command) {
        (Some(key), ..) => Some(KeySource::Value(Keyring::parse(key)?)),
        (None, Some(file), _) => Some(KeySource::File(file.clone())),
        (None, None, Some(command)) => Some(KeySource::Command(command.expose().to_owned())),
        (None, None, None) => None,
    })
}

fn transit_settings(keys: &Keys, address: &Url, authorities: Authorities) -> anyhow::Result<TransitSettings> {
    let token = match (&keys.vault_token, &keys.vault_token_file) {
        (Some(token), _) => VaultToken::Value(token.clone()),
        (None, Some(file)) => VaultToken::File(file.clone()),
        (None, None) => bail!("CRAFT_VAULT_ADDR needs a token: set CRAFT_VAULT_TOKEN_FILE or CRAFT_VAULT_TOKEN"),
    };
    let (key, namespace) = (keys.vault_transit_key.clone(), keys.vault_namespace.clone());
    Ok(TransitSettings { address: address.clone(), key, token, namespace, authorities })
}
