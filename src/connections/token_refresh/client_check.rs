//! Rejected OAuth clients: the check-up's question to the provider, and the remedy.

use super::TokenRefresher;
use super::load::load;
use super::request::{RefreshFailure, RequestingClient, send_refresh};
use super::state::RefreshState;
use crate::actor::Actor;
use crate::connections::oauth_clients;
use crate::connections::values_of;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::oauth::{self, Failure, FailureKind, Provider};
use crate::secret::Secret;

/// Result of asking a provider about the OAuth client of a connection.
pub(in crate::connections) enum ClientCheck {
    /// The provider accepts the client.
    Accepted,
    /// The provider does not know the client.
    Rejected(Failure, ClientRemedy),
    /// The provider gave another answer, or none.
    Unclear(Failure),
}

/// Step that resolves a rejected OAuth client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connections) enum ClientRemedy {
    /// The next sign-in registers a new client.
    SignInAgain,
    /// The owner entered the client, and corrects it.
    CheckOwnClient,
    /// An administrator entered the client for all users.
    AskAdministrator,
    /// An administrator has entered another client since.
    UseCurrentClient,
}

impl ClientRemedy {
    /// Sentence for the owner, without a full stop.
    pub(in crate::connections) const fn sentence(self) -> &'static str {
        match self {
            Self::SignInAgain => "Sign in again: the hub then registers there anew",
            Self::CheckOwnClient => {
                "Check the hub’s OAuth application there, and enter its client id when you sign in again"
            }
            Self::AskAdministrator => "An administrator has to check the hub’s OAuth application there",
            Self::UseCurrentClient => "This hub uses another application now: sign in again",
        }
    }

    pub(super) fn append_to(self, message: &str) -> String {
        format!("{message}. {}", self.sentence())
    }
}

/// Asks the provider to refresh a made-up token, without the steps decide and lease: no stored token is spent. Providers check
/// the client before the token.
pub(super) async fn check_client(
    refresher: &TokenRefresher,
    actor: &Actor,
    id: ConnectionId,
    provider: Provider,
) -> Result<ClientCheck> {
    let mut tx = refresher.system.begin().await?;
    let state = load(&mut tx, actor, &id.into()).await?;
    let (owner, client) = (actor.owner_id(), state.oauth_client_id);
    let record = oauth_clients::find_for_grant(&mut tx, &refresher.vault, owner, client, &provider).await?;
    drop(tx);
    let issuer = provider.issuer().to_owned();
    let client = record.as_ref().map(|record| RequestingClient::new(record, refresher.clock.now()));
    let failure = match record {
        None => oauth::unknown_client(&provider.host()),
        Some(record) => {
            let (provider, client) = (record.apply_client_auth(provider), record.client);
            let made_up = Secret::new(format!("made-up-{:032x}", rand::random::<u128>()));
            let values = values_of(state.captured.as_ref());
            match send_refresh(refresher, &provider, &values, &client, &made_up).await {
                Ok(_) | Err(Failure { kind: FailureKind::InvalidGrant, .. }) => return Ok(ClientCheck::Accepted),
                Err(failure) => failure,
            }
        }
    };
    if failure.kind != FailureKind::InvalidClient {
        return Ok(ClientCheck::Unclear(failure));
    }
    // Some providers answer so to a made-up token, so a client of all users is marked only after a real refresh.
    if client.is_some_and(|client| client.is_shared) {
        return Ok(ClientCheck::Rejected(failure, ClientRemedy::AskAdministrator));
    }
    let failed = RefreshFailure { failure, issuer, client };
    let mut tx = refresher.system.begin().await?;
    let remedy = handle_rejected_client(refresher, &mut tx, actor, &state, &failed).await?;
    tx.commit().await?;
    Ok(ClientCheck::Rejected(failed.failure, remedy))
}

/// Records that a provider rejects the client of a request, and returns the remedy.
pub(super) async fn handle_rejected_client(
    refresher: &TokenRefresher,
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    failed: &RefreshFailure,
) -> Result<ClientRemedy> {
    let RefreshFailure { failure, issuer, client } = failed;
    // A client that the hub no longer stores says nothing about those that it does.
    let Some(client) = client else { return Ok(ClientRemedy::SignInAgain) };
    let now = refresher.clock.now();
    if client.is_shared {
        let (connector, message) = (state.connector_id, &failure.message.to_string());
        let is_current =
            oauth_clients::record_rejection(tx, client.id, connector, message, client.requested_at, now).await?;
        return Ok(if is_current { ClientRemedy::AskAdministrator } else { ClientRemedy::UseCurrentClient });
    }
    let is_made_by_hub = oauth_clients::retire_client(tx, actor.owner_id(), issuer, Some(client.id), now).await?;
    Ok(if is_made_by_hub { ClientRemedy::SignInAgain } else { ClientRemedy::CheckOwnClient })
}
