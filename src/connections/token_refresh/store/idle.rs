//! The statements of verifications: of credentials that their owners have typed.

use sqlx::PgConnection;

use super::Due;
use crate::clock::Timestamp;
use crate::connections::expiry::ExpiryDate;
use crate::connections::token_refresh::state::RefreshState;
use crate::ids::{ConnectionId, UserId};

/// A credential that its owner has typed was accepted: until when it need not be verified, and when it ends.
pub(in crate::connections::token_refresh) async fn begin(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    until: Timestamp,
    end: &ExpiryDate,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET next_attempt_at = $3,
            ends_on = $4,
            remind_at = $5,
            last_ok_at = $6,
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL
        WHERE user_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        until,
        end.day,
        end.remind_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the service has accepted the credential at `ok_at`; false, and nothing, if there is a newer one by now, or its
/// owner has disconnected it.
pub(in crate::connections::token_refresh) async fn accept(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    ok_at: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let accepted = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'active',
            health = CASE WHEN health = 'limited' THEN health ELSE 'ok' END,
            reason = CASE WHEN health = 'limited' THEN reason END,
            next_attempt_at = $4,
            last_ok_at = GREATEST(last_ok_at, $5),
            last_error = NULL,
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL,
            notice_at = NULL,
            -- of one that was well, nothing has changed
            updated_at = CASE WHEN failures > 0 THEN $6 ELSE updated_at END
        WHERE user_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        held.id as _,
        held.version,
        until,
        ok_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(accepted.rows_affected() == 1)
}

/// The service could not be asked, through no fault of its own.
pub(in crate::connections::token_refresh) async fn postpone(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    until: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET next_attempt_at = $4 WHERE user_id = $1 AND id = $2 AND version = $3",
        owner as _,
        held.id as _,
        held.version,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Connections of all users whose typed credential is to be verified.
pub(in crate::connections::token_refresh) async fn idle(
    conn: &mut PgConnection,
    now: Timestamp,
    most: i64,
    of_one: i64,
) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        SELECT user_id AS "owner: UserId",
               id AS "id: ConnectionId"
        FROM (
            SELECT user_id, id, next_attempt_at, row_number() OVER (PARTITION BY user_id ORDER BY next_attempt_at) AS n
            FROM user_connections
            WHERE secret_ref_access IS NOT NULL AND secret_ref_refresh IS NULL AND expires_at IS NULL
              AND (status = 'active' OR health = 'exhausted') AND next_attempt_at <= $1
        ) due
        WHERE n <= $3
        ORDER BY next_attempt_at
        LIMIT $2
        "#,
        now,
        most,
        of_one,
    )
    .fetch_all(conn)
    .await
}
