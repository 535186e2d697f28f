//! Credentials for calls: tokens are refreshed before they expire or after a rejection, and keys are verified while idle.
//!
//! [`TokenRefresher`] serves jobs (`jobs::run`), check-ups and the discovery of tools; the recurring tasks of the server run its sweeps.
//! Pages must not ask it for a credential: that may wait for a provider, and a credential belongs to a call.
//!
//! A request for a credential goes through these steps, one file each:
//!
//! 1. load ([`load`]): reads the [`state`] of the connection.
//! 2. decide ([`decision`]): uses the stored token, refreshes it, or stops.
//! 3. lease ([`lease`]): makes this task the only one that refreshes the connection, among all processes. Repeats
//!    steps 1 and 2 under the lease.
//! 4. request ([`request`]): sends the refresh request to the provider.
//! 5. persist ([`persist`]): stores the outcome in one transaction.
//! 6. notify ([`notify`]): wakes jobs and pages, and starts mails.
//!
//! A request that presents a credential goes through [`credentialed_request`], so that a rejection enters step 1 too.
//! `refresh` drives steps 4 to 6. A check of the OAuth client ([`client_check`]) sends a refresh request with a made-up
//! token, so it takes neither the decision nor the lease.
//!
//! A refresh ends without its callers: after [`REFRESH_WAIT_TIMEOUT`] they get the answer that it is under way.
//!
//! Invariants: a new token is stored before a call presents it. A network failure never expires a connection. After a failure
//! the hub leaves the provider alone for a growing time ([`backoff`]). A connection that failed on four days is exhausted:
//! calls wait, and the hub tries once a day.

mod backoff;
mod challenges;
mod client_check;
mod connection_token;
mod credentialed_request;
mod decision;
mod due;
mod expiry;
mod lease;
mod load;
mod metrics;
mod notify;
mod persist;
mod request;
mod service_requests;
mod state;
mod store_connections;
mod store_due;
mod store_leases;
mod store_tokens;
mod verification;

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, timeout_at};

pub(super) use self::client_check::ClientCheck;
pub use self::connection_token::ConnectionToken;
pub use self::credentialed_request::{CredentialRejection, CredentialedRequest, RequestOutcome};
pub use self::lease::RefreshLocks;
pub(super) use self::verification::schedule_verification;

use self::decision::{RefreshRequest, RefreshTrigger, decide, disconnected_error};
use self::lease::{HeldLease, LeaseClaim, REFRESH_WAIT_TIMEOUT};
use self::persist::RefreshOutcome;
use self::request::RefreshResponse;
use self::service_requests::{CheckCall, ToolListRequest};
use crate::actor::Actor;
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::connections::notices::Notifier;
use crate::connections::rest_service::RestService;
use crate::connections::retry::retry_while_unavailable;
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::live::Live;
use crate::oauth::Provider;
use crate::secret::Secret;
use crate::upstream::{Discovery, Server};
use crate::vault::Vault;

/// Caller's delay before the next request while another process refreshes the token.
const REFRESH_RETRY_DELAY: Duration = Duration::from_secs(30);

/// Refreshes access tokens and verifies keys; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct TokenRefresher {
    pub system: SystemDb,
    pub vault: Vault,
    pub egress: Egress,
    pub clock: Clock,
    pub live: Live,
    pub background_tasks: BackgroundTasks,
    pub notifier: Notifier,
    pub locks: RefreshLocks,
}

/// Token or key that a call presents.
#[derive(Clone, Debug)]
pub struct BearerCredential {
    /// `None` if the service requires no sign-in.
    pub token: Option<Secret>,
    /// Version of the connection's credential.
    pub version: i32,
}

/// Answer to a request for a credential: the credential, or the reason why the caller must wait.
#[derive(Debug)]
pub enum CredentialAnswer {
    /// The call can be made.
    Ready(BearerCredential),
    /// The owner must connect again; a sentence that says why.
    ReauthRequired(String),
    /// The provider could not be asked for a new token.
    ProviderUnavailable {
        /// A sentence that says why.
        message: String,
        /// Delay until the next attempt.
        after: Duration,
    },
}

impl CredentialAnswer {
    /// Says why there is no credential to present, without a full stop.
    pub(in crate::connections) fn into_reason(self) -> String {
        match self {
            Self::Ready(_) => "The credential was replaced meanwhile. Try again".to_owned(),
            Self::ReauthRequired(message) | Self::ProviderUnavailable { message, .. } => message,
        }
    }
}

impl TokenRefresher {
    /// Returns the credential for one call, refreshed first if it is due.
    ///
    /// # Errors
    /// [`Error::Stale`](crate::error::Error::Stale) if the owner has disconnected the connection.
    pub async fn credential(&self, actor: &Actor, token: &ConnectionToken) -> Result<CredentialAnswer> {
        self.resolve(actor, token, RefreshTrigger::Call).await
    }

    /// Sends a request with the first credential of a connection, refreshed first if it is due.
    pub async fn send<R: CredentialedRequest>(
        &self,
        actor: &Actor,
        id: ConnectionId,
        request: &mut R,
    ) -> Result<RequestOutcome<R::Answer>> {
        let token = ConnectionToken::from(id);
        match self.credential(actor, &token).await? {
            CredentialAnswer::Ready(first) => self.send_with(actor, &token, first, request).await,
            unavailable => Ok(RequestOutcome::NoCredential(unavailable)),
        }
    }

    /// Sends a request with `first`, a credential of a connection. If the service rejects `first`, the request is sent once
    /// more with another credential, or the connection's state says that there is none.
    pub async fn send_with<R: CredentialedRequest>(
        &self,
        actor: &Actor,
        token: &ConnectionToken,
        first: BearerCredential,
        request: &mut R,
    ) -> Result<RequestOutcome<R::Answer>> {
        credentialed_request::send(self, actor, token, first, request).await
    }

    /// Asks the MCP server of a connection for its tools.
    pub(in crate::connections) async fn list_tools(
        &self,
        actor: &Actor,
        id: ConnectionId,
        server: &Server,
    ) -> Result<RequestOutcome<Result<Discovery>>> {
        self.send(actor, id, &mut ToolListRequest { refresher: self, server }).await
    }

    /// Makes the check call of a connection's REST service.
    pub(in crate::connections) async fn check_service(
        &self,
        actor: &Actor,
        id: ConnectionId,
        service: RestService,
    ) -> Result<RequestOutcome<Result<()>>> {
        self.send(actor, id, &mut CheckCall { refresher: self, service }).await
    }

    /// Returns a newer credential than `seen_version`, which the service rejected with `message`. A connection that cannot be
    /// refreshed expires.
    pub async fn refresh_after_rejection(
        &self,
        actor: &Actor,
        token: &ConnectionToken,
        seen_version: i32,
        message: &str,
    ) -> Result<CredentialAnswer> {
        self.resolve(actor, token, RefreshTrigger::Rejection { seen_version, message: message.to_owned() }).await
    }

    /// Asks the provider whether it accepts the OAuth client of a connection.
    pub(in crate::connections) async fn check_client(
        &self,
        actor: &Actor,
        id: ConnectionId,
        provider: Provider,
    ) -> Result<ClientCheck> {
        client_check::check_client(self, actor, id, provider).await
    }

    /// Refreshes the tokens of all users that are due, and enqueues the notices that are due. Returns the number of due tokens.
    ///
    /// # Errors
    /// Fails only if the database cannot be asked: a refresh that fails is recorded with its connection.
    pub async fn refresh_due(&self) -> Result<usize> {
        let due = due::refresh_due(self).await?;
        self.notifier.enqueue_due().await?;
        Ok(due)
    }

    /// Verifies the keys of all users that were not used for a day. Returns the number of due keys.
    ///
    /// # Errors
    /// Fails only if the database cannot be asked: a verification that fails is recorded with its connection.
    pub async fn verify_idle_keys(&self) -> Result<usize> {
        due::verify_idle_keys(self).await
    }

    /// Runs the steps of one request for a credential.
    async fn resolve(
        &self,
        actor: &Actor,
        token: &ConnectionToken,
        trigger: RefreshTrigger,
    ) -> Result<CredentialAnswer> {
        let mut conn = self.system.acquire().await?;
        let state = load::load(&mut conn, actor, token).await?;
        let request = RefreshRequest::new(trigger, &state);
        let decision = decide(&state, &request, self.clock.now());
        if let Some(credential) = decision.credential(self, &mut conn, actor, &state).await? {
            return Ok(credential);
        }
        drop(conn);
        let deadline = Instant::now() + REFRESH_WAIT_TIMEOUT;
        let Ok(lock) = timeout_at(deadline, self.locks.lock(token.connection)).await else {
            return Ok(state.answer_while_refreshing());
        };
        match lease::claim(self, actor, token, request, deadline).await? {
            LeaseClaim::Answered(credential) => Ok(credential),
            LeaseClaim::Claimed(lease) => {
                // If the caller does not wait, the refresh still ends: what the provider has issued must be stored.
                let refresh = refresh(self.clone(), lease, lock);
                let refreshing = self.background_tasks.run_to_end(refresh);
                timeout_at(deadline, refreshing).await.unwrap_or_else(|_| Ok(state.answer_while_refreshing()))
            }
        }
    }
}

/// Drives steps 4 to 6 for a connection whose lease this task holds: request, persist and notify. Keeps other tasks of the
/// process waiting until it ends.
async fn refresh(
    refresher: TokenRefresher,
    lease: Box<HeldLease>,
    _lock: OwnedMutexGuard<()>,
) -> Result<CredentialAnswer> {
    let response = match request::request_refresh(&refresher, &lease.attempt).await {
        Ok(response) => response,
        Err(error) => {
            metrics::count_error();
            lease::release(&refresher, &lease).await;
            return Err(error);
        }
    };
    // The new token exists nowhere else, and the former token may be invalid already.
    let outcome = retry_while_unavailable(|| persist::store_response(&refresher, &lease, &response)).await?;
    metrics::count(&response);
    notify::notify(&refresher, &lease.attempt, &response, &outcome);
    match (outcome, &response) {
        (RefreshOutcome::Refreshed(credential, _), _) => Ok(CredentialAnswer::Ready(credential)),
        (RefreshOutcome::NotRefreshed(credential), _) => Ok(credential),
        (RefreshOutcome::Disconnected, RefreshResponse::Granted(granted)) => {
            request::revoke_unused_grant(&refresher, &lease.attempt.state, granted).await;
            Err(disconnected_error())
        }
        (RefreshOutcome::Disconnected, _) => Err(disconnected_error()),
    }
}
