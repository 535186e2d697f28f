//! Prepares a run: reads the job, its tool version and its credential.

use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::resource::ResourceInput;
use super::secrets;
use super::store::{self, Job};
use crate::actor::Actor;
use crate::clock::Clock;
use crate::connections::{
    BearerCredential, ConnectionToken, CredentialAnswer, RestService, TokenRefresher, credential_texts,
};
use crate::connectors::{self, Transport};
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Message, Result};
use crate::ids::{ConnectorId, JobId, OwnerId, ToolVersionId};
use crate::rest::{RestCall, RestTool};
use crate::schema_form::{self, MASK, SecretValues};
use crate::secret::{Redactor, Secret};
use crate::upstream::{self, ProtocolEra, Server, Target, secret_texts};
use crate::vault::Vault;
use crate::workbench::Workbench;

/// The dependencies of running jobs.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The pool that reads the jobs of all users.
    pub system: SystemDb,
    /// Makes the outgoing requests.
    pub egress: Egress,
    /// Reads and refreshes credentials.
    pub refresher: TokenRefresher,
    /// Opens secret arguments.
    pub vault: Vault,
    /// The built-in tools.
    pub workbench: Workbench,
    /// The clock.
    pub clock: Clock,
}

/// The reason why a job cannot run now. Nothing was sent.
pub(super) enum NotReady {
    /// The job fails.
    Failed(Error),
    /// The job waits until its owner connects again. Holds the message of its event.
    ReauthRequired(String),
    /// The job is retried: its credential cannot be refreshed now.
    RetryLater { message: String, after: Duration },
}

impl<E: Into<Error>> From<E> for NotReady {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The work of a job.
pub(super) enum Work {
    /// Calls a tool.
    Call(Box<PreparedCall>),
    /// Checks the job's connection.
    Checkup(Box<Job>),
}

/// A call whose parts are all read; nothing was sent.
pub(super) struct PreparedCall {
    /// The token that the call presents.
    pub(super) token: ConnectionToken,
    /// The version of the token.
    pub(super) version: i32,
    pub(super) connector: ConnectorId,
    pub(super) service: String,
    /// The name of the tool or of the resource.
    pub(super) tool: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) target: CallTarget,
    pub(super) secret: Option<Secret>,
    pub(super) repeatable: bool,
    pub(super) has_header_arguments: bool,
    /// The era of the server as it is stored.
    pub(super) era: Option<ProtocolEra>,
    /// The masked arguments, for the audit log.
    pub(super) request: Value,
    /// Removes the credential and the secret arguments from what the server says.
    pub(super) redactor: Redactor,
}

impl PreparedCall {
    /// Returns the credential that the call presents.
    pub(super) fn credential(&self) -> BearerCredential {
        BearerCredential { token: self.secret.clone(), version: self.version }
    }

    /// Replaces the credential.
    pub(super) fn present(&mut self, newer: BearerCredential) {
        self.version = newer.version;
        let secrets: Vec<_> = newer.token.iter().flat_map(texts_of).collect();
        self.redactor = self.redactor.with_content(secrets.iter().map(String::as_str));
        self.secret.clone_from(&newer.token);
        match &mut self.target {
            CallTarget::Mcp(target) | CallTarget::Resource(target, _) => {
                if let Target::Mcp { credential, .. } = target {
                    *credential = newer.token;
                }
            }
            CallTarget::Rest(target) => target.service.credential = newer.token,
        }
    }
}

/// Returns the secret texts of a credential: a token, the headers of a server, or the fields of a key.
fn texts_of(credential: &Secret) -> Vec<String> {
    let headers = secret_texts(credential).into_iter().map(|text| text.expose().to_owned());
    headers.chain(credential_texts(credential)).collect()
}

/// The receiver of a call.
pub(super) enum CallTarget {
    /// An MCP server, or the Workbench.
    Mcp(Target),
    /// An MCP server, and the address of a resource there.
    Resource(Target, String),
    /// A REST service.
    Rest(Box<RestTarget>),
}

/// A tool of a REST service, for one account.
pub(super) struct RestTarget {
    pub(super) service: RestService,
    pub(super) tool: RestTool,
    pub(super) job: JobId,
}

impl RestTarget {
    /// Builds the call with the present credential.
    pub(super) fn call(&self) -> Result<RestCall> {
        self.service.call(self.tool.clone(), self.job)
    }
}

/// Reads the job.
pub(super) async fn read_job(runner: &Runner, owner: OwnerId, id: JobId) -> Result<Job, NotReady> {
    let mut conn = runner.system.acquire().await?;
    Ok(store::find(&mut conn, owner, id).await?.ok_or(Error::NotFound("job"))?)
}

/// Reads, for a call, the tool version and the credential.
///
/// # Errors
/// [`NotReady`] says whether the job fails, waits or is retried.
pub(super) async fn prepare(runner: &Runner, actor: &Actor, job: Job) -> Result<Work, NotReady> {
    tracing::Span::current().record("job.connector", tracing::field::display(job.connector_id));
    if job.is_checkup() {
        return Ok(Work::Checkup(Box::new(job)));
    }
    // no transaction: these rows do not change during a run, and it would cost two round trips
    let mut conn = runner.system.acquire().await?;
    let connector = connectors::get(&mut conn, actor, job.connector_id).await?;
    connector.check_is_on()?;
    if let Some(resource) = job.resource() {
        drop(conn);
        return prepare_resource(runner, actor, &job, connector, resource).await;
    }
    let version = job.tool_version_id.ok_or(Error::NotFound("tool version"))?;
    let version = connectors::version(&mut conn, actor, version).await?;
    drop(conn);
    check_definition(&connector, &version)?;
    let tool = version.rest_tool()?;
    let token_name = tool.as_ref().and_then(|tool| tool.token.clone());
    let token = ConnectionToken { connection: job.connection_id, name: token_name };
    let BearerCredential { token: secret, version: credential } =
        presented(runner.refresher.credential(actor, &token).await?)?;

    let mut input: Value = serde_json::from_str(&job.input).map_err(Error::internal)?;
    let request = schema_form::mask(&version.schema, &input);
    // most calls have no secret, and need no further statement
    let arguments = if request == input && !job.input.contains(MASK) {
        SecretValues::default()
    } else {
        secrets::open(&runner.system, &runner.vault, &job, actor.owner_id(), &version.schema, &mut input).await?
    };
    let texts: Vec<_> = arguments.texts().collect();
    let secrets: Vec<_> = secret.iter().flat_map(texts_of).collect();
    let mut redactor = Redactor::for_content(secrets.iter().map(String::as_str).chain(texts.iter().map(AsRef::as_ref)));
    let target = match connector.transport {
        Transport::Builtin => CallTarget::Mcp(Target::Workbench(runner.workbench.clone())),
        Transport::Mcp => CallTarget::Mcp(Target::Mcp {
            server: server(&connector)?,
            credential: secret.clone(),
            arguments: redactor.clone(),
        }),
        Transport::Rest => {
            let tool = tool.ok_or(Error::NotFound("tool"))?;
            let mut conn = runner.system.acquire().await?;
            let mut service = RestService::find(&mut conn, actor, job.connection_id, &connector).await?;
            service.load_application(&mut conn, &runner.vault).await?;
            let secrets: Vec<_> = service.application.iter().flat_map(credential_texts).collect();
            redactor = redactor.with_content(secrets.iter().map(String::as_str));
            service.credential.clone_from(&secret);
            CallTarget::Rest(Box::new(RestTarget { service, tool, job: job.id }))
        }
    };
    let Value::Object(arguments) = input else {
        return Err(Error::conflict(
            format!("{} takes an object of arguments", version.label()),
            "Run the tool again from its page",
        )
        .into());
    };
    Ok(Work::Call(Box::new(PreparedCall {
        token,
        version: credential,
        connector: connector.id,
        service: connector.name,
        tool: version.name.clone(),
        arguments,
        target,
        secret,
        repeatable: version.is_repeatable(),
        has_header_arguments: upstream::has_header_arguments(&version.schema),
        era: connector.era,
        request,
        redactor,
    })))
}

/// Reads, for a job that reads a resource, the credential.
async fn prepare_resource(
    runner: &Runner,
    actor: &Actor,
    job: &Job,
    connector: connectors::Connector,
    resource: ResourceInput,
) -> Result<Work, NotReady> {
    let token = ConnectionToken { connection: job.connection_id, name: None };
    let BearerCredential { token: secret, version } = presented(runner.refresher.credential(actor, &token).await?)?;
    let secrets: Vec<_> = secret.iter().flat_map(texts_of).collect();
    let redactor = Redactor::for_content(secrets.iter().map(String::as_str));
    let target = Target::Mcp { server: server(&connector)?, credential: secret.clone(), arguments: redactor.clone() };
    Ok(Work::Call(Box::new(PreparedCall {
        token,
        version,
        connector: connector.id,
        service: connector.name,
        tool: resource.name,
        arguments: Map::new(),
        target: CallTarget::Resource(target, resource.uri),
        secret,
        repeatable: true,
        has_header_arguments: false,
        era: connector.era,
        request: serde_json::from_str(&job.input).map_err(Error::internal)?,
        redactor,
    })))
}

/// Checks that the server still offers the version that the job was given: the same arguments could do something else today.
fn check_definition(connector: &connectors::Connector, version: &connectors::ToolVersion) -> Result<()> {
    if !version.is_held && !version.is_outdated {
        return Ok(());
    }
    let message = format!("{} of {} has changed since this job was accepted", version.label(), connector.name);
    let advice = "It was not called. See what has changed, then run it again";
    Err(Error::ToolChanged(Message::from(message).with_advice(advice)))
}

/// Returns the credential, or the reason why the job cannot run.
pub(super) fn presented(credential: CredentialAnswer) -> Result<BearerCredential, NotReady> {
    match credential {
        CredentialAnswer::Ready(presented) => Ok(presented),
        CredentialAnswer::ReauthRequired(message) => Err(NotReady::ReauthRequired(message)),
        CredentialAnswer::ProviderUnavailable { message, after } => Err(NotReady::RetryLater { message, after }),
    }
}

fn server(connector: &connectors::Connector) -> Result<Server> {
    let missing = || Error::conflict(format!("{} has no server URL", connector.name), "Add the server again");
    connector.server().ok_or_else(missing)
}

/// Returns a job's arguments with the secret ones masked, as the tool's schema marks them.
pub(super) async fn masked_input(
    conn: &mut PgConnection,
    actor: &Actor,
    input: &str,
    version: Option<ToolVersionId>,
) -> Result<String> {
    let Some(version) = version else { return Ok(input.to_owned()) };
    let version = connectors::version(conn, actor, version).await?;
    let input: Value = serde_json::from_str(input).map_err(Error::internal)?;
    Ok(schema_form::mask(&version.schema, &input).to_string())
}
