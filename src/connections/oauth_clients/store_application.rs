//! Statements on the values that were entered with an OAuth client.

use serde_json::Value;
use sqlx::PgConnection;

use crate::ids::{OauthClientId, OwnerId};
use crate::vault::SecretRef;

/// Locks a client and returns the reference to its secret application values, if there are any.
pub(super) async fn lock(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: OauthClientId,
) -> sqlx::Result<Option<SecretRef>> {
    let secret = sqlx::query_scalar!(
        r#"
        SELECT application_ref AS "application_ref: SecretRef"
        FROM oauth_clients
        WHERE owner_id = $1 AND id = $2
        FOR UPDATE
        "#,
        owner as _,
        id as _,
    );
    Ok(secret.fetch_optional(conn).await?.flatten())
}

pub(super) async fn set(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: OauthClientId,
    values: &Value,
    secrets: Option<&SecretRef>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_clients SET application_values = $3, application_ref = $4 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        values,
        secrets as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
