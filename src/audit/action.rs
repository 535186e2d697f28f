//! Everything that is audited: one variant an act, named `noun.past`.

use std::time::Duration;

use crate::clock::{Timestamp, to_jiff};
use crate::ids::{ConnectionId, ConnectorId, JobId, UserId};

/// An act, with what belongs to its entry.
#[derive(Clone, Debug)]
pub enum Action {
    /// Somebody signed up, was made by the command line, or set up the hub as its owner.
    AccountCreated {
        /// The new account.
        user: UserId,
        /// Whether it administers the hub.
        admin: bool,
    },
    /// A mailed link proved the address.
    AccountConfirmed {
        /// Whose address.
        user: UserId,
    },
    /// Somebody changed their name or time zone.
    ProfileChanged,
    /// Somebody changed how pages look to them.
    AppearanceChanged,
    /// Somebody set a new password while signed in.
    PasswordChanged {
        /// Whose password.
        user: UserId,
    },
    /// Somebody who is signed in did not know the password when they were asked again.
    PasswordRefused {
        /// Whose password.
        user: UserId,
    },
    /// Somebody asked for another address, which has to be confirmed.
    EmailAsked {
        /// Whose account.
        user: UserId,
        /// The new address, kept only in the erasable body.
        email: String,
    },
    /// A mailed link gave an account another address.
    EmailChanged {
        /// Whose account.
        user: UserId,
    },
    /// Sessions were ended from another browser.
    SessionsRevoked {
        /// How many.
        sessions: u64,
    },
    /// A mailed link set a new password.
    PasswordReset {
        /// Whose password.
        user: UserId,
    },
    /// A browser session began.
    SessionStarted,
    /// A sign-in was refused; the address is kept only in the erasable body.
    SessionRefused {
        /// What was typed as e-mail.
        email: String,
        /// Machine word: password, unconfirmed.
        class: &'static str,
    },
    /// After too many refused sign-ins, the next ones wait; the address is kept only in the erasable body.
    SessionDelayed {
        /// What was typed as e-mail.
        email: String,
        /// When a sign-in is looked at again.
        until: Timestamp,
    },
    /// A browser session ended by signing out.
    SessionEnded,
    /// A connector was added by its URL.
    ConnectorAdded {
        /// The new connector.
        connector: ConnectorId,
        /// Its name.
        name: String,
        /// Where it answers.
        url: String,
    },
    /// A server's tools were read.
    ToolsDiscovered {
        /// Whose tools.
        connector: ConnectorId,
        /// How many it lists.
        tools: usize,
        /// How many had a new or changed definition.
        changed: usize,
        /// How many it no longer lists.
        removed: usize,
    },
    /// A server's tools could not be read anew; they are as they were.
    DiscoveryFailed {
        /// Whose tools.
        connector: ConnectorId,
        /// Machine word for the cause.
        class: &'static str,
        /// The cause in words.
        message: String,
    },
    /// A user's link to a connector was made.
    ConnectionCreated {
        /// The new connection.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
    },
    /// A connection got another credential by signing in once more.
    ConnectionReconnected {
        /// Which connection.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
    },
    /// A sign-in at a provider came to nothing; what there was before is as it was.
    ConnectionRefused {
        /// To what.
        connector: ConnectorId,
        /// Machine word for the cause.
        class: &'static str,
        /// The cause in words.
        message: String,
    },
    /// A connection's token was renewed before it ended, or the renewal failed.
    ConnectionRefreshed {
        /// Which connection.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
        /// Machine word for the cause and the cause in words, if it failed.
        error: Option<(&'static str, String)>,
    },
    /// A key or token that its owner has typed was shown to the service, and something about it has changed by that.
    ConnectionVerified {
        /// Which connection.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
        /// Machine word for the cause and the cause in words, unless it was accepted again.
        error: Option<(&'static str, String)>,
    },
    /// A service wants more scopes than a connection has.
    ConnectionLimited {
        /// Which connection.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
        /// What it wants besides.
        scopes: Vec<String>,
    },
    /// The hub made itself known to an authorization server.
    ClientRegistered {
        /// For which connector.
        connector: ConnectorId,
        /// With whom.
        issuer: String,
    },
    /// Its owner called it something else.
    ConnectionRenamed {
        /// Which one.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
        /// Its label before.
        from: String,
        /// Its label now.
        to: String,
    },
    /// Calls go through it unless another is chosen.
    DefaultConnectionChanged {
        /// Which one.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
    },
    /// A connection was looked at, step by step, as a job.
    ConnectionChecked {
        /// Which one.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
        /// The job.
        job: JobId,
        /// Whether everything stands.
        outcome: ActionOutcome,
        /// From its start to its end.
        latency: Duration,
        /// What was found, as JSON text.
        response: Option<String>,
    },
    /// Its owner ended it, and its credential is forgotten.
    ConnectionDisconnected {
        /// Which one.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
    },
    /// Another credential is in the place of a connection's own.
    CredentialReplaced {
        /// Which one.
        connection: ConnectionId,
        /// To what.
        connector: ConnectorId,
    },
    /// The owner asked a running job to stop.
    JobCancelRequested {
        /// Which job.
        job: JobId,
        /// Its service.
        connector: ConnectorId,
        /// Its tool.
        tool: String,
    },
    /// A job ended.
    JobFinished {
        /// Which job.
        job: JobId,
        /// Its service; none if the job could not even be read.
        connector: Option<ConnectorId>,
        /// Its tool, likewise.
        tool: Option<String>,
        /// How it ended.
        outcome: ActionOutcome,
        /// From its start to its end; none if it never ran.
        latency: Option<Duration>,
        /// Redacted arguments as JSON text.
        request: Option<String>,
        /// Redacted result as JSON text.
        response: Option<String>,
    },
    /// Whoever runs the hub changed its master key.
    MasterKeyChanged {
        /// The key that wraps from now on, by its id.
        current: String,
        /// Those that nothing needs any more.
        former: Vec<String>,
    },
    /// Entries of the log were exported.
    LogExported {
        /// As what: csv, ndjson.
        format: &'static str,
        /// What the export was narrowed to, by the names of the filters; empty: the whole log.
        filter: serde_json::Value,
    },
}

/// How a job ended, as far as the log is concerned.
#[derive(Clone, Debug)]
pub enum ActionOutcome {
    /// It did what it should.
    Success,
    /// It did not, or nobody knows.
    Error {
        /// Machine word for the cause.
        class: String,
        /// The cause in words.
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

/// An action spread over an entry's columns.
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
    /// The entry's columns.
    #[expect(clippy::too_many_lines, reason = "one act after another; in parts, one could be missing from all")]
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
