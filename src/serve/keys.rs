//! Where the settings say that the master key is.

use anyhow::bail;
use url::Url;

use crate::config::{Authorities, Config, Keys};
use crate::error::{Error, Result};
use crate::vault::{KeySource, Keyring, Token, TransitSettings, Vault};

/// The vault under the configured master keys; without any, a key is made in the data directory.
pub(crate) fn vault(config: &Config) -> Result<Vault> {
    under(config).map_err(|error| Error::refused(format!("{error:#}")))
}

fn under(config: &Config) -> anyhow::Result<Vault> {
    let given = given(&config.keys)?;
    if let Some(address) = &config.keys.vault_addr {
        return Vault::in_transit(transit(&config.keys, address, config.outgoing.authorities())?, given);
    }
    match given {
        Some(source) => Vault::under(source),
        None => Vault::under(KeySource::made(config.open_data_dir()?.child("keys")?.join("master.key"))?),
    }
}

fn given(keys: &Keys) -> anyhow::Result<Option<KeySource>> {
    Ok(match (&keys.master_key, &keys.master_key_file, &keys.master_key_command) {
        (Some(given), ..) => Some(KeySource::Given(Keyring::parse(given)?)),
        (None, Some(file), _) => Some(KeySource::File(file.clone())),
        (None, None, Some(command)) => Some(KeySource::Command(command.clone())),
        (None, None, None) => None,
    })
}

fn transit(keys: &Keys, address: &Url, authorities: Authorities) -> anyhow::Result<TransitSettings> {
    let token = match (&keys.vault_token, &keys.vault_token_file) {
        (Some(token), _) => Token::Given(token.clone()),
        (None, Some(file)) => Token::File(file.clone()),
        (None, None) => bail!("CRAFT_VAULT_ADDR needs a token: set CRAFT_VAULT_TOKEN_FILE or CRAFT_VAULT_TOKEN"),
    };
    let (key, namespace) = (keys.vault_transit_key.clone(), keys.vault_namespace.clone());
    Ok(TransitSettings { address: address.clone(), key, token, namespace, authorities })
}
