//! Statements on authorization requests whose user has to choose. Called by `waiting_grant`.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{AuthorizationRequestId, OwnerId};
use crate::vault::SecretRef;

/// Stores the grant of a request, and what its user can choose from until `expires_at`. Returns `false` if one is stored already.
pub(super) async fn await_choice(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AuthorizationRequestId,
    grant: &SecretRef,
    choices: &Value,
    expires_at: Timestamp,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        r#"
        UPDATE oauth_transactions
        SET status = 'awaiting_choice', grant_ref = $3, choices = $4, expires_at = $5
        WHERE owner_id = $1 AND id = $2 AND grant_ref IS NULL
        "#,
        owner as _,
        id as _,
        grant as _,
        choices,
        expires_at,
    );
    Ok(updated.execute(conn).await?.rows_affected() > 0)
}
