//! The statements that read connections whole.

use sqlx::PgConnection;

use crate::connections::detail::Detail;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::connectors::{AuthKind, Transport};
use crate::ids::{ConnectionId, ConnectorId, UserId};
use crate::page::PAGE_LIMIT;

/// A statement about the user's connections; `place` is where a row stands in the list.
macro_rules! details {
    ($tail:literal, $owner:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            Detail,
            r#"
            WITH mine AS (
                SELECT u.*,
                       c.name AS connector,
                       c.slug,
                       c.is_active AS is_listed,
                       c.auth_type,
                       c.transport,
                       CASE WHEN u.status IN ('expired', 'error') OR u.health <> 'ok' THEN 0
                            WHEN u.status = 'revoked' THEN 2
                            ELSE 1 END AS place
                FROM user_connections u
                JOIN connectors c ON c.id = u.connector_id
                WHERE u.user_id = $1
            )
            SELECT id AS "id!: ConnectionId",
                   connector_id AS "connector_id!: ConnectorId",
                   connector AS "connector!",
                   slug AS "slug!",
                   is_listed AS "is_listed!",
                   auth_type AS "auth!: AuthKind",
                   transport AS "transport!: Transport",
                   label AS "label!",
                   status AS "status!: ConnectionStatus",
                   health AS "health!: ConnectionHealth",
                   reason,
                   last_error,
                   secret_ref_access IS NOT NULL AS "has_secret!",
                   external_account AS account,
                   scopes AS "scopes!",
                   ARRAY(SELECT unnest(requested_scopes) EXCEPT SELECT unnest(scopes)) AS "wanted!",
                   expires_at,
                   ends_on,
                   last_ok_at,
                   last_used_at,
                   created_at AS "created_at!",
                   updated_at AS "updated_at!",
                   COALESCE(id = (
                       SELECT o.id
                       FROM user_connections o
                       WHERE o.user_id = $1 AND o.connector_id = mine.connector_id AND o.status = 'active'
                       ORDER BY o.is_default DESC, o.id
                       LIMIT 1
                   ), false) AS "is_preferred!",
                   (
                       SELECT count(*)
                       FROM user_connections o
                       WHERE o.user_id = $1 AND o.connector_id = mine.connector_id AND o.status = 'active'
                   ) AS "usable!"
            FROM mine
            "#
                + $tail,
            $owner as _,
            $($more),*
        )
    };
}

pub(in crate::connections) async fn list(
    conn: &mut PgConnection,
    owner: UserId,
    place: Option<i32>,
    after: Option<ConnectionId>,
) -> sqlx::Result<Vec<Detail>> {
    details!(
        r#"
        WHERE ($2::integer IS NULL OR place = $2)
          AND ($3::uuid IS NULL OR (place, lower(connector), lower(label), id) > (
              SELECT a.place, lower(a.connector), lower(a.label), a.id FROM mine a WHERE a.id = $3
          ))
        ORDER BY place, lower(connector), lower(label), id
        LIMIT $4
        "#,
        owner,
        place,
        after as _,
        PAGE_LIMIT
    )
    .fetch_all(conn)
    .await
}

pub(in crate::connections) async fn of(
    conn: &mut PgConnection,
    owner: UserId,
    ids: &[ConnectionId],
) -> sqlx::Result<Vec<Detail>> {
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    details!(
        r#"
        WHERE id = ANY($2::uuid[])
        ORDER BY place, lower(connector), lower(label), id
        "#,
        owner,
        &ids
    )
    .fetch_all(conn)
    .await
}
