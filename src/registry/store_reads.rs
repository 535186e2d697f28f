//! Statements on `registry_reads`: leases, passes and failures.

use std::collections::BTreeMap;

use sqlx::PgPool;
use sqlx::types::Json;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::ids::RegistryRunId;

/// Characters of a stored failure.
const MAX_FAILURE_CHARS: usize = 1_000;

/// Numbers of entries that could not be read, by the reason.
pub(super) type LeftOut = BTreeMap<String, i64>;

/// A pass as a run found it, and as it goes on.
#[derive(Debug)]
pub(super) struct PassState {
    pub(super) started_at: Timestamp,
    pub(super) is_full: bool,
    pub(super) updated_since: Option<Timestamp>,
    pub(super) cursor: Option<String>,
    pub(super) pages: i32,
    pub(super) left_out: Json<LeftOut>,
}

/// A failed run.
pub(super) struct RunFailure<'a> {
    pub(super) message: &'a str,
    /// The next run begins a new pass.
    pub(super) is_restart: bool,
    pub(super) next_at: Timestamp,
}

/// The state of a registry's copy.
#[derive(Clone, Debug)]
pub struct RegistryState {
    /// Address of the registry.
    pub registry: String,
    /// Servers that the last finished pass left.
    pub servers: i32,
    /// End of the last finished pass.
    pub finished_at: Option<Timestamp>,
    /// Pages of the pass that is under way; `None` if none is.
    pub pages: Option<i32>,
    /// Reason why the last run failed.
    pub failure: Option<String>,
    /// Time of that failure.
    pub failed_at: Option<Timestamp>,
    /// Time from which the next run may begin; `None` if the registry was never read.
    pub next_at: Option<Timestamp>,
    /// Entries that could not be read: their number by the reason.
    pub left_out: Json<BTreeMap<String, i64>>,
}

/// Claims a registry that is due; `None` if it is not, or if another process reads it. Begins a pass if none is under way, or if
/// that began a day ago.
pub(super) async fn claim(
    system: &SystemDb,
    registry: &str,
    run: RegistryRunId,
    now: Timestamp,
) -> crate::error::Result<Option<PassState>> {
    sqlx::query!(
        "INSERT INTO registry_reads (registry, next_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        registry,
        now
    )
    .execute(system.pool())
    .await?;
    let claimed = sqlx::query_as!(
        PassState,
        r#"
        UPDATE registry_reads r
        SET lease = $2,
            leased_until = now() + interval '5 minutes',
            pass_started_at = p.started_at,
            pass_is_full = p.is_full,
            updated_since = p.updated_since,
            cursor = p.cursor,
            pages = p.pages,
            left_out = p.left_out
        FROM (
            SELECT registry,
                   CASE WHEN is_new THEN $3 ELSE pass_started_at END AS started_at,
                   CASE WHEN is_new THEN is_full_due ELSE pass_is_full END AS is_full,
                   -- an hour more, for clocks that differ
                   CASE WHEN NOT is_new THEN updated_since
                        WHEN NOT is_full_due THEN read_since - interval '1 hour' END AS updated_since,
                   CASE WHEN NOT is_new THEN cursor END AS cursor,
                   CASE WHEN is_new THEN 0 ELSE pages END AS pages,
                   CASE WHEN is_new THEN '{}'::json ELSE left_out END AS left_out
            FROM (
                SELECT *,
                       pass_started_at IS NULL OR pass_started_at < $3::timestamptz - interval '1 day' AS is_new,
                       full_at IS NULL OR full_at < $3::timestamptz - interval '7 days' AS is_full_due
                FROM registry_reads
                WHERE registry = $1
            ) stored
        ) p
        WHERE r.registry = p.registry AND r.next_at <= $3 AND (r.lease IS NULL OR r.leased_until < now())
        RETURNING r.pass_started_at AS "started_at!",
                  r.pass_is_full AS is_full,
                  r.updated_since,
                  r.cursor,
                  r.pages,
                  r.left_out AS "left_out: Json<LeftOut>"
        "#,
        registry,
        run as _,
        now,
    );
    Ok(claimed.fetch_optional(system.pool()).await?)
}

/// Ends a pass. After a full one, servers that it did not meet are deleted.
pub(super) async fn finish(
    system: &SystemDb,
    registry: &str,
    run: RegistryRunId,
    now: Timestamp,
    next_at: Timestamp,
) -> crate::error::Result<()> {
    let mut tx = system.begin().await?;
    sqlx::query!(
        r#"
        UPDATE registry_servers s
        SET status = 'deleted', refusal = 'deleted'
        FROM registry_reads r
        WHERE r.registry = $1 AND r.lease = $2 AND r.pass_is_full
          AND s.registry = $1 AND s.read_at < r.pass_started_at AND s.status <> 'deleted'
        "#,
        registry,
        run as _,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        UPDATE registry_reads
        SET lease = NULL,
            leased_until = NULL,
            next_at = $4,
            pass_started_at = NULL,
            cursor = NULL,
            finished_at = $3,
            read_since = pass_started_at,
            full_at = CASE WHEN pass_is_full THEN pass_started_at ELSE full_at END,
            servers = (SELECT count(*) FROM registry_servers s WHERE s.registry = $1 AND s.status <> 'deleted'),
            failure = NULL,
            failed_at = NULL
        WHERE registry = $1 AND lease = $2
        "#,
        registry,
        run as _,
        now,
        next_at,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Records a failed run. The pass goes on at its cursor, unless it has to begin anew.
pub(super) async fn fail(
    system: &SystemDb,
    registry: &str,
    run: RegistryRunId,
    failure: RunFailure<'_>,
    now: Timestamp,
) -> crate::error::Result<()> {
    let message: String = failure.message.chars().take(MAX_FAILURE_CHARS).collect();
    sqlx::query!(
        r#"
        UPDATE registry_reads
        SET lease = NULL,
            leased_until = NULL,
            next_at = $5,
            failure = $3,
            failed_at = $4,
            pass_started_at = CASE WHEN $6 THEN NULL ELSE pass_started_at END,
            cursor = CASE WHEN $6 THEN NULL ELSE cursor END
        WHERE registry = $1 AND lease = $2
        "#,
        registry,
        run as _,
        message,
        now,
        failure.next_at,
        failure.is_restart,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// Returns the state of each of these registries, in their order. One that was never read has no end of a pass.
pub(super) async fn list(pool: &PgPool, registries: &[String]) -> sqlx::Result<Vec<RegistryState>> {
    sqlx::query_as!(
        RegistryState,
        r#"
        SELECT a.address AS "registry!",
               COALESCE(r.servers, 0) AS "servers!",
               r.finished_at AS "finished_at?",
               CASE WHEN r.pass_started_at IS NOT NULL THEN r.pages END AS pages,
               r.failure AS "failure?",
               r.failed_at AS "failed_at?",
               r.next_at AS "next_at?",
               COALESCE(r.left_out, '{}') AS "left_out!: Json<BTreeMap<String, i64>>"
        FROM unnest($1::text[]) WITH ORDINALITY AS a (address, place)
        LEFT JOIN registry_reads r ON r.registry = a.address
        ORDER BY a.place
        "#,
        registries,
    )
    .fetch_all(pool)
    .await
}
