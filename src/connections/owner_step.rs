//! The step that mends a connection, as far as the hub knows one. Lists and the dashboard link to it.

use super::status::{ConnectionHealth, ConnectionStatus};
use crate::connectors::AuthKind;

/// A step by which the owner of a connection can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerStep {
    /// Sign in at the service again.
    SignIn,
    /// Sign in again and grant the missing scopes.
    GrantMore,
    /// Enter another token or key.
    ReplaceCredential,
    /// Find out what is wrong.
    CheckUp,
}

impl OwnerStep {
    /// Returns the step for a connection; `None` if it works, or if its owner has disconnected it.
    #[must_use]
    pub const fn of_connection(status: ConnectionStatus, health: ConnectionHealth, auth: AuthKind) -> Option<Self> {
        use ConnectionHealth::{Degraded, Exhausted, Limited};
        if status.is_disconnected() || (status.is_usable() && health.is_ok()) {
            return None;
        }
        let step = match (health, auth) {
            // the service is away: another credential would not help
            (Degraded | Exhausted, _) | (_, AuthKind::None) => Self::CheckUp,
            (_, AuthKind::Token) => Self::ReplaceCredential,
            (Limited, AuthKind::OAuth) if status.is_usable() => Self::GrantMore,
            (_, AuthKind::OAuth) => Self::SignIn,
        };
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::{ConnectionHealth, ConnectionStatus};
    use super::OwnerStep;
    use crate::connectors::AuthKind;

    #[test]
    fn each_broken_connection_has_a_step_and_no_other_has() {
        for status in ConnectionStatus::ALL {
            for health in ConnectionHealth::ALL {
                for auth in AuthKind::ALL {
                    let is_well = status.is_disconnected() || (status.is_usable() && health.is_ok());
                    let step = OwnerStep::of_connection(status, health, auth);
                    assert_eq!(step.is_none(), is_well, "{status:?} {health:?} {auth:?}");
                }
            }
        }
    }

    #[test]
    fn the_step_fits_the_credential_and_the_cause() {
        use ConnectionHealth::{Degraded, Limited, ReauthRequired};
        use ConnectionStatus::{Active, Expired};
        let step = OwnerStep::of_connection;
        assert_eq!(step(Expired, ReauthRequired, AuthKind::OAuth), Some(OwnerStep::SignIn));
        assert_eq!(step(Expired, ReauthRequired, AuthKind::Token), Some(OwnerStep::ReplaceCredential));
        assert_eq!(step(Active, Limited, AuthKind::OAuth), Some(OwnerStep::GrantMore));
        assert_eq!(step(Active, Degraded, AuthKind::Token), Some(OwnerStep::CheckUp));
    }
}
