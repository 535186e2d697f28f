//! What one run needs, gathered before it starts.

use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::PgConnection;
use url::Url;

use super::store::{self, Job};
use crate::actor::Actor;
use crate::clock::Clock;
use crate::connections::{BearerCredential, Credential, TokenRefresher};
use crate::connectors::{self, Transport};
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, JobId, ToolVersionId};
use crate::schema_form;
use crate::secret::Secret;
use crate::upstream::{self, Target};
use crate::workbench::Workbench;

/// The handles that running a job needs.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Jobs of all users.
    pub system: SystemDb,
    /// The way out.
    pub egress: Egress,
    /// Opens credentials, and keeps them alive.
    pub refresher: TokenRefresher,
    /// The built-in tools.
    pub workbench: Workbench,
    /// The time.
    pub clock: Clock,
}

/// Why a job could not be made ready.
pub(super) enum Unready {
    /// It cannot be.
    Failed(Error),
    /// Its owner has to connect again first: a sentence.
    Parked(String),
    /// Its credential cannot be renewed now.
    Later { message: String, after: Duration },
}

impl<E: Into<Error>> From<E> for Unready {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What there is to do.
pub(super) enum Work {
    /// A call.
    Call(Box<Prepared>),
    /// A check-up of the job's connection.
    Checkup(Box<Job>),
}

/// A call made ready: everything read, nothing started.
pub(super) struct Prepared {
    pub(super) connection: ConnectionId,
    /// Which credential of the connection is presented.
    pub(super) version: i32,
    pub(super) connector: ConnectorId,
    pub(super) service: String,
    pub(super) tool: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) target: Target,
    pub(super) secret: Option<Secret>,
    pub(super) repeatable: bool,
    pub(super) mirrors_headers: bool,
    /// The arguments as the audit log may keep them.
    pub(super) request: String,
}

impl Prepared {
    /// Presents another credential from now on.
    pub(super) fn present(&mut self, newer: BearerCredential) {
        self.version = newer.version;
        self.secret.clone_from(&newer.token);
        if let Target::Mcp { bearer, .. } = &mut self.target {
            *bearer = newer.token;
        }
    }
}

/// Reads the job; and, for a call, its tool version and its credential.
pub(super) async fn prepare(runner: &Runner, actor: &Actor, id: JobId) -> Result<Work, Unready> {
    // looks at rows that do not change under a run: a transaction would only cost two round trips more
    let mut conn = runner.system.acquire().await?;
    let job = store::find(&mut conn, actor.user_id(), id).await?.ok_or(Error::NotFound("job"))?;
    if job.is_checkup() {
        return Ok(Work::Checkup(Box::new(job)));
    }
    let connector = connectors::get(&mut conn, actor, job.connector_id).await?;
    let version = job.tool_version_id.ok_or(Error::NotFound("tool version"))?;
    let version = connectors::version(&mut conn, actor, version).await?;
    drop(conn);
    let BearerCredential { token: secret, version: credential } =
        presented(runner.refresher.credential(actor, job.connection_id).await?)?;

    let target = match connector.transport {
        Transport::Builtin => Target::Workbench(runner.workbench.clone()),
        Transport::Mcp | Transport::Rest => Target::Mcp { url: server_url(&connector)?, bearer: secret.clone() },
    };
    let input: Value = serde_json::from_str(&job.input).map_err(Error::internal)?;
    let request = schema_form::mask(&version.schema, &input).to_string();
    let Value::Object(arguments) = input else {
        return Err(Error::Conflict(format!("{} takes an object of arguments", version.label())).into());
    };
    Ok(Work::Call(Box::new(Prepared {
        connection: job.connection_id,
        version: credential,
        connector: connector.id,
        service: connector.name,
        tool: version.name.clone(),
        arguments,
        target,
        secret,
        repeatable: version.is_repeatable(),
        mirrors_headers: upstream::mirrors_headers(&version.schema),
        request,
    })))
}

/// What there is to present, or why the job cannot go on.
pub(super) fn presented(credential: Credential) -> Result<BearerCredential, Unready> {
    match credential {
        Credential::Ready(presented) => Ok(presented),
        Credential::ReauthRequired(message) => Err(Unready::Parked(message)),
        Credential::ProviderUnavailable { message, after } => Err(Unready::Later { message, after }),
    }
}

fn server_url(connector: &connectors::Connector) -> Result<Url> {
    connector
        .mcp_server_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
        .ok_or_else(|| Error::Conflict(format!("{} has no server URL", connector.name)))
}

/// A job's arguments without what its schema calls secret: for pages and the log.
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
