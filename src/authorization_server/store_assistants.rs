//! The store of `assistants`, which only the system sees.

use sqlx::{PgConnection, PgExecutor};

use super::assistant::Assistant;
use super::client_metadata::ClientMetadata;
use super::redirect_uri::RedirectUri;
use crate::clock::Timestamp;
use crate::ids::AssistantId;

/// An assistant as stored.
pub(super) struct StoredAssistant {
    pub(super) assistant: Assistant,
    /// Time until which its document need not be read again; `None` for a registration.
    pub(super) fresh_until: Option<Timestamp>,
}

pub(super) async fn find(conn: impl PgExecutor<'_>, client_id: &str) -> sqlx::Result<Option<StoredAssistant>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: AssistantId", client_id, name, redirect_uris, fresh_until FROM assistants WHERE client_id = $1"#,
        client_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| StoredAssistant {
        assistant: Assistant {
            id: row.id,
            client_id: row.client_id,
            name: row.name,
            redirect_uris: stored_uris(&row.redirect_uris),
        },
        fresh_until: row.fresh_until,
    }))
}

/// Inserts or updates the assistant of a document.
pub(super) async fn upsert_document(
    conn: impl PgExecutor<'_>,
    client_id: &str,
    metadata: &ClientMetadata,
    now: Timestamp,
    fresh_until: Timestamp,
) -> sqlx::Result<Assistant> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO assistants (id, client_id, name, redirect_uris, created_at, fresh_until)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (client_id) DO UPDATE
        SET name = EXCLUDED.name, redirect_uris = EXCLUDED.redirect_uris, fresh_until = EXCLUDED.fresh_until
        RETURNING id AS "id: AssistantId"
        "#,
        AssistantId::new(now) as _,
        client_id,
        metadata.name,
        &uri_texts(metadata),
        now,
        fresh_until,
    )
    .fetch_one(conn)
    .await?;
    Ok(with_metadata(id, client_id, metadata))
}

/// Inserts a registration.
pub(super) async fn insert_registration(
    conn: &mut PgConnection,
    client_id: &str,
    metadata: &ClientMetadata,
    from: &[u8; 32],
    now: Timestamp,
) -> sqlx::Result<Assistant> {
    let id = AssistantId::new(now);
    sqlx::query!(
        r#"
        INSERT INTO assistants (id, client_id, name, redirect_uris, created_at, registered_from)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        id as _,
        client_id,
        metadata.name,
        &uri_texts(metadata),
        now,
        from,
    )
    .execute(conn)
    .await?;
    Ok(with_metadata(id, client_id, metadata))
}

/// Locks the registrations from an address, so that they are counted one after the other, and returns how many came since a time.
pub(super) async fn count_registrations(
    conn: &mut PgConnection,
    from: &[u8; 32],
    since: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('assistants ' || encode($1, 'hex'), 0))", from)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM assistants
        WHERE registered_from = $1 AND created_at > $2
        "#,
        from,
        since,
    )
    .fetch_one(conn)
    .await
}

/// Records that a person allowed an assistant something.
pub(super) async fn mark_allowed(conn: &mut PgConnection, id: AssistantId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE assistants SET allowed_at = $2 WHERE id = $1", id as _, now).execute(conn).await?;
    Ok(())
}

/// Deletes the oldest assistants from before `until` to which nobody agreed, at most `limit`.
pub(super) async fn purge_unused(conn: &mut PgConnection, until: Timestamp, limit: i64) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM assistants
        -- an array, because the planner may repeat a subselect, and its limit with it
        WHERE allowed_at IS NULL AND id = ANY(ARRAY(
            SELECT id FROM assistants WHERE allowed_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2
            FOR UPDATE SKIP LOCKED
        ))
        "#,
        until,
        limit,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn with_metadata(id: AssistantId, client_id: &str, metadata: &ClientMetadata) -> Assistant {
    let (name, redirect_uris) = (metadata.name.clone(), metadata.redirect_uris.clone());
    Assistant { id, client_id: client_id.to_owned(), name, redirect_uris }
}

fn uri_texts(metadata: &ClientMetadata) -> Vec<String> {
    metadata.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect()
}

/// Reads stored addresses. One that this version of the hub refuses is left out.
fn stored_uris(texts: &[String]) -> Vec<RedirectUri> {
    texts.iter().filter_map(|text| RedirectUri::parse(text).ok()).collect()
}
