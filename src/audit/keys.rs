//! Keys of a list, each source with its own index and statement.

use sqlx::PgConnection;

use super::action_name::ActionName;
use super::filter::{Filter, Source};
use crate::ids::{AuditId, OwnerId};
use crate::page::{KeyRange, last_of_full_scan};

/// Returns the range of the filter's period, older than `before`.
pub(super) fn range(filter: &Filter, before: Option<AuditId>) -> KeyRange<AuditId> {
    let until = filter.until.map_or(AuditId::LAST, AuditId::floor);
    KeyRange {
        after: filter.from.map_or(AuditId::FIRST, AuditId::floor),
        before: before.map_or(until, |before| before.min(until)),
    }
}

/// Reads at most `limit` keys, newest first. Also returns the last key if older ones may exist.
pub(super) async fn read(
    conn: &mut PgConnection,
    owner: OwnerId,
    source: Source<'_>,
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<(Vec<AuditId>, Option<AuditId>)> {
    let keys = match source {
        Source::Newest => newest(conn, owner, range, limit).await?,
        Source::Actions(actions) => of_actions(conn, owner, actions, range, limit).await?,
        Source::Outcome(texts) => of_outcome(conn, owner, texts, range, limit).await?,
    };
    let last = last_of_full_scan(&keys, limit);
    Ok((keys, last))
}

async fn newest(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<Vec<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: AuditId"
        FROM audit_entries
        WHERE owner_id = $1 AND id > $2 AND id < $3
        ORDER BY id DESC
        LIMIT $4
        "#,
        owner as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

async fn of_actions(
    conn: &mut PgConnection,
    owner: OwnerId,
    actions: &[ActionName],
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<Vec<AuditId>> {
    let actions: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
    sqlx::query_scalar!(
        r#"
        SELECT e.id AS "id: AuditId"
        FROM unnest($2::text[]) AS asked (action)
        -- each action on its own, so that each is read in order off the index
        CROSS JOIN LATERAL (
            SELECT id
            FROM audit_entries
            WHERE owner_id = $1 AND action = asked.action AND id > $3 AND id < $4
            ORDER BY id DESC
            LIMIT $5
        ) e
        ORDER BY e.id DESC
        LIMIT $5
        "#,
        owner as _,
        actions as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

async fn of_outcome(
    conn: &mut PgConnection,
    owner: OwnerId,
    texts: &[&str],
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<Vec<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT e.id AS "id: AuditId"
        FROM unnest($2::text[]) AS asked (outcome)
        -- each text on its own, so that each is read in order off the index, whose condition is repeated here
        CROSS JOIN LATERAL (
            SELECT id
            FROM audit_entries
            WHERE owner_id = $1
              AND outcome = asked.outcome
              AND outcome IN ('failed', 'canceled', 'unknown', 'error')
              AND id > $3
              AND id < $4
            ORDER BY id DESC
            LIMIT $5
        ) e
        ORDER BY e.id DESC
        LIMIT $5
        "#,
        owner as _,
        texts as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Counts the keys of the range, at most `limit`.
pub(super) async fn count(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM (SELECT FROM audit_entries WHERE owner_id = $1 AND id > $2 AND id < $3 LIMIT $4) counted
        "#,
        owner as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_one(conn)
    .await
}
