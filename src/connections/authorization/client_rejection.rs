//! What a provider says against the application that serves all users: noted when it is first met, told to
//! administrators once, and forgotten when the application works or is entered anew.

use sqlx::PgConnection;

use super::SignIn;
use super::oauth_clients::OauthClientRecord;
use super::store_requests::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, OauthClientId, UserId};
use crate::oauth::Failure;

/// What a provider says against the hub's application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRejection {
    /// In words, without a full stop.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

impl SignIn<'_> {
    /// What the provider says against an application that serves all users.
    pub async fn client_rejection(&self, application: &OauthClientRecord) -> Result<Option<ClientRejection>> {
        Ok(find(&mut *self.system.acquire().await?, application.id).await?)
    }

    /// The provider has refused it the grant of a sign-in.
    pub(super) async fn record_client_rejection(
        &self,
        application: &OauthClientRecord,
        begun: &AuthorizationRequest,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<()> {
        let mut conn = self.system.acquire().await?;
        record(&mut conn, application.id, begun.connector_id, &failure.message.to_string(), now, now).await?;
        Ok(())
    }

    /// It has given a grant. Nothing hangs on that this is noted at once: the next refresh notes it too.
    pub(super) async fn clear_client_rejection(&self, application: &OauthClientRecord) {
        let forgetting = async { Ok::<_, Error>(clear(&mut *self.system.acquire().await?, application.id).await?) };
        if let Err(error) = forgetting.await {
            tracing::warn!(%error, "that an OAuth application works again could not be noted");
        }
    }
}

/// A refusal that administrators are to be told of.
pub(in crate::connections) struct PendingNotice {
    pub(in crate::connections) id: OauthClientId,
    pub(in crate::connections) service: String,
    pub(in crate::connections) slug: String,
    pub(in crate::connections) words: String,
}

/// Notes a refusal of an application that was asked for at `asked_at`, unless there is one already, or another one serves
/// all users by now; false in the latter case.
pub(in crate::connections) async fn record(
    conn: &mut PgConnection,
    client: OauthClientId,
    connector: ConnectorId,
    words: &str,
    asked_at: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let is_present = sqlx::query_scalar!(
        r#"
        WITH refused AS (
            SELECT id, NOT EXISTS (
                       SELECT 1
                       FROM oauth_clients n
                       WHERE n.user_id = $1 AND n.issuer = o.issuer AND n.redirect_uri = o.redirect_uri
                         AND n.created_at > o.created_at
                   ) AS is_present
            FROM oauth_clients o
            WHERE o.user_id = $1 AND o.id = $2
        ), noted AS (
            UPDATE oauth_clients o
            SET refusal = $3, refusal_of = $4, refusal_at = $6, notice_at = $6
            FROM refused r
            WHERE o.user_id = $1 AND o.id = r.id AND r.is_present AND o.refusal IS NULL
              -- entered anew since, it may be mended
              AND o.created_at <= $5
        )
        SELECT is_present AS "is_present!" FROM refused
        "#,
        UserId::HUB as _,
        client as _,
        words,
        connector as _,
        asked_at,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(is_present.unwrap_or(true))
}

/// The application works.
pub(in crate::connections) async fn clear(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET refusal = NULL, refusal_of = NULL, refusal_at = NULL, notice_at = NULL
        WHERE user_id = $1 AND id = $2 AND refusal IS NOT NULL
        "#,
        UserId::HUB as _,
        client as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is said against an application.
async fn find(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<Option<ClientRejection>> {
    sqlx::query_as!(
        ClientRejection,
        r#"
        SELECT refusal AS "message!",
               refusal_at AS "since!"
        FROM oauth_clients
        WHERE user_id = $1 AND id = $2 AND refusal IS NOT NULL
        "#,
        UserId::HUB as _,
        client as _,
    )
    .fetch_optional(conn)
    .await
}

/// Takes what administrators are to be told, so that nobody else tells it before `again`.
pub(in crate::connections) async fn claim_notices(
    conn: &mut PgConnection,
    again: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<PendingNotice>> {
    sqlx::query_as!(
        PendingNotice,
        r#"
        UPDATE oauth_clients o
        SET notice_at = $2
        FROM connectors c
        WHERE o.user_id = $1 AND o.notice_at <= $3 AND c.id = o.refusal_of
        RETURNING o.id AS "id: OauthClientId", c.name AS service, c.slug, o.refusal AS "words!"
        "#,
        UserId::HUB as _,
        again,
        now,
    )
    .fetch_all(conn)
    .await
}

/// Administrators have been told what was taken until `again`; what has happened since is still to be told.
pub(in crate::connections) async fn mark_notified(
    conn: &mut PgConnection,
    client: OauthClientId,
    again: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_clients SET notice_at = NULL WHERE user_id = $1 AND id = $2 AND notice_at = $3",
        UserId::HUB as _,
        client as _,
        again,
    )
    .execute(conn)
    .await?;
    Ok(())
}
