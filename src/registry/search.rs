//! The search of the copy: words anywhere in a listing, those in its title and name first.

use sqlx::PgPool;

use super::RegistryMirror;
use super::listing::Listing;
use super::namespace::Namespace;
use super::refusal::Refusal;
use super::status::ListingStatus;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::ListingId;
use crate::page::{PAGE_LIMIT, Page};

/// Conditions of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingFilter {
    /// Words in lower case; a listing contains all of them.
    pub words: Vec<String>,
    /// Set to leave out what the hub cannot connect to.
    pub only_connectable: bool,
    /// Set to find only those for which values have to be entered, or may be; or those for which none have to.
    pub asks: Option<bool>,
    /// Proof of the publisher.
    pub namespace: Option<Namespace>,
}

/// A page of a search.
#[derive(Clone, Debug)]
pub struct ListingPage {
    /// Listings.
    pub rows: Vec<FoundListing>,
    /// Set if there are more.
    pub more: bool,
    /// Number of all matches.
    pub total: u64,
    /// False if the listing after which the page begins is none of the matches.
    pub is_there: bool,
}

/// A listing in a list.
#[derive(Clone, Debug)]
pub struct FoundListing {
    /// Primary key.
    pub id: ListingId,
    /// Name at the registry.
    pub name: String,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Host; empty if there is none to connect to.
    pub host: String,
    /// Status.
    pub status: ListingStatus,
    /// Reason why the hub cannot connect to it.
    pub refusal: Option<Refusal>,
    /// Set if values have to be entered, or may be.
    pub asks: bool,
    /// Last change at the registry.
    pub updated_at: Option<Timestamp>,
}

/// A listing with its registry.
#[derive(Clone, Debug)]
pub struct StoredListing {
    /// Primary key.
    pub id: ListingId,
    /// Address of the registry.
    pub registry: String,
    /// Contents of the listing.
    pub listing: Listing,
}

pub(super) async fn search(
    pool: &PgPool,
    registries: &[String],
    filter: &ListingFilter,
    after: Option<ListingId>,
) -> sqlx::Result<ListingPage> {
    let rows = sqlx::query!(
        r#"
        WITH found AS MATERIALIZED (
            SELECT s.id,
                   CASE WHEN $3 = '' OR starts_with(s.names, $3) OR strpos(s.names, '/' || $3) > 0 THEN 0
                        WHEN NOT EXISTS (SELECT FROM unnest($2::text[]) AS sought (word) WHERE strpos(s.names, word) = 0)
                        THEN 1
                        ELSE 2 END AS place,
                   s.refusal IS NOT NULL AS is_refused,
                   s.names
            FROM registry_servers s
            WHERE s.registry = ANY ($1)
              AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS sought (word) WHERE strpos(s.words, word) = 0)
              AND (NOT $4 OR s.refusal IS NULL)
              AND ($5::boolean IS NULL OR s.asks = $5 AND s.refusal IS NULL)
              AND ($6::text IS NULL OR s.namespace = $6)
        ),
        page AS (
            SELECT f.*
            FROM found f
            WHERE $7::uuid IS NULL OR (f.place, f.is_refused, f.names, f.id) > (
                SELECT l.place, l.is_refused, l.names, l.id FROM found l WHERE l.id = $7
            )
            ORDER BY f.place, f.is_refused, f.names, f.id
            LIMIT $8
        )
        SELECT (SELECT count(*) FROM found) AS "total!",
               $7::uuid IS NULL OR EXISTS (SELECT FROM found WHERE found.id = $7) AS "is_there!",
               s.id AS "id?: ListingId",
               s.name AS "name?",
               s.title AS "title?",
               s.description AS "description?",
               s.host AS "host?",
               s.status AS "status?",
               s.refusal AS "refusal?",
               s.asks AS "asks?",
               s.updated_at AS "updated_at?"
        FROM (SELECT) always
        LEFT JOIN page p ON true
        LEFT JOIN registry_servers s ON s.id = p.id
        ORDER BY p.place, p.is_refused, p.names, p.id
        "#,
        registries,
        &filter.words,
        filter.words.join(" "),
        filter.only_connectable,
        filter.asks,
        filter.namespace.map(Namespace::stored_text),
        after as _,
        PAGE_LIMIT,
    )
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
    let is_there = rows.first().is_none_or(|row| row.is_there);
    let found = rows.into_iter().filter_map(|row| {
        Some(FoundListing {
            id: row.id?,
            name: row.name?,
            title: row.title?,
            description: row.description?,
            host: row.host?,
            status: ListingStatus::from_word(&row.status?)?,
            refusal: row.refusal.map(|word| Refusal::from_stored(&word)),
            asks: row.asks?,
            updated_at: row.updated_at,
        })
    });
    let Page { rows, more } = Page::cut(found.collect());
    Ok(ListingPage { rows, more, total, is_there })
}

/// Finds a listing of a configured registry, and reads its entry anew: the settings may have changed since.
pub(super) async fn find(mirror: &RegistryMirror, id: ListingId) -> Result<Option<StoredListing>> {
    let row = sqlx::query!(
        "SELECT registry, entry, status FROM registry_servers WHERE id = $1 AND registry = ANY ($2)",
        id as _,
        &mirror.keys(),
    )
    .fetch_optional(mirror.system.pool())
    .await?;
    Ok(row.and_then(|row| {
        let entry = serde_json::from_str(&row.entry).ok()?;
        let mut listing = Listing::parse(&entry, &mirror.egress).ok()?;
        // the registry lists it no longer
        if row.status == ListingStatus::Deleted.stored_text() {
            listing.status = ListingStatus::Deleted;
            listing.server = Err(Refusal::Deleted);
        }
        Some(StoredListing { id, registry: row.registry, listing })
    }))
}
