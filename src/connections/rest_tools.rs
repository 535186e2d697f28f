//! Tools of a REST service, with the values and the credential of one account.

use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::rest_service::RestService;
use super::{oauth_clients, store_details, values_of};
use crate::actor::Actor;
use crate::connectors::{self, APPLICATION_PREFIX, Connector, Descriptor, FieldKind};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, JobId, OwnerId};
use crate::oauth::TemplateValues;
use crate::rest::{self, ApiCredential, InputFault, RestCall, RestTool, ToolAuth};
use crate::secret::Secret;
use crate::vault::Vault;

/// Name of the account's id in the requests of tools.
const ACCOUNT_ID: &str = "account.id";

/// Words in the place of what an administrator entered for all.
const APPLICATION_MASK: &str = "(set by your administrator)";

/// Words in the place of a credential that is not shown.
const MASK: &str = "(your credential)";

impl RestService {
    /// Reads the service of a connection, without its credential.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the connector is no longer shipped.
    pub async fn find(conn: &mut PgConnection, actor: &Actor, id: ConnectionId, connector: &Connector) -> Result<Self> {
        let descriptor = connectors::descriptor(conn, actor, connector.id).await?.ok_or_else(|| {
            Error::conflict(format!("The catalogue no longer has {}", connector.name), "Disconnect this connection")
        })?;
        let (account, captured) = store_details::find_account(conn, actor.owner_id(), id).await?.unwrap_or_default();
        let mut values = values_of(captured.as_ref());
        values.extend(account.map(|account| (ACCOUNT_ID.to_owned(), account)));
        Ok(Self { descriptor, values, credential: None, application: None })
    }

    /// Adds the values that an administrator entered with the hub's application, if the service has any. Needs a connection
    /// that sees the hub's own rows.
    pub async fn load_application(&mut self, conn: &mut PgConnection, vault: &Vault) -> Result<()> {
        if self.descriptor.application_fields.is_empty() {
            return Ok(());
        }
        let Some(provider) = &self.descriptor.oauth else { return Ok(()) };
        let client = oauth_clients::find_current(conn, vault, OwnerId::HUB, provider.issuer(), None).await?;
        if let Some(client) = client {
            self.values = client.complete(std::mem::take(&mut self.values));
            self.application = client.application.secrets;
        }
        Ok(())
    }

    /// Returns the service of an account whose values and credential are examples.
    #[must_use]
    pub fn with_placeholders(descriptor: Descriptor) -> Self {
        let (mut values, mut secrets) = (TemplateValues::new(), TemplateValues::new());
        for field in &descriptor.fields {
            let example = field.example.clone().unwrap_or_else(|| format!("example-{}", field.name));
            let of_kind = if field.kind == FieldKind::Secret { &mut secrets } else { &mut values };
            of_kind.insert(field.name.clone(), example);
        }
        if let Some(service) = &descriptor.client_credentials {
            secrets.entry(service.token.clone()).or_insert_with(|| format!("example-{}", service.token));
        }
        for name in descriptor.captured_names() {
            // a value at the beginning of the base URL is an address
            let is_address = descriptor.base_url.starts_with(&format!("{{{name}}}"));
            values.insert(
                name.to_owned(),
                if is_address { "https://example.test".to_owned() } else { format!("example-{name}") },
            );
        }
        values.insert(ACCOUNT_ID.to_owned(), "account@example.com".to_owned());
        let credential = match &descriptor.key {
            Some(_) => serde_json::json!(secrets).to_string(),
            None => "example-token".to_owned(),
        };
        let takes_credential = descriptor.key.is_some() || descriptor.oauth.is_some();
        let mut application = TemplateValues::new();
        for field in &descriptor.application_fields {
            let example = field.example.clone().unwrap_or_else(|| format!("example-{}", field.name));
            match field.kind {
                FieldKind::Secret => application.insert(field.name.clone(), example),
                _ => values.insert(format!("{APPLICATION_PREFIX}{}", field.name), example),
            };
        }
        let application = Some(Secret::new(serde_json::json!(application).to_string()));
        Self { descriptor, values, credential: takes_credential.then(|| Secret::new(credential)), application }
    }

    /// Returns the request that a call of the tool would send, as text, with words in the place of the credential.
    ///
    /// # Errors
    /// An argument that the request cannot express, by name.
    pub fn describe_request(mut self, tool: RestTool, arguments: &Map<String, Value>) -> Result<String> {
        let secrets = self.descriptor.fields.iter().filter(|field| field.kind == FieldKind::Secret);
        let token = self.descriptor.client_credentials.iter().map(|service| &service.token);
        let secrets: TemplateValues =
            secrets.map(|field| &field.name).chain(token).map(|name| (name.clone(), MASK.to_owned())).collect();
        let takes_credential = self.descriptor.key.is_some() || self.descriptor.oauth.is_some();
        let masked =
            if self.descriptor.key.is_some() { serde_json::json!(secrets).to_string() } else { MASK.to_owned() };
        self.credential = takes_credential.then(|| Secret::new(masked));
        self.mask_application();
        let mut call = self.call(tool, JobId::FIRST)?;
        call.known.extend(rest::JOB_KEYS.map(|name| (name.to_owned(), "(a key of the job)".to_owned())));
        Ok(call.describe_as_text(arguments).map_err(|fault| InputFault {
            // a field of the connection is not in the form of the tool
            name: fault.name.filter(|name| !self.values.contains_key(name)),
            ..fault
        })?)
    }

    /// Returns the request that a call of the tool would send, as JSON.
    ///
    /// # Errors
    /// An argument that the request cannot express, by name.
    pub fn dry_run(&self, tool: RestTool, arguments: &Map<String, Value>) -> Result<Value> {
        let call = self.call(tool, JobId::FIRST)?;
        Ok(call.describe(arguments)?)
    }

    /// Builds the call of a tool by a job.
    pub fn call(&self, tool: RestTool, job: JobId) -> Result<RestCall> {
        let credential = match &tool.auth {
            Some(auth) => self.application_credential(auth)?,
            None => self.credential()?,
        };
        let mut known = self.values.clone();
        known.extend(rest::job_keys(job));
        Ok(RestCall {
            tool,
            rules: self.descriptor.api.clone(),
            base_url: self.descriptor.base_url.clone(),
            known,
            credential,
        })
    }

    /// Builds the credential that a tool presents instead of the connection's.
    fn application_credential(&self, auth: &ToolAuth) -> Result<ApiCredential> {
        let missing = || {
            let label = self.descriptor.application_fields.iter().find(|it| it.kind == FieldKind::Secret);
            let label = label.map_or("A secret", |it| it.label.as_str());
            Error::conflict(
                format!("“{label}” of the hub’s OAuth application is missing"),
                "Ask an administrator to enter it on the page of the connector",
            )
        };
        let secrets = self.application.as_ref().ok_or_else(missing)?;
        let secrets: TemplateValues = serde_json::from_str(secrets.expose()).map_err(Error::internal)?;
        let mut values = self.values.clone();
        values.extend(secrets.into_iter().map(|(name, value)| (format!("{APPLICATION_PREFIX}{name}"), value)));
        ApiCredential::from_tool(auth, &values).ok_or_else(missing)
    }

    /// Puts words in the place of the application's values, which the page of a preview does not read.
    fn mask_application(&mut self) {
        let mut secrets = TemplateValues::new();
        for field in &self.descriptor.application_fields {
            match field.kind {
                FieldKind::Secret => secrets.insert(field.name.clone(), APPLICATION_MASK.to_owned()),
                _ => self.values.insert(format!("{APPLICATION_PREFIX}{}", field.name), APPLICATION_MASK.to_owned()),
            };
        }
        self.application = Some(Secret::new(serde_json::json!(secrets).to_string()));
    }
}
