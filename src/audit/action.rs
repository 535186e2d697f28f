//! Actions that are audited, each with the typed fields of its entry. `action_name` has their table, `action_columns` the columns.

use std::time::Duration;

use super::action_outcome::ActionOutcome;
use super::connection_change::AffectedConnection;
use super::connector_change::{AcceptedTool, ConnectorChange, NamedConnector};
use super::token_change::{NamedGrant, NamedToken};
use crate::clock::Timestamp;
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
    ConnectorAdded(NamedConnector),
    /// An owner gave a connector another name.
    ConnectorRenamed(ConnectorChange),
    /// An owner gave a connector another address.
    ConnectorUrlChanged(ConnectorChange),
    /// An owner removed a connector.
    ConnectorRemoved(NamedConnector),
    /// A sign-in found another description of the provider of a connector, which replaced the former one. The texts are the issuers,
    /// which are the same if something else has changed.
    ProviderChanged(ConnectorChange),
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
    /// An owner accepted a changed definition of a tool, which runs from then on.
    ToolChangeAccepted(AcceptedTool),
    /// A connection was created.
    ConnectionCreated(AffectedConnection),
    /// A connection got a new credential by another sign-in.
    ConnectionReconnected(AffectedConnection),
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
    DefaultConnectionChanged(AffectedConnection),
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
    ConnectionDisconnected(AffectedConnection),
    /// The credential of a connection was replaced.
    CredentialReplaced(AffectedConnection),
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
    /// An administrator invited a person. The address is stored only in the erasable body.
    PersonInvited {
        /// Address of the person.
        email: String,
    },
    /// An administrator withdrew an invitation. The address is stored only in the erasable body.
    InvitationWithdrawn {
        /// Address of the person.
        email: String,
    },
    /// An administrator turned a shipped connector off for everybody.
    ConnectorTurnedOff(NamedConnector),
    /// An administrator turned a shipped connector on again.
    ConnectorTurnedOn(NamedConnector),
    /// An administrator disabled an account.
    AccountDisabled {
        /// The account.
        user: UserId,
        /// Number of ended sessions.
        sessions: u64,
    },
    /// An administrator enabled a disabled account.
    AccountEnabled {
        /// The account.
        user: UserId,
    },
    /// An administrator ended all sessions of an account.
    AccountSignedOut {
        /// The account.
        user: UserId,
        /// Number of ended sessions.
        sessions: u64,
    },
    /// An administrator made a person an administrator.
    AdministratorAdded {
        /// The account.
        user: UserId,
    },
    /// An administrator took the administration of the hub from a person.
    AdministratorRemoved {
        /// The account.
        user: UserId,
    },
    /// The operator changed the master key.
    MasterKeyChanged {
        /// Id of the new master key.
        current: String,
        /// Ids of the master keys that nothing needs any more.
        former: Vec<String>,
    },
    /// A person created an access token for a program.
    TokenCreated(NamedToken),
    /// A person revoked one of their access tokens.
    TokenRevoked(NamedToken),
    /// A person allowed an assistant to act for them.
    AssistantAllowed(NamedGrant),
    /// A person or the assistant ended a grant.
    AssistantDisconnected(NamedGrant),
    /// The hub ended a grant, because its code or refresh token was exchanged twice.
    AssistantStopped(NamedGrant),
    /// Entries of the log were exported.
    LogExported {
        /// Format: csv or ndjson.
        format: &'static str,
        /// Filters of the export by name; empty: the whole log.
        filter: serde_json::Value,
    },
}
