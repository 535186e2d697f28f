//! Statements on the columns of `connectors` that shipped connectors have.

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::clock::Timestamp;
use crate::connectors::{Shipped, Slug, popularity};
use crate::ids::{ConnectorId, OwnerId};

pub(in crate::connectors) async fn upsert(
    conn: &mut PgConnection,
    id: ConnectorId,
    shipped: &Shipped,
    columns: &DescriptorColumns,
    now: Timestamp,
) -> sqlx::Result<ConnectorId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO connectors (id, visibility, name, slug, description, category, auth_type, transport, base_url, docs_url,
            account_fields, auth_style, oauth_config, api_headers, account_call, check_call, created_at, mcp_server_url, seen_source,
            seen_on, is_unconfirmed, beside, after_token, client_credentials, application_fields, popularity, needs_own_application,
            sunset)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
            $26, $27, $28)
        ON CONFLICT (owner_id, slug) DO UPDATE
        SET visibility = EXCLUDED.visibility,
            name = EXCLUDED.name,
            description = EXCLUDED.description,
            category = EXCLUDED.category,
            auth_type = EXCLUDED.auth_type,
            transport = EXCLUDED.transport,
            base_url = EXCLUDED.base_url,
            docs_url = EXCLUDED.docs_url,
            account_fields = EXCLUDED.account_fields,
            auth_style = EXCLUDED.auth_style,
            oauth_config = EXCLUDED.oauth_config,
            api_headers = EXCLUDED.api_headers,
            account_call = EXCLUDED.account_call,
            check_call = EXCLUDED.check_call,
            mcp_server_url = EXCLUDED.mcp_server_url,
            seen_source = EXCLUDED.seen_source,
            seen_on = EXCLUDED.seen_on,
            is_unconfirmed = EXCLUDED.is_unconfirmed,
            beside = EXCLUDED.beside,
            after_token = EXCLUDED.after_token,
            client_credentials = EXCLUDED.client_credentials,
            application_fields = EXCLUDED.application_fields,
            popularity = EXCLUDED.popularity,
            needs_own_application = EXCLUDED.needs_own_application,
            sunset = EXCLUDED.sunset,
            -- an administrator can have turned it off
            is_active = connectors.turned_off_at IS NULL
        RETURNING id AS "id: ConnectorId"
        "#,
        id as _,
        shipped.visibility().stored_text(),
        shipped.name,
        shipped.slug.as_str(),
        shipped.description,
        shipped.category.as_str(),
        shipped.auth.stored_text(),
        shipped.transport.stored_text(),
        columns.base_url,
        columns.docs_url,
        columns.account_fields,
        columns.auth_style,
        columns.oauth_config,
        columns.api_headers,
        columns.account_call,
        columns.check_call,
        now,
        shipped.hosted.as_ref().map(|it| it.server_url.as_str()),
        shipped.hosted.as_ref().map(|it| it.seen.url.as_str()),
        shipped.hosted.as_ref().map(|it| it.seen.on),
        shipped.hosted.as_ref().is_some_and(|it| it.is_unconfirmed),
        shipped.hosted.as_ref().and_then(|it| it.beside.as_ref()).map(Slug::as_str),
        columns.after_token,
        columns.client_credentials,
        columns.application_fields,
        popularity(&shipped.slug),
        shipped.hosted.as_ref().is_some_and(|it| it.needs_application),
        shipped.sunset.as_ref().map(Json) as _,
    )
    .fetch_one(conn)
    .await
}

/// The description of a REST service in columns. A hosted MCP server has a page and a key of them, other connectors none.
#[derive(Default)]
pub(in crate::connectors) struct DescriptorColumns {
    pub(in crate::connectors) base_url: Option<String>,
    pub(in crate::connectors) docs_url: Option<String>,
    pub(in crate::connectors) account_fields: Option<Value>,
    pub(in crate::connectors) auth_style: Option<Value>,
    pub(in crate::connectors) oauth_config: Option<Value>,
    pub(in crate::connectors) api_headers: Option<Value>,
    pub(in crate::connectors) application_fields: Option<Value>,
    pub(in crate::connectors) client_credentials: Option<Value>,
    pub(in crate::connectors) after_token: Option<Value>,
    pub(in crate::connectors) account_call: Option<Value>,
    pub(in crate::connectors) check_call: Option<Value>,
}

pub(in crate::connectors) async fn find_descriptor(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
) -> sqlx::Result<Option<DescriptorColumns>> {
    sqlx::query_as!(
        DescriptorColumns,
        r#"
        SELECT base_url, docs_url, account_fields, auth_style, application_fields, client_credentials, oauth_config, api_headers, after_token, account_call, check_call
        FROM connectors
        WHERE (owner_id IS NULL OR owner_id = $1) AND id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Lists the names of the shipped connectors with this token endpoint.
pub(in crate::connectors) async fn list_names_by_token_url(
    conn: &mut PgConnection,
    token_url: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT name
        FROM connectors
        WHERE owner_id IS NULL AND is_active AND oauth_config ->> 'token_url' = $1
        ORDER BY name
        "#,
        token_url,
    )
    .fetch_all(conn)
    .await
}

/// Hides the shipped connectors that are not among `slugs`.
pub(in crate::connectors) async fn hide_unshipped(conn: &mut PgConnection, slugs: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET is_active = false
        WHERE owner_id IS NULL AND NOT (slug = ANY($1)) AND is_active
        "#,
        slugs,
    )
    .execute(conn)
    .await?;
    Ok(())
}
