//! The statements of connectors. `owner` is who looks; rows without an owner are everybody's.

use serde_json::Value;
use sqlx::PgConnection;
use url::Url;

use super::slug::Slug;
use super::{AuthKind, NewConnector, Visibility};
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, UserId};

/// How calls reach a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Transport {
    /// A server inside this process.
    Builtin,
    /// MCP over streamable HTTP.
    Mcp,
    /// Plain HTTP requests.
    Rest,
}

/// A service the hub can reach.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Key.
    pub id: ConnectorId,
    /// Who added it; none: shipped.
    pub owner_id: Option<UserId>,
    /// Who sees it.
    pub visibility: Visibility,
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
    /// Where its MCP server answers.
    pub mcp_server_url: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its server was last asked for its tools anew.
    pub looked_at: Option<Timestamp>,
    /// What went wrong with that.
    pub look_failure: Option<String>,
    /// The last time that its tools were found changed.
    pub changed_at: Option<Timestamp>,
    /// Since when its server says that they have changed again.
    pub news_at: Option<Timestamp>,
}

impl Connector {
    /// Returns the URL of the connector's MCP server, if it has one.
    #[must_use]
    pub fn server_url(&self) -> Option<Url> {
        self.mcp_server_url.as_deref().and_then(|url| Url::parse(url).ok())
    }

    /// True while it has no tools yet: only administrators see it, and can connect it.
    #[must_use]
    pub fn is_for_administrators(&self) -> bool {
        self.visibility == Visibility::Administrators
    }

    /// True if its tools come from a server that can be asked again: one that a user has added.
    #[must_use]
    pub fn can_be_looked_at(&self) -> bool {
        self.owner_id.is_some() && self.transport == Transport::Mcp
    }
}

macro_rules! connectors {
    ($conn:expr, $owner:expr, $condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Connector,
            r#"
            SELECT id AS "id!: ConnectorId",
                   owner_id AS "owner_id: UserId",
                   visibility AS "visibility!: Visibility",
                   name AS "name!",
                   slug AS "slug!",
                   description AS "description!",
                   auth_type AS "auth!: AuthKind",
                   transport AS "transport!: Transport",
                   mcp_server_url,
                   created_at AS "created_at!",
                   looked_at,
                   look_failure,
                   changed_at,
                   news_at
            FROM connectors
            WHERE (owner_id IS NULL OR owner_id = $1)
              AND is_active
              AND (visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.is_admin))
              AND "# + $condition,
            $owner as _,
            $($argument),*
        )
    };
}

pub(super) async fn find(conn: &mut PgConnection, owner: UserId, slug: &str) -> sqlx::Result<Option<Connector>> {
    connectors!(conn, owner, "slug = $2 ORDER BY owner_id NULLS LAST LIMIT 1", slug).fetch_optional(conn).await
}

pub(super) async fn get(conn: &mut PgConnection, owner: UserId, id: ConnectorId) -> sqlx::Result<Option<Connector>> {
    connectors!(conn, owner, "id = $2", id as _).fetch_optional(conn).await
}

pub(super) async fn name_is_taken(conn: &mut PgConnection, owner: UserId, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM connectors WHERE owner_id = $1 AND lower(name) = lower($2)) AS "taken!""#,
        owner as _,
        name,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn slugs_like(conn: &mut PgConnection, owner: UserId, base: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT slug FROM connectors WHERE (owner_id IS NULL OR owner_id = $1) AND starts_with(slug, $2)",
        owner as _,
        base,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectorId,
    slug: &Slug,
    new: &NewConnector,
    provider: Option<Value>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connectors (id, owner_id, name, slug, description, auth_type, transport, mcp_server_url, oauth_config,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'mcp', $7, $8, $9)
        "#,
        id as _,
        owner as _,
        new.name,
        slug.as_str(),
        new.description,
        new.auth.stored_text(),
        new.url,
        provider,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn provider(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectorId,
) -> sqlx::Result<Option<Option<Value>>> {
    sqlx::query_scalar!(
        "SELECT oauth_config FROM connectors WHERE (owner_id IS NULL OR owner_id = $1) AND id = $2",
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn require_sign_in(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectorId,
    provider: &serde_json::Value,
) -> sqlx::Result<bool> {
    let closed = sqlx::query!(
        r#"
        UPDATE connectors
        SET auth_type = 'oauth', oauth_config = $3
        WHERE owner_id = $1 AND id = $2 AND auth_type = 'none'
        "#,
        owner as _,
        id as _,
        provider,
    )
    .execute(conn)
    .await?;
    Ok(closed.rows_affected() == 1)
}
