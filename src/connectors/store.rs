//! The store of `connectors`. `owner` is the user who reads; rows without an owner are shared.

use serde_json::Value;
use sqlx::PgConnection;
use url::Url;

use super::slug::Slug;
use super::{AuthKind, NewConnector, Transport, Visibility};
use crate::actor::{Actor, Origin};
use crate::clock::{Day, Timestamp};
use crate::ids::{ConnectorId, OwnerId};
use crate::upstream::{ProtocolEra, Server};

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
    /// Page of the provider of a shipped service, for the people who connect it.
    pub docs_url: Option<String>,
    /// Name of the header in which an MCP server expects its key; `None` for a bearer token.
    pub key_header: Option<String>,
    /// Page from which the description of a shipped server was taken, and the day.
    pub seen_source: Option<String>,
    /// The day on which that page said so.
    pub seen_on: Option<Day>,
    /// Set if the provider does not state the address of the shipped server, or if sources disagree.
    pub is_unconfirmed: bool,
    /// Slug of the REST service that the shipped server stands beside on one page.
    pub beside: Option<String>,
    /// Set if its owner enters the values of headers, not a bearer token.
    pub has_server_key: bool,
    /// Era of that server as its calls by the reading owner found it; `None` if it is not known yet.
    pub era: Option<ProtocolEra>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time at which an administrator turned it off for everybody; `None` if it is on.
    pub turned_off_at: Option<Timestamp>,
    /// Time of the latest discovery of its tools by the reading owner.
    pub discovered_at: Option<Timestamp>,
    /// Error message of that discovery.
    pub discovery_failure: Option<String>,
    /// Time of the latest discovery that found changed tools.
    pub tools_changed_at: Option<Timestamp>,
    /// Time since which its server announces further changes.
    pub change_announced_at: Option<Timestamp>,
    /// Digest of the image of its server, which is in the address of the image.
    pub image_digest: Option<String>,
}

impl Connector {
    /// Returns the URL of the connector's MCP server, if it has one.
    #[must_use]
    pub fn server_url(&self) -> Option<Url> {
        self.mcp_server_url.as_deref().and_then(|url| Url::parse(url).ok())
    }

    /// Returns the connector's MCP server, if it has one.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        Server::from_stored(self.mcp_server_url.as_deref(), self.key_header.as_deref())
    }

    /// Reports whether only administrators see it and can connect it, because it has no tools yet.
    #[must_use]
    pub fn is_for_administrators(&self) -> bool {
        self.visibility == Visibility::Administrators
    }

    /// Reports whether its owner added it, who can therefore change and remove it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.owner_id.is_some()
    }

    /// Reports whether its file describes a REST service, at whose provider the hub has one OAuth client for all users.
    #[must_use]
    pub fn has_hub_client(&self) -> bool {
        self.owner_id.is_none() && self.transport != Transport::Mcp
    }

    /// Reports whether the owner has to connect it before the hub knows its tools: it is an MCP server that is shipped.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        self.owner_id.is_none() && self.transport == Transport::Mcp
    }

    /// Reports whether each user has a server of their own there: its address is a template, and connecting adds a connector.
    #[must_use]
    pub fn has_own_addresses(&self) -> bool {
        self.is_hosted() && self.mcp_server_url.as_deref().is_some_and(|url| url.contains('{'))
    }

    /// Checks that no administrator has turned it off.
    ///
    /// # Errors
    /// [`Conflict`](crate::error::Error::Conflict) with the next step.
    pub fn check_is_on(&self) -> crate::error::Result<()> {
        if self.turned_off_at.is_none() {
            return Ok(());
        }
        let text = format!("An administrator has turned {} off", self.name);
        Err(crate::error::Error::conflict(
            text,
            "Ask an administrator of this hub to turn it on. Connections and jobs are kept",
        ))
    }

    /// Reports whether its tools come from a server, which each owner discovers for themselves.
    #[must_use]
    pub fn has_discovery(&self) -> bool {
        self.transport == Transport::Mcp
    }
}

macro_rules! select_connectors {
    ($actor:expr, $condition:literal, $argument:expr) => {
        sqlx::query_as!(
            Connector,
            r#"
            SELECT c.id AS "id!: ConnectorId",
                   c.owner_id AS "owner_id: OwnerId",
                   c.visibility AS "visibility!: Visibility",
                   c.name AS "name!",
                   c.slug AS "slug!",
                   c.description AS "description!",
                   c.auth_type AS "auth!: AuthKind",
                   c.transport AS "transport!: Transport",
                   c.mcp_server_url,
                   c.docs_url,
                   CASE WHEN c.transport = 'mcp' THEN c.auth_style ->> 'name' END AS key_header,
                   c.seen_source,
                   c.seen_on,
                   c.is_unconfirmed AS "is_unconfirmed!",
                   c.beside,
                   c.server_key IS NOT NULL AS "has_server_key!",
                   d.protocol_era AS "era?: ProtocolEra",
                   c.created_at AS "created_at!",
                   c.turned_off_at,
                   d.started_at AS "discovered_at?",
                   d.error AS "discovery_failure?",
                   d.tools_changed_at AS "tools_changed_at?",
                   d.change_announced_at AS "change_announced_at?",
                   d.image_digest AS "image_digest?"
            FROM connectors c
            LEFT JOIN connector_discoveries d ON d.owner_id = $1 AND d.connector_id = c.id
            WHERE (c.owner_id IS NULL OR c.owner_id = $1)
              AND (c.is_active OR c.turned_off_at IS NOT NULL)
              -- visibility is for people; the hub reads what an existing connection needs
              AND (c.visibility <> 'administrators' OR $4 OR EXISTS (SELECT 1 FROM users u WHERE u.id = $3 AND u.is_admin))
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
    select_connectors!(actor, "c.slug = $2 ORDER BY c.owner_id NULLS LAST LIMIT 1", slug).fetch_optional(conn).await
}

/// Finds the shipped server that stands beside the shipped service with this slug.
pub(super) async fn find_beside(conn: &mut PgConnection, actor: &Actor, slug: &str) -> sqlx::Result<Option<Connector>> {
    select_connectors!(actor, "c.owner_id IS NULL AND c.beside = $2", slug).fetch_optional(conn).await
}

pub(super) async fn find(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> sqlx::Result<Option<Connector>> {
    select_connectors!(actor, "c.id = $2", id as _).fetch_optional(conn).await
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
    pub(super) server_key: Option<Value>,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: OwnerId,
    row: NewRow<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let NewRow { id, slug, new, provider, server_key } = row;
    sqlx::query!(
        r#"
        INSERT INTO connectors (id, owner_id, name, slug, description, auth_type, transport, mcp_server_url, oauth_config,
            created_at, server_key)
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
        now,
        server_key,
    )
    .execute(conn)
    .await?;
    Ok(())
}
