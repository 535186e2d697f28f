//! The one way of a request that presents the stored credential of a connection.
//!
//! The service gets the request with the current credential, and once more with another one if it rejects the first. So each
//! rejection reaches the state of its connection, whatever the request was for: a call, a discovery of tools or a check.

use super::challenges::{handle_authentication_required, handle_insufficient_scope};
use super::expiry::expire_after_second_rejection;
use super::{BearerCredential, ConnectionToken, CredentialAnswer, TokenRefresher};
use crate::actor::Actor;
use crate::error::Result;
use crate::oauth::Challenge;

/// A request that presents a credential.
pub trait CredentialedRequest: Send {
    /// The service's answer.
    type Answer: Send;

    /// Names what the request is for, if the service requires more permission for it.
    fn purpose(&self) -> &str;

    /// Sends the request.
    fn send(
        &mut self,
        credential: &BearerCredential,
    ) -> impl Future<Output = (Self::Answer, Option<CredentialRejection>)> + Send;
}

/// A service's rejection of a credential. The service has not handled the request.
#[derive(Clone, Debug)]
pub struct CredentialRejection {
    /// A sentence that names the service.
    pub message: String,
    /// The service's challenge.
    pub challenge: Challenge,
}

impl CredentialRejection {
    /// Builds a rejection from the `WWW-Authenticate` headers, one a line.
    #[must_use]
    pub fn new(message: String, headers: Option<&str>) -> Self {
        Self { message, challenge: headers.map(Challenge::parse).unwrap_or_default() }
    }

    /// Returns true if the credential is valid but does not permit the request.
    #[must_use]
    pub fn is_insufficient_scope(&self) -> bool {
        self.challenge.error.as_deref() == Some("insufficient_scope")
    }
}

/// The outcome of a request.
#[derive(Debug)]
pub enum RequestOutcome<A> {
    /// The service's last answer. It is a rejection only if no other credential could be had.
    Answered {
        /// The answer.
        answer: A,
        /// The credential that the service received last.
        credential: BearerCredential,
        /// The service rejected the first credential.
        is_second: bool,
    },
    /// There is no credential that the service accepts. [`CredentialAnswer::Ready`] is a credential that another caller has stored
    /// after the service rejected two.
    NoCredential(CredentialAnswer),
}

/// See [`TokenRefresher::send_with`].
pub(super) async fn send<R: CredentialedRequest>(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    first: BearerCredential,
    request: &mut R,
) -> Result<RequestOutcome<R::Answer>> {
    let (answer, rejection) = request.send(&first).await;
    let Some(rejection) = rejection else {
        return Ok(RequestOutcome::Answered { answer, credential: first, is_second: false });
    };
    let second = match find_other_credential(refresher, actor, token, &first, request.purpose(), &rejection).await? {
        None => return Ok(RequestOutcome::Answered { answer, credential: first, is_second: false }),
        Some(CredentialAnswer::Ready(second)) => second,
        Some(unavailable) => return Ok(RequestOutcome::NoCredential(unavailable)),
    };
    let (answer, rejection) = request.send(&second).await;
    if let Some(rejection) = rejection {
        if !rejection.is_insufficient_scope() {
            let (version, message) = (second.version, &rejection.message);
            let expired = expire_after_second_rejection(refresher, actor, token, version, message).await?;
            return Ok(RequestOutcome::NoCredential(expired));
        }
        // records the missing scopes; there is no third request
        match find_other_credential(refresher, actor, token, &second, request.purpose(), &rejection).await? {
            None | Some(CredentialAnswer::Ready(_)) => {}
            Some(unavailable) => return Ok(RequestOutcome::NoCredential(unavailable)),
        }
    }
    Ok(RequestOutcome::Answered { answer, credential: second, is_second: true })
}

/// Returns the credential in the place of a rejected one, or the reason to wait. `None` if there is nothing to do.
async fn find_other_credential(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    rejected: &BearerCredential,
    purpose: &str,
    rejection: &CredentialRejection,
) -> Result<Option<CredentialAnswer>> {
    let (seen, challenge) = (rejected.version, &rejection.challenge);
    if rejection.is_insufficient_scope() {
        handle_insufficient_scope(refresher, actor, token, seen, purpose, &challenge.scopes).await
    } else if rejected.token.is_none() {
        handle_authentication_required(refresher, actor, token, seen, challenge).await
    } else {
        refresher.refresh_after_rejection(actor, token, seen, &rejection.message).await.map(Some)
    }
}
