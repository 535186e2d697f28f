//! Rejections of the OAuth client that serves all users: recorded once, mailed to administrators, and cleared when the client
//! works or is entered again. The callback and the token refresh record and clear them.

use sqlx::PgConnection;

use super::AuthorizationService;
use super::oauth_clients::OauthClientRecord;
use super::store_oauth_clients as store;
use super::store_requests::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, OauthClientId};
use crate::oauth::Failure;

/// A provider's rejection of the OAuth client that serves all users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRejection {
    /// The provider's answer, without a full stop.
    pub message: String,
    /// Time of the first rejection.
    pub since: Timestamp,
}

impl AuthorizationService<'_> {
    /// Returns the rejection of a client that serves all users, if its provider rejects it.
    pub async fn client_rejection(&self, client: &OauthClientRecord) -> Result<Option<ClientRejection>> {
        Ok(store::find_shared_client_rejection(&mut *self.system.acquire().await?, client.id).await?)
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
        record(&mut conn, client.id, request.connector_id, &failure.message.to_string(), now, now).await?;
        Ok(())
    }

    /// Clears the rejection after a sign-in. An error is logged only: the next refresh clears it too.
    pub(super) async fn clear_client_rejection(&self, client: &OauthClientRecord) {
        let cleared = async { Ok::<_, Error>(clear(&mut *self.system.acquire().await?, client.id).await?) };
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

/// Records the rejection of a client that was used at `requested_at`. Returns false if a newer client serves all users.
pub(in crate::connections) async fn record(
    conn: &mut PgConnection,
    client: OauthClientId,
    connector: ConnectorId,
    message: &str,
    requested_at: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    store::record_shared_client_rejection(conn, client, connector, message, requested_at, now).await
}

/// Clears the rejection of a client that works.
pub(in crate::connections) async fn clear(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<()> {
    store::clear_shared_client_rejection(conn, client).await
}
