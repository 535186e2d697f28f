//! Step 4, request: sends the refresh request to the provider.

use std::time::Duration;

use tokio::time::sleep;

use super::TokenRefresher;
use super::decision::RefreshAttempt;
use super::load::load;
use super::state::RefreshState;
use crate::clock::Timestamp;
use crate::connections::client_token::{self, IssuedToken};
use crate::connections::oauth_clients::{self, OauthClientRecord};
use crate::connections::values_of;
use crate::connectors::{self, ClientCredentials};
use crate::error::{Error, Result};
use crate::ids::OauthClientId;
use crate::oauth::{self, Client, Failure, FailureKind, Grant, Provider, TemplateValues, TokenKind};
use crate::secret::Secret;

/// Pause before a refresh whose answer was lost is sent once more.
pub(super) const REPEAT_DELAY: Duration = Duration::from_secs(5);

/// Provider's answer to a refresh request.
pub(super) enum RefreshResponse {
    Granted(Box<RefreshedGrant>),
    Failed(RefreshFailure),
    /// The request was not sent: the owner connected again meanwhile, and refreshing would invalidate the new token.
    Superseded,
}

pub(super) struct RefreshedGrant {
    pub(super) provider: Provider,
    pub(super) client: Client,
    pub(super) grant: Grant,
}

pub(super) struct RefreshFailure {
    pub(super) failure: Failure,
    pub(super) issuer: String,
    /// OAuth client of the request; `None` if the hub has none any more.
    pub(super) client: Option<RequestingClient>,
}

/// OAuth client that a request was made with.
#[derive(Clone, Copy)]
pub(super) struct RequestingClient {
    pub(super) id: OauthClientId,
    /// Entered by an administrator for all users.
    pub(super) is_shared: bool,
    pub(super) requested_at: Timestamp,
}

/// Provider, client and token of a request, read in one transaction.
struct RequestInput {
    provider: Provider,
    client: Option<OauthClientRecord>,
    token: Secret,
}

/// Secret that a refresh presents, with what else its request needs.
enum RefreshInput {
    /// A refresh token.
    Grant(Box<RequestInput>),
    /// The secret of an application that the owner entered.
    Client { service: Box<ClientCredentials>, secrets: Secret },
}

impl RequestingClient {
    pub(super) const fn new(client: &OauthClientRecord, requested_at: Timestamp) -> Self {
        Self { id: client.id, is_shared: client.is_shared, requested_at }
    }
}

/// Asks the provider for a new token.
pub(super) async fn request_refresh(refresher: &TokenRefresher, attempt: &RefreshAttempt) -> Result<RefreshResponse> {
    let Some(input) = read_input(refresher, attempt).await? else { return Ok(RefreshResponse::Superseded) };
    let RequestInput { provider, client, token } = match input {
        RefreshInput::Grant(input) => *input,
        RefreshInput::Client { service, secrets } => {
            return request_client_token(refresher, attempt, &service, &secrets).await;
        }
    };
    let issuer = provider.issuer().to_owned();
    let Some(record) = client else {
        let failure = oauth::unknown_client(&provider.host());
        return Ok(RefreshResponse::Failed(RefreshFailure { failure, issuer, client: None }));
    };
    let values = record.complete(values_of(attempt.state.captured.as_ref()));
    let requesting = RequestingClient::new(&record, refresher.clock.now());
    let (provider, client) = (record.apply_client_auth(provider), record.client);
    let response = match send_refresh(refresher, &provider, &values, &client, &token).await {
        // The answer was lost. Many providers accept the same token once more for a short time, but not while they answer the
        // first request.
        Err(Failure { kind: FailureKind::Ambiguous, .. }) => {
            sleep(REPEAT_DELAY).await;
            send_refresh(refresher, &provider, &values, &client, &token).await
        }
        answered => answered,
    };
    Ok(match response {
        Ok(grant) => RefreshResponse::Granted(Box::new(RefreshedGrant { provider, client, grant })),
        Err(failure) => RefreshResponse::Failed(RefreshFailure { failure, issuer, client: Some(requesting) }),
    })
}

/// Requests a token for the application that the owner entered.
async fn request_client_token(
    refresher: &TokenRefresher,
    attempt: &RefreshAttempt,
    service: &ClientCredentials,
    secrets: &Secret,
) -> Result<RefreshResponse> {
    let (values, now) = (values_of(attempt.state.captured.as_ref()), refresher.clock.now());
    Ok(match client_token::request(&refresher.egress, service, &values, secrets, now).await? {
        Ok(IssuedToken { provider, client, grant }) => {
            RefreshResponse::Granted(Box::new(RefreshedGrant { provider, client, grant }))
        }
        Err(failure) => {
            RefreshResponse::Failed(RefreshFailure { failure, issuer: service.token_url.clone(), client: None })
        }
    })
}

/// Reads what the request needs; `None` if the stored token is newer than the state of the attempt.
async fn read_input(refresher: &TokenRefresher, attempt: &RefreshAttempt) -> Result<Option<RefreshInput>> {
    let RefreshAttempt { actor, state, .. } = attempt;
    let owner = actor.owner_id();
    let mut tx = refresher.system.begin().await?;
    let descriptor = connectors::descriptor(&mut tx, actor, state.connector_id).await?;
    if let Some(service) = descriptor.and_then(|it| it.client_credentials) {
        let secrets = state.refresh.as_ref().ok_or_else(|| sign_in_missing(state))?;
        let secrets = refresher.vault.open(&mut tx, owner, secrets).await?;
        let is_current = load(&mut tx, actor, &state.connection_token()).await?.version == state.version;
        return Ok(is_current.then(|| RefreshInput::Client { service: Box::new(service), secrets }));
    }
    let provider = connectors::provider(&mut tx, actor, state.connector_id).await?;
    let provider = provider.ok_or_else(|| sign_in_missing(state))?;
    let client =
        oauth_clients::find_for_grant(&mut tx, &refresher.vault, owner, state.oauth_client_id, &provider).await?;
    let subject = provider.refresh.as_ref().map(|refresh| refresh.subject).unwrap_or_default();
    let token = match subject {
        TokenKind::Refresh => state.refresh.as_ref(),
        TokenKind::Access => state.access.as_ref(),
    };
    let token = refresher.vault.open(&mut tx, owner, token.ok_or_else(|| sign_in_missing(state))?).await?;
    // Secrets are replaced in place: the token belongs to this version only if the version is still the same.
    if load(&mut tx, actor, &state.connection_token()).await?.version != state.version {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(RefreshInput::Grant(Box::new(RequestInput { provider, client, token }))))
}

/// Error of a connection that has a refresh token, and a connector without sign-in.
fn sign_in_missing(state: &RefreshState) -> Error {
    Error::conflict(format!("{} no longer has a sign-in", state.service), "Connect it again")
}

/// Sends one request to the token endpoint.
pub(super) async fn send_refresh(
    refresher: &TokenRefresher,
    provider: &Provider,
    values: &TemplateValues,
    client: &Client,
    token: &Secret,
) -> Result<Grant, Failure> {
    oauth::refresh(&refresher.egress, provider, values, client, token, refresher.clock.now()).await
}

/// Revokes a grant that arrived after its owner disconnected the connection.
pub(super) async fn revoke_unused_grant(refresher: &TokenRefresher, state: &RefreshState, granted: &RefreshedGrant) {
    let RefreshedGrant { provider, client, grant } = granted;
    if !provider.revokes(state.token.as_deref()) {
        return;
    }
    let (values, tokens) = (values_of(state.captured.as_ref()), (&grant.access, grant.refresh.as_ref()));
    let revoked = oauth::revoke(&refresher.egress, provider, &values, client, tokens, refresher.clock.now()).await;
    if let Err(failure) = revoked {
        let id = state.id;
        tracing::warn!(
            connection.id = %id,
            error = %failure.message,
            "Failed to revoke the unused token of connection {id}; it stays valid until it expires"
        );
    }
}
