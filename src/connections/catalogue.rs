//! The catalogue: every connector that a user may use, with the state of their own link to it, searched and filtered.
//!
//! It is cut at a key (name, then id) and never longer than a page, which one index serves in order. How many there are in
//! all, and of what kinds, is counted apart: connectors are hundreds and not millions.

use sqlx::PgConnection;

use super::status::ConnectionStatus;
use crate::actor::Actor;
use crate::connectors::{AuthKind, Category, Transport};
use crate::error::Result;
use crate::ids::{ConnectorId, UserId};
use crate::page::{PAGE_LIMIT, PAGE_SIZE};

/// What to list; an empty one lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Each of these is somewhere in the connector's name or purpose, or in the name of one of its tools. Lower case.
    pub words: Vec<String>,
    /// What it is for.
    pub category: Option<Category>,
    /// How one connects.
    pub auth: Option<AuthKind>,
    /// Whether it can be used now.
    pub connected: Option<bool>,
}

impl Wanted {
    /// True if it lists everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A connector of the catalogue.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Key, and where the next page begins.
    pub id: ConnectorId,
    /// What people call it.
    pub name: String,
    /// Its place in URLs.
    pub slug: String,
    /// One sentence of purpose.
    pub description: String,
    /// How a user proves themselves to it.
    pub auth: AuthKind,
    /// How calls reach it.
    pub transport: Transport,
    /// How many tools it lists now.
    pub tool_count: i64,
    /// The first few tools in whose names a word of the search was found.
    pub found_tools: Vec<String>,
    /// Status of the user's best connection; none: there is none, and one is needed.
    pub link: Option<ConnectionStatus>,
}

/// A page of the catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// At most [`PAGE_SIZE`] of them, by name.
    pub entries: Vec<Entry>,
    /// How many there are on all pages.
    pub total: u64,
    /// What the filters can be set to without finding nothing for certain.
    pub kinds: Kinds,
    /// Where the next page begins, if there is one.
    pub next: Option<ConnectorId>,
    /// False if the page that was asked for does not exist: this is then the first.
    pub is_there: bool,
}

/// What of the filters' values occurs among a user's connectors.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// Categories, in the filter's order.
    pub categories: Vec<Category>,
    /// Ways to connect, the simplest first.
    pub auths: Vec<AuthKind>,
}

/// Connectors of one kind.
struct Kind {
    category: String,
    auth: AuthKind,
    /// How many of them match.
    found: i64,
}

/// The page of the actor's catalogue that follows the connector `after`; in the caller's transaction.
pub async fn catalogue(
    conn: &mut PgConnection,
    actor: &Actor,
    wanted: &Wanted,
    after: Option<ConnectorId>,
) -> Result<Catalogue> {
    let mut rows = page(conn, actor.user_id(), wanted, after).await?;
    // whoever was there last has gone, or never was
    let is_there = after.is_none() || !rows.is_empty();
    if !is_there {
        rows = page(conn, actor.user_id(), wanted, None).await?;
    }
    let more = rows.len() > PAGE_SIZE;
    rows.truncate(PAGE_SIZE);
    let next = rows.last().map(|row| row.id).filter(|_| more);
    let kinds = kinds(conn, actor.user_id(), wanted).await?;
    let total = kinds.iter().map(|kind| kind.found.unsigned_abs()).sum();
    Ok(Catalogue { entries: rows, total, kinds: Kinds::of(&kinds), next, is_there })
}

impl Kinds {
    fn of(kinds: &[Kind]) -> Self {
        Self {
            categories: Category::ALL
                .into_iter()
                .filter(|it| kinds.iter().any(|kind| kind.category == it.as_str()))
                .collect(),
            auths: AuthKind::ALL.into_iter().filter(|it| kinds.iter().any(|kind| kind.auth == *it)).collect(),
        }
    }
}

/// A statement about the connectors `c` that are wanted; its own parameters begin with the sixth.
macro_rules! wanted {
    ($row:ident, $before:literal, $after:literal, $owner:expr, $wanted:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            $row,
            $before
                + r#"
                (c.owner_id IS NULL OR c.owner_id = $1)
                AND c.is_active
                AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $1 AND a.is_admin))
                AND ($2::text IS NULL OR c.category = $2)
                AND ($3::text IS NULL OR c.auth_type = $3)
                AND (cardinality($4::text[]) = 0 OR NOT EXISTS (
                    SELECT 1
                    FROM unnest($4::text[]) AS asked (word)
                    WHERE strpos(lower(c.name || ' ' || c.slug || ' ' || c.description), asked.word) = 0
                      AND NOT EXISTS (
                          SELECT 1
                          FROM connector_tools t
                          WHERE (t.owner_id IS NULL OR t.owner_id = $1)
                            AND t.connector_id = c.id
                            AND t.is_active
                            AND strpos(lower(t.name), asked.word) > 0
                      )
                ))
                -- where nothing has to be proved, the first use makes the link
                AND ($5::boolean IS NULL OR $5 = (
                    c.id IN (SELECT u.connector_id FROM user_connections u WHERE u.user_id = $1 AND u.status = 'active')
                    OR (
                        c.auth_type = 'none'
                        AND c.id NOT IN (SELECT u.connector_id FROM user_connections u WHERE u.user_id = $1)
                    )
                ))
                "#
                + $after,
            $owner as _,
            $wanted.category.map(Category::as_str),
            $wanted.auth.map(AuthKind::stored_text),
            &$wanted.words,
            $wanted.connected,
            $($more),*
        )
    };
}

async fn page(
    conn: &mut PgConnection,
    owner: UserId,
    wanted: &Wanted,
    after: Option<ConnectorId>,
) -> sqlx::Result<Vec<Entry>> {
    wanted!(
        Entry,
        r#"
        SELECT c.id AS "id!: ConnectorId",
               c.name AS "name!",
               c.slug AS "slug!",
               c.description AS "description!",
               c.auth_type AS "auth!: AuthKind",
               c.transport AS "transport!: Transport",
               (
                   SELECT count(*)
                   FROM connector_tools t
                   WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND t.connector_id = c.id AND t.is_active
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
               COALESCE(
                   (
                       SELECT u.status
                       FROM user_connections u
                       WHERE u.user_id = $1 AND u.connector_id = c.id
                       ORDER BY u.status <> 'active', u.id
                       LIMIT 1
                   ),
                   CASE WHEN c.auth_type = 'none' THEN 'active' END
               ) AS "link: ConnectionStatus"
        FROM connectors c
        WHERE
        "#,
        r#"
          AND ($6::uuid IS NULL OR (lower(c.name), c.id) > (
              SELECT lower(a.name), a.id FROM connectors a WHERE (a.owner_id IS NULL OR a.owner_id = $1) AND a.id = $6
          ))
        ORDER BY lower(c.name), c.id
        LIMIT $7
        "#,
        owner,
        wanted,
        after as _,
        PAGE_LIMIT
    )
    .fetch_all(conn)
    .await
}

async fn kinds(conn: &mut PgConnection, owner: UserId, wanted: &Wanted) -> sqlx::Result<Vec<Kind>> {
    wanted!(
        Kind,
        r#"
        SELECT c.category, c.auth_type AS "auth: AuthKind", count(*) FILTER (WHERE
        "#,
        r#"
        ) AS "found!"
        FROM connectors c
        WHERE (c.owner_id IS NULL OR c.owner_id = $1)
          AND c.is_active
          AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $1 AND a.is_admin))
        GROUP BY c.category, c.auth_type
        "#,
        owner,
        wanted
    )
    .fetch_all(conn)
    .await
}
