//! Descriptions of shipped REST services, between their files and the functions that connect and call them.
//!
//! `connectors::ship` stores them at start, and `connections` reads them. This module validates nothing: `shipped` has
//! validated a file before it is stored.

pub(super) mod store;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

use self::store::DescriptorColumns;
use super::shipped::{Descriptor, Field, Shipped};
use super::{Connector, Provider, Visibility};
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::ConnectorId;

impl Shipped {
    /// Returns the users who see the connector. Of a service without tools only administrators do.
    pub(super) fn visibility(&self) -> Visibility {
        let has_tools = self.descriptor.as_ref().is_none_or(|descriptor| !descriptor.tools.is_empty());
        if has_tools { Visibility::Everyone } else { Visibility::Administrators }
    }
}

/// Returns the description of a REST service, or `None` for other connectors.
pub async fn descriptor(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<Descriptor>> {
    let columns = store::find_descriptor(conn, actor.owner_id(), id).await?;
    columns.map_or(Ok(None), |columns| {
        Ok(columns.into_descriptor().context("the description of a service cannot be read")?)
    })
}

/// Returns the fields whose values make the address of a shipped MCP server; empty for other connectors.
pub async fn address_fields(conn: &mut PgConnection, actor: &Actor, connector: &Connector) -> Result<Vec<Field>> {
    if !connector.has_own_addresses() {
        return Ok(Vec::new());
    }
    let columns = store::find_descriptor(conn, actor.owner_id(), connector.id).await?;
    let fields = from_optional_json(columns.and_then(|columns| columns.account_fields));
    Ok(fields.context("the fields of a server cannot be read")?.unwrap_or_default())
}

/// Lists the names of the shipped connectors that sign in at this provider. They share its OAuth client.
pub async fn list_names_of_provider(conn: &mut PgConnection, provider: &Provider) -> Result<Vec<String>> {
    Ok(store::list_names_by_token_url(conn, &provider.token_url).await?)
}

impl DescriptorColumns {
    /// Returns the columns for a connector's file.
    pub(super) fn from_shipped(shipped: &Shipped) -> Result<Self> {
        if let Some(hosted) = &shipped.hosted {
            let key = to_optional_json(hosted.key.as_ref()).context("the key of a server cannot be written")?;
            let fields = Some(&hosted.fields).filter(|fields| !fields.is_empty());
            let account_fields = to_optional_json(fields).context("the fields of a server cannot be written")?;
            let docs_url = Some(hosted.docs.clone());
            return Ok(Self { docs_url, auth_style: key, account_fields, ..Self::default() });
        }
        let Some(descriptor) = &shipped.descriptor else { return Ok(Self::default()) };
        Ok(columns_of(descriptor).context("the description of a service cannot be written")?)
    }

    fn into_descriptor(self) -> serde_json::Result<Option<Descriptor>> {
        let (Some(base_url), Some(docs), Some(check)) = (self.base_url, self.docs_url, self.check_call) else {
            return Ok(None);
        };
        Ok(Some(Descriptor {
            base_url,
            docs,
            fields: from_optional_json(self.account_fields)?.unwrap_or_default(),
            application_fields: from_optional_json(self.application_fields)?.unwrap_or_default(),
            oauth: from_optional_json(self.oauth_config)?,
            key: from_optional_json(self.auth_style)?,
            client_credentials: from_optional_json(self.client_credentials)?,
            api: from_optional_json(self.api_headers)?.unwrap_or_default(),
            after_token: from_optional_json(self.after_token)?.unwrap_or_default(),
            account: from_optional_json(self.account_call)?,
            check: serde_json::from_value(check)?,
            // tools have rows of their own
            tools: Vec::new(),
        }))
    }
}

fn columns_of(descriptor: &Descriptor) -> serde_json::Result<DescriptorColumns> {
    Ok(DescriptorColumns {
        base_url: Some(descriptor.base_url.clone()),
        docs_url: Some(descriptor.docs.clone()),
        account_fields: Some(serde_json::to_value(&descriptor.fields)?),
        auth_style: to_optional_json(descriptor.key.as_ref())?,
        application_fields: Some(&descriptor.application_fields)
            .filter(|it| !it.is_empty())
            .map(serde_json::to_value)
            .transpose()?,
        client_credentials: to_optional_json(descriptor.client_credentials.as_ref())?,
        oauth_config: to_optional_json(descriptor.oauth.as_ref())?,
        api_headers: Some(serde_json::to_value(&descriptor.api)?),
        after_token: Some(&descriptor.after_token).filter(|it| !it.is_empty()).map(serde_json::to_value).transpose()?,
        account_call: to_optional_json(descriptor.account.as_ref())?,
        check_call: Some(serde_json::to_value(&descriptor.check)?),
    })
}

fn to_optional_json<T: Serialize>(part: Option<&T>) -> serde_json::Result<Option<Value>> {
    part.map(serde_json::to_value).transpose()
}

fn from_optional_json<T: DeserializeOwned>(part: Option<Value>) -> serde_json::Result<Option<T>> {
    part.map(serde_json::from_value).transpose()
}

#[cfg(test)]
mod tests {
    use super::{Descriptor, DescriptorColumns, Shipped};

    #[test]
    fn each_description_survives_storage() {
        for shipped in super::super::shipped().unwrap() {
            let Shipped { slug, descriptor, .. } = &shipped;
            let read = DescriptorColumns::from_shipped(&shipped).unwrap().into_descriptor().unwrap();
            let written = descriptor.as_deref().cloned().map(|written| Descriptor { tools: Vec::new(), ..written });
            assert_eq!(read, written, "{}", slug.as_str());
        }
    }
}
