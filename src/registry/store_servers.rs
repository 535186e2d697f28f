//! Statements by which a pass writes `registry_servers`.

use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;

use super::listing::Listing;
use super::store_reads::PassState;
use crate::clock::Timestamp;
use crate::ids::{ListingId, RegistryRunId};

/// The columns of a listing. PostgreSQL reads a page of them from one JSON value.
#[derive(Debug, Serialize)]
pub(super) struct ServerRow {
    id: ListingId,
    pub(super) name: String,
    title: String,
    description: String,
    host: String,
    names: String,
    words: String,
    namespace: &'static str,
    status: &'static str,
    refusal: Option<&'static str>,
    asks: bool,
    entry: String,
    #[serde(with = "time::serde::rfc3339::option")]
    updated_at: Option<Timestamp>,
}

impl ServerRow {
    /// Builds the row of a listing. `id` is that of a server that is not stored yet.
    pub(super) fn new(id: ListingId, listing: Listing, entry: String) -> Self {
        let (host, asks) = listing.server.as_ref().map(|it| (it.host.clone(), it.has_inputs())).unwrap_or_default();
        let names = format!("{}\n{}", listing.title, listing.name).to_lowercase();
        Self {
            id,
            words: format!("{names}\n{}\n{host}", listing.description.to_lowercase()),
            names,
            host,
            asks,
            namespace: listing.namespace.stored_text(),
            status: listing.status.stored_text(),
            refusal: listing.server.err().map(|refusal| refusal.stored_text()),
            name: listing.name,
            title: listing.title,
            description: listing.description,
            entry,
            updated_at: listing.updated_at,
        }
    }
}

/// Stores a page and its cursor in one statement. Returns false, and stores nothing, if the run has lost its lease.
pub(super) async fn store_page(
    pool: &PgPool,
    registry: &str,
    run: RegistryRunId,
    pass: &PassState,
    rows: &[ServerRow],
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        WITH run AS (
            UPDATE registry_reads
            SET cursor = $3, pages = $4, left_out = $5, leased_until = now() + interval '5 minutes'
            WHERE registry = $1 AND lease = $2
            RETURNING pass_started_at
        ),
        stored AS (
            INSERT INTO registry_servers (id, registry, name, title, description, host, names, words, namespace, status,
                refusal, asks, entry, updated_at, read_at)
            SELECT s.id, $1, s.name, s.title, s.description, s.host, s.names, s.words, s.namespace, s.status,
                   s.refusal, s.asks, s.entry, s.updated_at, run.pass_started_at
            FROM run,
                 jsonb_to_recordset($6) AS s (id uuid, name text, title text, description text, host text, names text,
                     words text, namespace text, status text, refusal text, asks boolean, entry text,
                     updated_at timestamptz)
            ON CONFLICT (registry, name) DO UPDATE
            SET title = EXCLUDED.title,
                description = EXCLUDED.description,
                host = EXCLUDED.host,
                names = EXCLUDED.names,
                words = EXCLUDED.words,
                namespace = EXCLUDED.namespace,
                status = EXCLUDED.status,
                refusal = EXCLUDED.refusal,
                asks = EXCLUDED.asks,
                entry = EXCLUDED.entry,
                updated_at = EXCLUDED.updated_at,
                read_at = EXCLUDED.read_at
        )
        SELECT EXISTS (SELECT FROM run) AS "is_current!"
        "#,
        registry,
        run as _,
        pass.cursor,
        pass.pages,
        &pass.left_out as _,
        Json(rows) as _,
    )
    .fetch_one(pool)
    .await
}
