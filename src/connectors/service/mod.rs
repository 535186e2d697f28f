//! What is known of a shipped REST service, between its file and whoever connects or calls it.

pub(super) mod store;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

use self::store::Said;
use super::shipped::{Descriptor, Shipped};
use super::{Provider, Transport, Visibility};
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::ConnectorId;

impl Shipped {
    /// Who sees it. A service that is reached over HTTP has no tools yet: until it has, administrators alone.
    pub(super) const fn visibility(&self) -> Visibility {
        match self.transport {
            Transport::Rest => Visibility::Administrators,
            Transport::Builtin | Transport::Mcp => Visibility::Everyone,
        }
    }
}

/// How the connector is connected and called, if it is a REST service.
pub async fn descriptor(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<Descriptor>> {
    let said = store::said(conn, actor.user_id(), id).await?;
    said.map_or(Ok(None), |said| Ok(said.read().context("the description of a service cannot be read")?))
}

/// Names of the shipped connectors that sign in at this provider: they share its client.
pub async fn of_provider(conn: &mut PgConnection, provider: &Provider) -> Result<Vec<String>> {
    Ok(store::of_issuer(conn, &provider.token_url).await?)
}

impl Said {
    /// What a file says, for the row of its connector.
    pub(super) fn of(shipped: &Shipped) -> Result<Self> {
        let Some(descriptor) = &shipped.descriptor else { return Ok(Self::default()) };
        Ok(written(descriptor).context("the description of a service cannot be written")?)
    }

    fn read(self) -> serde_json::Result<Option<Descriptor>> {
        let (Some(base_url), Some(docs), Some(check)) = (self.base_url, self.docs_url, self.check_call) else {
            return Ok(None);
        };
        Ok(Some(Descriptor {
            base_url,
            docs,
            fields: optional(self.account_fields)?.unwrap_or_default(),
            oauth: optional(self.oauth_config)?,
            key: optional(self.auth_style)?,
            api: optional(self.api_headers)?.unwrap_or_default(),
            account: optional(self.account_call)?,
            check: serde_json::from_value(check)?,
        }))
    }
}

fn written(descriptor: &Descriptor) -> serde_json::Result<Said> {
    Ok(Said {
        base_url: Some(descriptor.base_url.clone()),
        docs_url: Some(descriptor.docs.clone()),
        account_fields: Some(serde_json::to_value(&descriptor.fields)?),
        auth_style: as_value(descriptor.key.as_ref())?,
        oauth_config: as_value(descriptor.oauth.as_ref())?,
        api_headers: Some(serde_json::to_value(&descriptor.api)?),
        account_call: as_value(descriptor.account.as_ref())?,
        check_call: Some(serde_json::to_value(&descriptor.check)?),
    })
}

fn as_value<T: Serialize>(part: Option<&T>) -> serde_json::Result<Option<Value>> {
    part.map(serde_json::to_value).transpose()
}

fn optional<T: DeserializeOwned>(part: Option<Value>) -> serde_json::Result<Option<T>> {
    part.map(serde_json::from_value).transpose()
}

#[cfg(test)]
mod tests {
    use super::{Said, Shipped};

    #[test]
    fn what_every_file_says_is_stored_and_read_back() {
        for shipped in super::super::shipped().unwrap() {
            let Shipped { slug, descriptor, .. } = &shipped;
            let read = Said::of(&shipped).unwrap().read().unwrap();
            assert_eq!(read.as_ref(), descriptor.as_deref(), "{}", slug.as_str());
        }
    }
}
