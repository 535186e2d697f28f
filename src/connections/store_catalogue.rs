//! Statements that search and filter the catalogue, with their filter and their rows. Called by `catalogue`.

use sqlx::PgConnection;

use super::status::ConnectionStatus;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Category, Transport};
use crate::ids::ConnectorId;
use crate::page::PAGE_LIMIT;

/// The filter of a catalogue page; an empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueFilter {
    /// Lower-case words. Each is in the connector's name or description, or in the name of one of its tools.
    pub words: Vec<String>,
    /// The connector's category.
    pub category: Option<Category>,
    /// The way to authenticate at the service.
    pub auth: Option<AuthKind>,
    /// `true` for connectors that can be connected without an OAuth application that somebody has to make first.
    pub without_application: bool,
    /// `true` for connectors that can be used now, false for the others.
    pub connected: Option<bool>,
}

impl CatalogueFilter {
    /// Returns true if the filter matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A group of the catalogue. The numbers are those of its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i32)]
pub enum CatalogueGroup {
    /// The tools can be run now.
    Ready = 0,
    /// The person has to connect first, or again.
    ToConnect = 1,
    /// The service is described, and its tools are not built yet.
    Coming = 2,
}

impl CatalogueGroup {
    /// All groups, in the order of the catalogue.
    pub const ALL: [Self; 3] = [Self::Ready, Self::ToConnect, Self::Coming];
}

/// A connector of the catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueEntry {
    /// The connector's id, which is also the key of the next page.
    pub id: ConnectorId,
    /// The connector's name.
    pub name: String,
    /// The connector's place in URLs.
    pub slug: String,
    /// A sentence about its purpose.
    pub description: String,
    /// The way to authenticate at the service.
    pub auth: AuthKind,
    /// `true` if somebody has to make an OAuth application first.
    pub needs_application: bool,
    /// The last call of the user.
    pub last_used_at: Option<Timestamp>,
    /// The transport of calls.
    pub transport: Transport,
    /// Tools that the connector lists now.
    pub tool_count: i64,
    /// The first few tools whose names match a word of the search.
    pub found_tools: Vec<String>,
    /// Status of the user's best connection; `None` if the user has to connect first.
    pub link: Option<ConnectionStatus>,
    /// The group that lists the connector.
    pub group: CatalogueGroup,
    /// True if a server that the provider hosts stands beside it.
    pub has_hosted: bool,
    /// Digest of the image of its server.
    pub image_digest: Option<String>,
}

/// The connectors of one category, one kind of authentication and one group.
pub(super) struct KindCount {
    pub(super) category: String,
    pub(super) auth: AuthKind,
    pub(super) group: CatalogueGroup,
    /// The number that matches the filter.
    pub(super) found: i64,
    /// The number on all pages without a filter.
    pub(super) total: i64,
}

/// Builds a query over the connectors `c` that match the filter. Its own parameters begin with the ninth.
macro_rules! matching {
    ($row:ident, $before:literal, $after:literal, $actor:expr, $filter:expr, $issuers:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            $row,
            $before
                + r#"
                c.is_active
                AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $6 AND a.is_admin))
                AND ($2::text IS NULL OR c.category = $2)
                AND ($3::text IS NULL OR c.auth_type = $3 OR (c.hosted_id IS NOT NULL AND $3 = 'oauth'))
                AND (cardinality($4::text[]) = 0 OR NOT EXISTS (
                    SELECT 1
                    FROM unnest($4::text[]) AS asked (word)
                    WHERE strpos(lower(c.name || ' ' || c.slug || ' ' || c.description), asked.word) = 0
                      AND NOT EXISTS (
                          SELECT 1
                          FROM connector_tools t
                          WHERE (t.owner_id IS NULL OR t.owner_id = $1)
                            AND t.connector_id IN (c.id, c.hosted_id)
                            AND t.is_active
                            AND strpos(lower(t.name), asked.word) > 0
                      )
                ))
                AND ($5::boolean IS NULL OR c.is_usable = $5)
                AND NOT ($7 AND c.hosted_id IS NULL AND (c.needs_own_application OR COALESCE(c.issuer <> ALL($8), false)))
                "#
                + $after,
            $actor.owner_id() as _,
            $filter.category.map(Category::as_str),
            $filter.auth.map(AuthKind::stored_text),
            &$filter.words,
            $filter.connected,
            $actor.user_id() as _,
            $filter.without_application,
            $issuers,
            $($more),*
        )
    };
}

pub(super) async fn page(
    conn: &mut PgConnection,
    actor: &Actor,
    filter: &CatalogueFilter,
    issuers: &[String],
    after: Option<ConnectorId>,
) -> sqlx::Result<Vec<CatalogueEntry>> {
    matching!(
        CatalogueEntry,
        r#"
        SELECT c.id AS "id!: ConnectorId",
               c.name AS "name!",
               c.slug AS "slug!",
               c.description AS "description!",
               c.auth_type AS "auth!: AuthKind",
               c.hosted_id IS NULL AND (c.needs_own_application OR COALESCE(c.issuer <> ALL($8), false)) AS "needs_application!",
               c.last_used_at,
               c.transport AS "transport!: Transport",
               (
                   SELECT count(*)
                   FROM connector_tools t
                   WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND t.connector_id IN (c.id, c.hosted_id) AND t.is_active
               ) AS "tool_count!",
               CASE WHEN cardinality($4::text[]) > 0 THEN ARRAY(
                   SELECT t.name
                   FROM connector_tools t
                   WHERE (t.owner_id IS NULL OR t.owner_id = $1)
                     AND t.connector_id = c.id
                     AND t.is_active
                     AND EXISTS (SELECT 1 FROM unnest($4::text[]) AS asked (word) WHERE strpos(lower(t.name), asked.word) > 0)
                   ORDER BY t.position
                   LIMIT 3
               ) ELSE '{}' END AS "found_tools!",
               c.link AS "link: ConnectionStatus",
               c.place AS "group!: CatalogueGroup",
               c.hosted_id IS NOT NULL AS "has_hosted!",
               (
                   SELECT d.image_digest FROM connector_discoveries d WHERE d.owner_id = $1 AND d.connector_id = c.id
               ) AS image_digest
        FROM catalogue_of($1) c
        WHERE
        "#,
        r#"
          AND ($9::uuid IS NULL OR (c.place, -c.used, -c.popularity, lower(c.name), c.id) > (
              SELECT a.place, -a.used, -a.popularity, lower(a.name), a.id FROM catalogue_of($1) a WHERE a.id = $9
          ))
        ORDER BY c.place, c.used DESC, c.popularity DESC, lower(c.name), c.id
        LIMIT $10
        "#,
        actor,
        filter,
        issuers,
        after as _,
        PAGE_LIMIT
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn kind_counts(
    conn: &mut PgConnection,
    actor: &Actor,
    filter: &CatalogueFilter,
    issuers: &[String],
) -> sqlx::Result<Vec<KindCount>> {
    matching!(
        KindCount,
        r#"
        SELECT c.category AS "category!", c.auth_type AS "auth!: AuthKind", c.place AS "group!: CatalogueGroup",
               count(*) FILTER (WHERE
        "#,
        r#"
        ) AS "found!",
               count(*) AS "total!"
        FROM catalogue_of($1) c
        WHERE c.is_active
          AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $6 AND a.is_admin))
        GROUP BY c.category, c.auth_type, c.place
        "#,
        actor,
        filter,
        issuers
    )
    .fetch_all(conn)
    .await
}
