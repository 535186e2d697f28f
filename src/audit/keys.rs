//! The keys of a list, each from its own index: one small statement a source.

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use crate::ids::{AuditId, UserId};

/// Entries between two ids, both exclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) after: AuditId,
    pub(super) before: AuditId,
}

impl Span {
    /// What the filter allows, up to `before`.
    pub(super) fn of(filter: &Filter, before: Option<AuditId>) -> Self {
        let until = filter.until.map_or(AuditId::LAST, AuditId::floor);
        Self {
            after: filter.from.map_or(AuditId::FIRST, AuditId::floor),
            before: before.map_or(until, |before| before.min(until)),
        }
    }
}

/// At most `most` keys, newest first, and the last of them if there may be more behind it.
pub(super) async fn read(
    conn: &mut PgConnection,
    owner: UserId,
    source: Source,
    span: Span,
    most: i64,
) -> sqlx::Result<(Vec<AuditId>, Option<AuditId>)> {
    let keys = match source {
        Source::Newest => newest(conn, owner, span, most).await?,
        Source::Actions(actions) => of_actions(conn, owner, actions, span, most).await?,
        Source::Failed => failed(conn, owner, span, most).await?,
    };
    let is_full = i64::try_from(keys.len()).is_ok_and(|found| found == most);
    let last = keys.last().copied().filter(|_| is_full);
    Ok((keys, last))
}

async fn newest(conn: &mut PgConnection, owner: UserId, span: Span, most: i64) -> sqlx::Result<Vec<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: AuditId"
        FROM audit_entries
        WHERE user_id = $1 AND id > $2 AND id < $3
        ORDER BY id DESC
        LIMIT $4
        "#,
        owner as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn of_actions(
    conn: &mut PgConnection,
    owner: UserId,
    actions: &[&str],
    span: Span,
    most: i64,
) -> sqlx::Result<Vec<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT e.id AS "id: AuditId"
        FROM unnest($2::text[]) AS asked (action)
        -- each action on its own, so that each is read in order off the index
        CROSS JOIN LATERAL (
            SELECT id
            FROM audit_entries
            WHERE user_id = $1 AND action = asked.action AND id > $3 AND id < $4
            ORDER BY id DESC
            LIMIT $5
        ) e
        ORDER BY e.id DESC
        LIMIT $5
        "#,
        owner as _,
        actions as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn failed(conn: &mut PgConnection, owner: UserId, span: Span, most: i64) -> sqlx::Result<Vec<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: AuditId"
        FROM audit_entries
        WHERE user_id = $1 AND outcome = 'error' AND id > $2 AND id < $3
        ORDER BY id DESC
        LIMIT $4
        "#,
        owner as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}
