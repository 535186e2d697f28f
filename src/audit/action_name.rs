//! The table of audited actions: stored name, title and category.

use super::action::Action;
use super::stored::{Stored, StoredText};

/// A group of actions, by which the log can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Tool calls.
    Jobs,
    /// Connectors and their tools.
    Connectors,
    /// Connections and their credentials.
    Connections,
    /// The user's account.
    Account,
    /// Sign-ins and browser sessions.
    Sessions,
    /// The audit log itself.
    Log,
    /// Administration of the hub, which is in no user's log.
    Hub,
}

/// Declares the actions. A line has the variant of [`Action`] (`or` another one with the same name), the stored name
/// (`noun.past`), the title on pages, and the category.
macro_rules! actions {
    ($($name:ident $(or $other:ident)*: $stored:literal, $title:literal, $category:ident;)+) => {
        /// The name of an action.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ActionName {
            $(#[doc = $title] $name,)+
        }

        impl ActionName {
            /// Every action, by category.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stored name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $stored,)+ }
            }

            /// Returns the title for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// Returns the category.
            #[must_use]
            pub const fn category(self) -> Category {
                match self { $(Self::$name => Category::$category,)+ }
            }
        }

        impl Action {
            /// Returns the name.
            #[must_use]
            pub const fn name(&self) -> ActionName {
                match self { $(Self::$name { .. } $(| Self::$other { .. })* => ActionName::$name,)+ }
            }
        }
    };
}

actions! {
    JobFinished: "job.finished", "Tool run", Jobs;
    JobCancelRequested: "job.cancel_requested", "Cancellation requested", Jobs;
    ConnectorAdded: "connector.added", "Connector added", Connectors;
    ConnectorRenamed: "connector.renamed", "Connector renamed", Connectors;
    ConnectorUrlChanged: "connector.moved", "Address of a connector changed", Connectors;
    ConnectorRemoved: "connector.removed", "Connector removed", Connectors;
    ProviderChanged: "provider.changed", "Sign-in of a server changed", Connectors;
    ClientRegistered: "client.registered", "Hub registered at a service", Connectors;
    ToolsDiscovered or DiscoveryFailed: "tools.discovered", "Discovery of tools", Connectors;
    ToolChangeAccepted: "tool.accepted", "Change of a tool accepted", Connectors;
    ConnectionCreated: "connection.created", "Connection created", Connections;
    ConnectionReconnected: "connection.reconnected", "Connected again", Connections;
    ConnectionRefreshed: "connection.renewed", "Refresh of a token", Connections;
    ConnectionVerified: "connection.verified", "Verification of a key or token", Connections;
    ConnectionLimited: "connection.limited", "More permission required", Connections;
    ConnectionRefused: "connection.refused", "Sign-in at a service refused", Connections;
    ConnectionChecked: "connection.checked", "Check-up of a connection", Connections;
    ConnectionRenamed: "connection.renamed", "Connection renamed", Connections;
    DefaultConnectionChanged: "connection.preferred", "Default connection changed", Connections;
    CredentialReplaced: "credential.replaced", "Credential replaced", Connections;
    ConnectionDisconnected: "connection.disconnected", "Connection disconnected", Connections;
    AccountCreated: "account.created", "Account created", Account;
    AccountConfirmed: "account.confirmed", "Email address confirmed", Account;
    ProfileChanged: "profile.changed", "Profile changed", Account;
    AppearanceChanged: "appearance.changed", "Appearance changed", Account;
    EmailAsked: "email.asked", "New email address requested", Account;
    EmailChanged: "email.changed", "Email address changed", Account;
    PasswordChanged: "password.changed", "Password changed", Account;
    PasswordReset: "password.reset", "Password reset by a mailed link", Account;
    PasswordRefused: "password.refused", "Current password refused", Account;
    TokenCreated: "token.created", "Token created", Account;
    TokenRevoked: "token.revoked", "Token revoked", Account;
    AssistantAllowed: "assistant.allowed", "Assistant connected", Account;
    AssistantDisconnected: "assistant.disconnected", "Assistant disconnected", Account;
    AssistantStopped: "assistant.stopped", "Assistant stopped", Account;
    SessionStarted: "session.started", "Signed in", Sessions;
    SessionRefused: "session.refused", "Sign-in refused", Sessions;
    SessionDelayed: "session.delayed", "Sign-in slowed down", Sessions;
    SessionEnded: "session.ended", "Signed out", Sessions;
    SessionsRevoked: "sessions.revoked", "Browsers signed out", Sessions;
    LogExported: "audit.exported", "Audit log exported", Log;
    PersonInvited: "person.invited", "Person invited", Hub;
    InvitationWithdrawn: "invitation.withdrawn", "Invitation withdrawn", Hub;
    ConnectorTurnedOff: "connector.turned_off", "Connector turned off", Hub;
    ConnectorTurnedOn: "connector.turned_on", "Connector turned on", Hub;
    AccountDisabled: "account.disabled", "Account disabled", Hub;
    AccountEnabled: "account.enabled", "Account enabled", Hub;
    AccountSignedOut: "account.signed_out", "Account signed out everywhere", Hub;
    AdministratorAdded: "administrator.added", "Administrator added", Hub;
    AdministratorRemoved: "administrator.removed", "Administrator removed", Hub;
    MasterKeyChanged: "master_key.changed", "Master key changed", Hub;
}

impl StoredText for ActionName {
    const VALUES: &'static [Self] = Self::ALL;

    fn stored_text(self) -> &'static str {
        self.as_str()
    }
}

impl Stored<ActionName> {
    /// Returns the title for people; the action of another version is shown as stored.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Value(name) => name.title(),
            Self::OtherText(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ActionName;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_titles_are_unique_and_names_have_two_parts() {
        let names: BTreeSet<_> = ActionName::ALL.iter().map(|name| name.as_str()).collect();
        let titles: BTreeSet<_> = ActionName::ALL.iter().map(|name| name.title()).collect();
        assert_eq!((names.len(), titles.len()), (ActionName::ALL.len(), ActionName::ALL.len()));
        assert!(names.iter().all(|name| name.split('.').filter(|part| !part.is_empty()).count() == 2));
    }
}
