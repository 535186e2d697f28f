//! The statements of administrators on the accounts of all people. Part of the store of `users`.

use sqlx::{PgConnection, PgExecutor};

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::page::PAGE_LIMIT;

/// An account as administrators see it.
#[derive(Clone, Debug)]
pub struct AccountSummary {
    /// Primary key.
    pub id: UserId,
    /// Email address.
    pub email: String,
    /// Name on pages.
    pub display_name: String,
    /// True if the person administers the hub.
    pub is_admin: bool,
    /// Time of confirmation of the address.
    pub confirmed_at: Option<Timestamp>,
    /// Time at which an administrator disabled the account.
    pub disabled_at: Option<Timestamp>,
    /// Time of the last request of a signed-in browser, to the minute.
    pub last_seen_at: Option<Timestamp>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Browsers in which the person is signed in.
    pub session_count: i64,
}

/// Returns the newest accounts before `before` whose name or address contains `text`.
pub(super) async fn list(
    conn: impl PgExecutor<'_>,
    text: &str,
    before: UserId,
    now: Timestamp,
) -> sqlx::Result<Vec<AccountSummary>> {
    sqlx::query_as!(
        AccountSummary,
        r#"
        SELECT u.id AS "id: UserId",
               u.email,
               u.display_name,
               u.is_admin,
               u.confirmed_at,
               u.disabled_at,
               u.last_seen_at,
               u.created_at,
               (SELECT count(*) FROM user_sessions s WHERE s.user_id = u.id AND s.expires_at > $3) AS "session_count!"
        FROM users u
        WHERE u.id < $2 AND strpos(lower(u.display_name || ' ' || u.email), lower($1)) > 0
        ORDER BY u.id DESC
        LIMIT $4
        "#,
        text,
        before as _,
        now,
        PAGE_LIMIT,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn find(
    conn: impl PgExecutor<'_>,
    id: UserId,
    now: Timestamp,
) -> sqlx::Result<Option<AccountSummary>> {
    sqlx::query_as!(
        AccountSummary,
        r#"
        SELECT u.id AS "id: UserId",
               u.email,
               u.display_name,
               u.is_admin,
               u.confirmed_at,
               u.disabled_at,
               u.last_seen_at,
               u.created_at,
               (SELECT count(*) FROM user_sessions s WHERE s.user_id = u.id AND s.expires_at > $2) AS "session_count!"
        FROM users u
        WHERE u.id = $1
        "#,
        id as _,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Locks the administrators who can sign in, and returns their ids. Two administrators who change each other wait here.
pub(super) async fn lock_administrators(conn: &mut PgConnection) -> sqlx::Result<Vec<UserId>> {
    let rows = sqlx::query!(
        r#"
        SELECT id AS "id: UserId", email
        FROM users
        WHERE is_admin AND confirmed_at IS NOT NULL AND disabled_at IS NULL
        ORDER BY id
        FOR UPDATE
        "#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Sets or clears the time of disabling. Returns `false` if the account is in that state already, or does not exist.
pub(super) async fn set_disabled(
    conn: &mut PgConnection,
    id: UserId,
    disabled_at: Option<Timestamp>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE users SET disabled_at = $2 WHERE id = $1 AND (disabled_at IS NULL) = ($2::timestamptz IS NOT NULL)",
        id as _,
        disabled_at,
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Makes a user an administrator, or no longer one. Returns `false` if the user is that already, or does not exist.
pub(super) async fn set_admin(conn: &mut PgConnection, id: UserId, is_admin: bool) -> sqlx::Result<bool> {
    let updated = sqlx::query!("UPDATE users SET is_admin = $2 WHERE id = $1 AND is_admin <> $2", id as _, is_admin)
        .execute(conn)
        .await?;
    Ok(updated.rows_affected() == 1)
}
