//! Rejections of the OAuth client that serves all users, as sign-ins meet them: recorded once, mailed to administrators, and
//! cleared when the client works. Called by `callback`, and by the page of the client.

use super::AuthorizationService;
use super::store_requests::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::connections::oauth_clients::{self, ClientRejection, OauthClientRecord};
use crate::error::{Error, Result};
use crate::oauth::Failure;

impl AuthorizationService<'_> {
    /// Returns the rejection of a client that serves all users, if its provider rejects it.
    pub async fn client_rejection(&self, client: &OauthClientRecord) -> Result<Option<ClientRejection>> {
        Ok(oauth_clients::find_rejection(&mut *self.system.acquire().await?, client.id).await?)
    }

    /// Records that the provider rejected the client during a sign-in.
    pub(super) async fn record_client_rejection(
        &self,
        client: &OauthClientRecord,
        request: &AuthorizationRequest,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<()> {
        let mut conn = self.system.acquire().await?;
        let message = &failure.message.to_string();
        oauth_clients::record_rejection(&mut conn, client.id, request.connector_id, message, now, now).await?;
        Ok(())
    }

    /// Clears the rejection after a sign-in. An error is logged only: the next refresh clears it too.
    pub(super) async fn clear_client_rejection(&self, client: &OauthClientRecord) {
        let cleared = async {
            Ok::<_, Error>(oauth_clients::clear_rejection(&mut *self.system.acquire().await?, client.id).await?)
        };
        if let Err(error) = cleared.await {
            let id = client.id;
            tracing::warn!(
                oauth_client.id = %id,
                %error,
                "Failed to clear the rejection of OAuth client {id}; the next refresh clears it"
            );
        }
    }
}
