//! The store of `connectors`. `owner` is the user who reads; rows without an owner are shared.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgConnection;
use url::Url;

use super::slug::Slug;
use super::{AuthKind, NewConnector, Transport, Visibility};
use crate::actor::{Actor, Origin};
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId};
use crate::upstream::ProtocolEra;

/// A connector that the hub can call.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Primary key.
    pub id: ConnectorId,
    /// The user who added it; `None` for a shipped connector.
    pub owner_id: Option<OwnerId>,
    /// The users who see it.
    pub visibility: Visibility,
    /// Name for people.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// Purpose, in one sentence.
    pub description: String,
    /// Kind of authentication.
    pub auth: AuthKind,
    /// Protocol of calls.
    pub transport: Transport,
    /// URL of its MCP server.
    pub mcp_server_url: Option<String>,
    /// Era of that server; `None` if it is not known yet.
    pub era: Option<ProtocolEra>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the latest discovery of its tools.
    pub discovered_at: Option<Timestamp>,
    /// Error message of that discovery.
    pub discovery_failure: Option<String>,
    /// Time of the latest discovery that found changed tools.
    pub tools_changed_at: Option<Timestamp>,
    /// Time since which its server announces further changes.
    pub change_announced_at: Option<Timestamp>,
}

impl Connector {
    /// Returns the URL of the connector's MCP server, if it has one.
    #[must_use]
    pub fn server_url(&self) -> Option<Url> {
        self.mcp_server_url.as_deref().and_then(|url| Url::parse(url).ok())
    }

    /// Reports whether only administrators see it and can connect it, because it has no tools yet.
    #[must_use]
    pub fn is_for_administrators(&self) -> bool {
        self.visibility == Visibility::Administrators
    }

    /// Reports whether its tools come from a server that can be discovered again: one that a user added.
    #[must_use]
    pub fn can_be_rediscovered(&self) -> bool {
        self.owner_id.is_some() && self.transport == Transport::Mcp
    }
}

macro_rules! select_connectors {
    ($actor:expr, $condition:literal, $argument:expr) => {
        sqlx::query_as!(
            Connector,
            r#"
            SELECT id AS "id!: ConnectorId",
                   owner_id AS "owner_id: OwnerId",
                   visibility AS "visibility!: Visibility",
                   name AS "name!",
                   slug AS "slug!",
                   description AS "description!",
                   auth_type AS "auth!: AuthKind",
                   transport AS "transport!: Transport",
                   mcp_server_url,
                   protocol_era AS "era: ProtocolEra",
                   created_at AS "created_at!",
                   last_discovery_at AS discovered_at,
                   discovery_error AS discovery_failure,
                   tools_changed_at,
                   change_announced_at AS change_announced_at
            FROM connectors
            WHERE (owner_id IS NULL OR owner_id = $1)
              AND is_active
              -- visibility is for people; the hub reads what an existing connection needs
              AND (visibility <> 'administrators' OR $4 OR EXISTS (SELECT 1 FROM users u WHERE u.id = $3 AND u.is_admin))
              AND "# + $condition,
            $actor.owner_id() as _,
            $argument,
            $actor.user_id() as _,
            $actor.origin() == Origin::System,
        )
    };
}

pub(super) async fn find_by_slug(
    conn: &mut PgConnection,
    actor: &Actor,
    slug: &str,
) -> sqlx::Result<Option<Connector>> {
    select_connectors!(actor, "slug = $2 ORDER BY owner_id NULLS LAST LIMIT 1", slug).fetch_optional(conn).await
}

pub(super) async fn find(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> sqlx::Result<Option<Connector>> {
    select_connectors!(actor, "id = $2", id as _).fetch_optional(conn).await
}

/// Reports whether a connector of the owner, other than `except`, has this name. Removed ones leave their names free.
pub(super) async fn is_name_taken(
    conn: &mut PgConnection,
    owner: OwnerId,
    name: &str,
    except: Option<ConnectorId>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT 1 FROM connectors
            WHERE owner_id = $1 AND lower(name) = lower($2) AND is_active AND id IS DISTINCT FROM $3
        ) AS "taken!"
        "#,
        owner as _,
        name,
        except as _,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn list_slugs_with_prefix(
    conn: &mut PgConnection,
    owner: OwnerId,
    prefix: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT slug FROM connectors WHERE (owner_id IS NULL OR owner_id = $1) AND starts_with(slug, $2)",
        owner as _,
        prefix,
    )
    .fetch_all(conn)
    .await
}

/// The columns of a connector that a user adds.
pub(super) struct NewRow<'a> {
    pub(super) id: ConnectorId,
    pub(super) slug: &'a Slug,
    pub(super) new: &'a NewConnector,
    pub(super) provider: Option<Value>,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: OwnerId,
    row: NewRow<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let NewRow { id, slug, new, provider } = row;
    sqlx::query!(
        r#"
        INSERT INTO connectors (id, owner_id, name, slug, description, auth_type, transport, mcp_server_url, oauth_config,
            protocol_era, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'mcp', $7, $8, $9, $10)
        "#,
        id as _,
        owner as _,
        new.name,
        slug.as_str(),
        new.description,
        new.auth.stored_text(),
        new.url,
        provider,
        new.era.map(ProtocolEra::stored_text),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Claims a discovery. Returns `false` if one ran less than `interval` ago.
pub(super) async fn claim_discovery(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    interval: Duration,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let claimed = sqlx::query!(
        r#"
        UPDATE connectors
        SET last_discovery_at = $3
        WHERE owner_id = $1 AND id = $2 AND is_active AND (last_discovery_at IS NULL OR last_discovery_at <= $4)
        "#,
        owner as _,
        id as _,
        now,
        now - interval,
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Records a discovery that succeeded.
pub(super) async fn record_discovery(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    has_changes: bool,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET discovery_error = NULL,
            tools_changed_at = CASE WHEN $4 THEN $3 ELSE tools_changed_at END,
            -- an announcement during the discovery may be about a later change
            change_announced_at = CASE WHEN change_announced_at > $3 THEN change_announced_at END
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        now,
        has_changes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn record_discovery_error(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    message: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE connectors SET discovery_error = $3 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        message,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn mark_change_announced(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE connectors SET change_announced_at = $3 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
