//! Actions that are audited, named `noun.past`.

use std::time::Duration;

use crate::clock::{Timestamp, to_jiff};
use crate::ids::{ConnectionId, ConnectorId, JobId, UserId};

/// An action with the fields of its entry.
#[derive(Clone, Debug)]
pub enum Action {
    /// An account was created: by sign-up, on the command line, or by setting up the hub.
    AccountCreated {
        /// The new account.
        user: UserId,
        /// True if the account administers the hub.
        admin: bool,
    },
    /// A mailed link confirmed the address.
    AccountConfirmed {
        /// The account.
        user: UserId,
    },
    /// A user changed their name or time zone.
    ProfileChanged,
    /// A user changed the appearance of pages.
    AppearanceChanged,
    /// A signed-in user set a new password.
    PasswordChanged {
        /// The account.
        user: UserId,
    },
    /// A signed-in user entered a wrong password when asked again.
    PasswordRefused {
        /// The account.
        user: UserId,
    },
    /// A user requested another address, which must be confirmed.
    EmailAsked {
        /// The account.
        user: UserId,
        /// The new address, stored only in the erasable body.
        email: String,
    },
    /// A mailed link changed the address of an account.
    EmailChanged {
        /// The account.
        user: UserId,
    },
    /// Sessions were ended from another browser.
    SessionsRevoked {
        /// Number of sessions.
        sessions: u64,
    },
    /// A mailed link set a new password.
    PasswordReset {
        /// The account.
        user: UserId,
    },
    /// A browser session began.
    SessionStarted,
    /// A sign-in was refused. The address is stored only in the erasable body.
    SessionRefused {
        /// Address as typed.
        email: String,
        /// Code of the cause: password, unconfirmed.
        class: &'static str,
    },
    /// Sign-ins are delayed after too many refused ones. The address is stored only in the erasable body.
    SessionDelayed {
        /// Address as typed.
        email: String,
        /// Time of the next sign-in attempt that is checked.
        until: Timestamp,
    },
    /// A browser session ended by signing out.
    SessionEnded,
    /// A connector was added by its URL.
    ConnectorAdded {
        /// The new connector.
        connector: ConnectorId,
        /// Name of the connector.
        name: String,
        /// URL of the server.
        url: String,
    },
    /// The tools of a server were discovered.
    ToolsDiscovered {
        /// The connector.
        connector: ConnectorId,
        /// Number of listed tools.
        tools: usize,
        /// Number of new or changed definitions.
        changed: usize,
        /// Number of tools that are no longer listed.
        removed: usize,
    },
    /// A tool discovery failed; no tool changed.
    DiscoveryFailed {
        /// The connector.
        connector: ConnectorId,
        /// Code of the cause.
        class: &'static str,
        /// Cause in words.
        message: String,
    },
    /// A connection was created.
    ConnectionCreated {
        /// The new connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
    },
    /// A connection got a new credential by another sign-in.
    ConnectionReconnected {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
    },
    /// A sign-in at a provider failed.
    ConnectionRefused {
        /// The connector.
        connector: ConnectorId,
        /// Code of the cause.
        class: &'static str,
        /// Cause in words.
        message: String,
    },
    /// A token was refreshed, or the refresh failed.
    ConnectionRefreshed {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
        /// Code and words of the cause; `None` after a success.
        error: Option<(&'static str, String)>,
    },
    /// A typed key or token was verified, and the state of its connection changed.
    ConnectionVerified {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
        /// Code and words of the cause; `None` if the service accepted it.
        error: Option<(&'static str, String)>,
    },
    /// A service requires more scopes than the connection has.
    ConnectionLimited {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
        /// The missing scopes.
        scopes: Vec<String>,
    },
    /// The hub registered an OAuth client at an authorization server.
    ClientRegistered {
        /// The connector.
        connector: ConnectorId,
        /// Issuer of the authorization server.
        issuer: String,
    },
    /// A connection was renamed.
    ConnectionRenamed {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
        /// Former label.
        from: String,
        /// New label.
        to: String,
    },
    /// A connection became the default of its connector.
    DefaultConnectionChanged {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
    },
    /// A check-up of a connection finished.
    ConnectionChecked {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
        /// The job.
        job: JobId,
        /// True if every check passed.
        outcome: ActionOutcome,
        /// Time from start to end.
        latency: Duration,
        /// Results as JSON text.
        response: Option<String>,
    },
    /// A connection was disconnected, and its credential destroyed.
    ConnectionDisconnected {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
    },
    /// The credential of a connection was replaced.
    CredentialReplaced {
        /// The connection.
        connection: ConnectionId,
        /// Its connector.
        connector: ConnectorId,
    },
    /// The owner requested the cancellation of a running job.
    JobCancelRequested {
        /// The job.
        job: JobId,
        /// Connector of the job.
        connector: ConnectorId,
        /// Tool of the job.
        tool: String,
    },
    /// A job finished.
    JobFinished {
        /// The job.
        job: JobId,
        /// Connector of the job; `None` if the job could not be read.
        connector: Option<ConnectorId>,
        /// Tool of the job; `None` if the job could not be read.
        tool: Option<String>,
        /// Outcome of the job.
        outcome: ActionOutcome,
        /// Time from start to end; `None` if the job never ran.
        latency: Option<Duration>,
        /// Redacted arguments as JSON text.
        request: Option<String>,
        /// Redacted result as JSON text.
        response: Option<String>,
    },
    /// The operator changed the master key.
    MasterKeyChanged {
        /// Id of the new master key.
        current: String,
        /// Ids of the master keys that nothing needs any more.
        former: Vec<String>,
    },
    /// Entries of the log were exported.
    LogExported {
        /// Format: csv or ndjson.
        format: &'static str,
        /// Filters of the export by name; empty: the whole log.
        filter: serde_json::Value,
    },
}

/// Outcome of a call in the audit log.
#[derive(Clone, Debug)]
pub enum ActionOutcome {
    /// The call succeeded.
    Success,
    /// The call failed, or its effect is unknown.
    Error {
        /// Code of the cause.
        class: String,
        /// Cause in words.
        message: String,
    },
}

impl ActionOutcome {
    fn error(&self) -> Option<(String, String)> {
        match self {
            Self::Success => None,
            Self::Error { class, message } => Some((class.clone(), message.clone())),
        }
    }
}

/// An action as columns of an entry.
#[derive(Default)]
pub(super) struct Described {
    pub(super) name: &'static str,
    pub(super) target: Option<(&'static str, String)>,
    pub(super) connector: Option<ConnectorId>,
    pub(super) tool: Option<String>,
    pub(super) job: Option<JobId>,
    pub(super) error: Option<(String, String)>,
    pub(super) latency: Option<Duration>,
    pub(super) request: Option<String>,
    pub(super) response: Option<String>,
}

impl Action {
    /// Returns the columns of the entry.
    #[expect(clippy::too_many_lines, reason = "a table with one arm for each action")]
    pub(super) fn describe(&self) -> Described {
        match self {
            Self::MasterKeyChanged { current, former } => Described {
                request: Some(serde_json::json!({ "current": current, "former": former }).to_string()),
                ..named("master_key.changed")
            },
            Self::AccountCreated { user, admin } => Described {
                request: Some(serde_json::json!({ "admin": admin }).to_string()),
                ..on("account.created", "account", user)
            },
            Self::AccountConfirmed { user } => on("account.confirmed", "account", user),
            Self::ProfileChanged => named("profile.changed"),
            Self::AppearanceChanged => named("appearance.changed"),
            Self::PasswordChanged { user } => on("password.changed", "account", user),
            Self::PasswordRefused { user } => Described {
                error: Some(("password".to_owned(), "The current password was wrong".to_owned())),
                ..on("password.refused", "account", user)
            },
            Self::EmailAsked { user, email } => Described {
                request: Some(serde_json::json!({ "email": email }).to_string()),
                ..on("email.asked", "account", user)
            },
            Self::EmailChanged { user } => on("email.changed", "account", user),
            Self::SessionsRevoked { sessions } => Described {
                request: Some(serde_json::json!({ "sessions": sessions }).to_string()),
                ..named("sessions.revoked")
            },
            Self::PasswordReset { user } => on("password.reset", "account", user),
            Self::SessionStarted => named("session.started"),
            Self::SessionEnded => named("session.ended"),
            Self::SessionRefused { email, class } => Described {
                request: Some(serde_json::json!({ "email": email }).to_string()),
                error: Some(((*class).to_owned(), "The sign-in was refused".to_owned())),
                ..named("session.refused")
            },
            Self::SessionDelayed { email, until } => Described {
                request: Some(serde_json::json!({ "email": email, "until": to_jiff(*until).to_string() }).to_string()),
                error: Some(("too_many".to_owned(), "Too many sign-ins were refused".to_owned())),
                ..named("session.delayed")
            },
            Self::ConnectorAdded { connector, name, url } => Described {
                connector: Some(*connector),
                request: Some(serde_json::json!({ "name": name, "url": url }).to_string()),
                ..on("connector.added", "connector", connector)
            },
            Self::ToolsDiscovered { connector, tools, changed, removed } => {
                let found = serde_json::json!({ "tools": tools, "changed": changed, "removed": removed });
                Described {
                    connector: Some(*connector),
                    response: Some(found.to_string()),
                    ..on("tools.discovered", "connector", connector)
                }
            }
            Self::DiscoveryFailed { connector, class, message } => Described {
                connector: Some(*connector),
                error: Some(((*class).to_owned(), message.clone())),
                ..on("tools.discovered", "connector", connector)
            },
            Self::ConnectionCreated { connection, connector } => {
                of_connection("connection.created", connection, connector)
            }
            Self::ConnectionReconnected { connection, connector } => {
                of_connection("connection.reconnected", connection, connector)
            }
            Self::ConnectionRefused { connector, class, message } => Described {
                connector: Some(*connector),
                error: Some(((*class).to_owned(), message.clone())),
                ..on("connection.refused", "connector", connector)
            },
            Self::ConnectionRefreshed { connection, connector, error } => Described {
                error: error.as_ref().map(|(class, message)| ((*class).to_owned(), message.clone())),
                ..of_connection("connection.renewed", connection, connector)
            },
            Self::ConnectionVerified { connection, connector, error } => Described {
                error: error.as_ref().map(|(class, message)| ((*class).to_owned(), message.clone())),
                ..of_connection("connection.verified", connection, connector)
            },
            Self::ConnectionLimited { connection, connector, scopes } => Described {
                request: Some(serde_json::json!({ "scopes": scopes }).to_string()),
                ..of_connection("connection.limited", connection, connector)
            },
            Self::ClientRegistered { connector, issuer } => Described {
                connector: Some(*connector),
                request: Some(serde_json::json!({ "issuer": issuer }).to_string()),
                ..on("client.registered", "connector", connector)
            },
            Self::ConnectionRenamed { connection, connector, from, to } => Described {
                request: Some(serde_json::json!({ "from": from, "to": to }).to_string()),
                ..of_connection("connection.renamed", connection, connector)
            },
            Self::DefaultConnectionChanged { connection, connector } => {
                of_connection("connection.preferred", connection, connector)
            }
            Self::ConnectionChecked { connection, connector, job, outcome, latency, response } => Described {
                job: Some(*job),
                error: outcome.error(),
                latency: Some(*latency),
                response: response.clone(),
                ..of_connection("connection.checked", connection, connector)
            },
            Self::ConnectionDisconnected { connection, connector } => {
                of_connection("connection.disconnected", connection, connector)
            }
            Self::CredentialReplaced { connection, connector } => {
                of_connection("credential.replaced", connection, connector)
            }
            Self::JobCancelRequested { job, connector, tool } => Described {
                connector: Some(*connector),
                tool: Some(tool.clone()),
                job: Some(*job),
                ..on("job.cancel_requested", "job", job)
            },
            Self::JobFinished { job, connector, tool, outcome, latency, request, response } => Described {
                connector: *connector,
                tool: tool.clone(),
                job: Some(*job),
                error: outcome.error(),
                latency: *latency,
                request: request.clone(),
                response: response.clone(),
                ..on("job.finished", "job", job)
            },
            Self::LogExported { format, filter } => Described {
                request: Some(serde_json::json!({ "format": format, "filter": filter }).to_string()),
                ..named("audit.exported")
            },
        }
    }
}

fn named(name: &'static str) -> Described {
    Described { name, ..Described::default() }
}

fn on(name: &'static str, kind: &'static str, id: &impl ToString) -> Described {
    Described { target: Some((kind, id.to_string())), ..named(name) }
}

fn of_connection(name: &'static str, connection: &ConnectionId, connector: &ConnectorId) -> Described {
    Described { connector: Some(*connector), ..on(name, "connection", connection) }
}
