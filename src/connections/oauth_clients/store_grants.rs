//! Statements on the grants of OAuth clients. Called when a person has corrected a client.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::OauthClientId;

/// Makes the tokens due whose refresh failed because of this client, which a person has corrected.
pub(in crate::connections) async fn reschedule_grants(
    conn: &mut PgConnection,
    client: OauthClientId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH first_tokens AS (
            UPDATE user_connections
            SET next_attempt_at = $2
            WHERE oauth_client_id = $1 AND failure = 'client' AND next_attempt_at > $2
        )
        UPDATE connection_tokens t
        SET next_attempt_at = $2
        FROM user_connections u
        WHERE u.oauth_client_id = $1 AND t.owner_id = u.owner_id AND t.connection_id = u.id
          AND t.failure = 'client' AND t.next_attempt_at > $2
        "#,
        client as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
