//! An action as columns of its entry.

use std::time::Duration;

use serde_json::json;

use super::action::Action;
use super::connection_change::AffectedConnection;
use super::connector_change::{AcceptedTool, ConnectorChange, NamedConnector};
use super::stored::AuditOutcome;
use super::token_change::{NamedGrant, NamedToken};
use crate::clock::to_jiff;
use crate::ids::{ConnectorId, JobId};

/// The columns that an action fills, besides its name.
#[derive(Default)]
pub(super) struct ActionColumns {
    /// Noun and id of the target.
    pub(super) target: Option<(&'static str, String)>,
    pub(super) connector: Option<ConnectorId>,
    pub(super) tool: Option<String>,
    pub(super) job: Option<JobId>,
    /// Code and words of the cause.
    pub(super) error: Option<(String, String)>,
    pub(super) latency: Option<Duration>,
    pub(super) request: Option<String>,
    pub(super) response: Option<String>,
}

impl ActionColumns {
    /// Returns the outcome of the action. An action without an outcome of its own failed if it has a cause.
    pub(super) const fn outcome(&self, action: &Action) -> AuditOutcome {
        match (action, &self.error) {
            (Action::ConnectionChecked { outcome, .. } | Action::JobFinished { outcome, .. }, _) => outcome.as_stored(),
            (_, Some(_)) => AuditOutcome::Failed,
            (_, None) => AuditOutcome::Succeeded,
        }
    }
}

impl From<&Action> for ActionColumns {
    fn from(action: &Action) -> Self {
        let (target, connector) = target(action);
        let columns = Self { target, connector, error: error(action), request: request(action), ..Self::default() };
        match action {
            Action::ToolsDiscovered { tools, changed, removed, .. } => {
                let found = json!({ "tools": tools, "changed": changed, "removed": removed });
                Self { response: Some(found.to_string()), ..columns }
            }
            Action::ConnectionChecked { job, latency, response, .. } => {
                Self { job: Some(*job), latency: Some(*latency), response: response.clone(), ..columns }
            }
            Action::ToolChangeAccepted(AcceptedTool { tool, .. }) => Self { tool: Some(tool.clone()), ..columns },
            Action::JobCancelRequested { job, tool, .. } => {
                Self { job: Some(*job), tool: Some(tool.clone()), ..columns }
            }
            Action::JobFinished { job, tool, latency, response, .. } => {
                Self { job: Some(*job), tool: tool.clone(), latency: *latency, response: response.clone(), ..columns }
            }
            _ => columns,
        }
    }
}

/// Returns noun and id of the target, and the connector involved.
fn target(action: &Action) -> (Option<(&'static str, String)>, Option<ConnectorId>) {
    match action {
        Action::AccountCreated { user, .. }
        | Action::AccountConfirmed { user }
        | Action::PasswordChanged { user }
        | Action::PasswordRefused { user }
        | Action::PasswordReset { user }
        | Action::EmailAsked { user, .. }
        | Action::EmailChanged { user }
        | Action::AccountDisabled { user, .. }
        | Action::AccountEnabled { user }
        | Action::AccountSignedOut { user, .. }
        | Action::AdministratorAdded { user }
        | Action::AdministratorRemoved { user } => (Some(("account", user.to_string())), None),
        Action::ConnectorAdded(NamedConnector { connector, .. })
        | Action::ConnectorRemoved(NamedConnector { connector, .. })
        | Action::ConnectorTurnedOff(NamedConnector { connector, .. })
        | Action::ConnectorTurnedOn(NamedConnector { connector, .. })
        | Action::ConnectorRenamed(ConnectorChange { connector, .. })
        | Action::ConnectorUrlChanged(ConnectorChange { connector, .. })
        | Action::ToolsDiscovered { connector, .. }
        | Action::DiscoveryFailed { connector, .. }
        | Action::ToolChangeAccepted(AcceptedTool { connector, .. })
        | Action::ConnectionRefused { connector, .. }
        | Action::ProviderChanged(ConnectorChange { connector, .. })
        | Action::ClientRegistered { connector, .. } => (Some(("connector", connector.to_string())), Some(*connector)),
        Action::ConnectionCreated(AffectedConnection { connection, connector })
        | Action::ConnectionReconnected(AffectedConnection { connection, connector })
        | Action::ConnectionRefreshed { connection, connector, .. }
        | Action::ConnectionVerified { connection, connector, .. }
        | Action::ConnectionLimited { connection, connector, .. }
        | Action::ConnectionRenamed { connection, connector, .. }
        | Action::DefaultConnectionChanged(AffectedConnection { connection, connector })
        | Action::ConnectionChecked { connection, connector, .. }
        | Action::ConnectionDisconnected(AffectedConnection { connection, connector })
        | Action::CredentialReplaced(AffectedConnection { connection, connector }) => {
            (Some(("connection", connection.to_string())), Some(*connector))
        }
        Action::TokenCreated(NamedToken { token, .. }) | Action::TokenRevoked(NamedToken { token, .. }) => {
            (Some(("token", token.to_string())), None)
        }
        Action::AssistantAllowed(NamedGrant { grant, .. })
        | Action::AssistantDisconnected(NamedGrant { grant, .. })
        | Action::AssistantStopped(NamedGrant { grant, .. }) => (Some(("assistant", grant.to_string())), None),
        Action::JobCancelRequested { job, connector, .. } => (Some(("job", job.to_string())), Some(*connector)),
        Action::JobFinished { job, connector, .. } => (Some(("job", job.to_string())), *connector),
        Action::ProfileChanged
        | Action::AppearanceChanged
        | Action::SessionsRevoked { .. }
        | Action::SessionStarted
        | Action::SessionEnded
        | Action::SessionRefused { .. }
        | Action::SessionDelayed { .. }
        | Action::LogExported { .. }
        | Action::PersonInvited { .. }
        | Action::InvitationWithdrawn { .. }
        | Action::MasterKeyChanged { .. } => (None, None),
    }
}

/// Returns code and words of the cause; `None` if the action succeeded.
fn error(action: &Action) -> Option<(String, String)> {
    let owned = |class: &str, message: &str| Some((class.to_owned(), message.to_owned()));
    match action {
        Action::PasswordRefused { .. } => owned("password", "The current password was wrong"),
        Action::SessionRefused { class, .. } => owned(class, "The sign-in was refused"),
        Action::SessionDelayed { .. } => owned("too_many", "Too many sign-ins were refused"),
        Action::DiscoveryFailed { class, message, .. } | Action::ConnectionRefused { class, message, .. } => {
            owned(class, message)
        }
        Action::ConnectionRefreshed { error, .. } | Action::ConnectionVerified { error, .. } => {
            error.as_ref().and_then(|(class, message)| owned(class, message))
        }
        Action::ConnectionChecked { outcome, .. } | Action::JobFinished { outcome, .. } => outcome.error(),
        _ => None,
    }
}

/// Returns the redacted request as JSON text.
fn request(action: &Action) -> Option<String> {
    let request = match action {
        Action::JobFinished { request, .. } => return request.clone(),
        Action::MasterKeyChanged { current, former } => json!({ "current": current, "former": former }),
        Action::AccountCreated { admin, .. } => json!({ "admin": admin }),
        Action::EmailAsked { email, .. }
        | Action::SessionRefused { email, .. }
        | Action::PersonInvited { email }
        | Action::InvitationWithdrawn { email } => json!({ "email": email }),
        Action::SessionDelayed { email, until } => json!({ "email": email, "until": to_jiff(*until).to_string() }),
        Action::SessionsRevoked { sessions }
        | Action::AccountDisabled { sessions, .. }
        | Action::AccountSignedOut { sessions, .. } => json!({ "sessions": sessions }),
        Action::ConnectorAdded(NamedConnector { name, url, .. })
        | Action::ConnectorRemoved(NamedConnector { name, url, .. }) => json!({ "name": name, "url": url }),
        Action::ConnectorTurnedOff(NamedConnector { name, .. })
        | Action::ConnectorTurnedOn(NamedConnector { name, .. }) => {
            json!({ "name": name })
        }
        Action::ToolChangeAccepted(AcceptedTool { version, .. }) => json!({ "version": version }),
        Action::ConnectionLimited { scopes, .. } => json!({ "scopes": scopes }),
        Action::ClientRegistered { issuer, .. } => json!({ "issuer": issuer }),
        Action::ProviderChanged(ConnectorChange { from, to, .. }) => json!({ "former": from, "issuer": to }),
        Action::ConnectionRenamed { from, to, .. }
        | Action::ConnectorRenamed(ConnectorChange { from, to, .. })
        | Action::ConnectorUrlChanged(ConnectorChange { from, to, .. }) => json!({ "from": from, "to": to }),
        Action::TokenCreated(NamedToken { name, scopes, .. })
        | Action::TokenRevoked(NamedToken { name, scopes, .. }) => {
            json!({ "name": name, "scopes": scopes })
        }
        Action::AssistantAllowed(NamedGrant { name, host, scopes, .. })
        | Action::AssistantDisconnected(NamedGrant { name, host, scopes, .. })
        | Action::AssistantStopped(NamedGrant { name, host, scopes, .. }) => {
            json!({ "name": name, "host": host, "scopes": scopes })
        }
        Action::LogExported { format, filter } => json!({ "format": format, "filter": filter }),
        _ => return None,
    };
    Some(request.to_string())
}
