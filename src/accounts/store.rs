//! The store of `users`. Each statement finds one person, by id or by the address that they typed.

use sqlx::{PgConnection, PgExecutor};

use super::email::Spellings;
use super::{Announce, Appearance, Contrast, Keys, Motion, Theme, User};
use crate::clock::Timestamp;
use crate::ids::{OwnerId, UserId};

/// A user and the hash of their password.
pub(super) struct Credentials {
    pub(super) user: User,
    pub(super) password_hash: String,
}

/// A query that returns users. Their columns stand between `$before`, which ends with `SELECT`, a further column and its comma,
/// or `RETURNING`, and `$after`.
macro_rules! query_users {
    ($before:literal, $after:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query!(
            $before
                + r#"
                id AS "id: UserId",
                email,
                display_name,
                is_admin,
                time_zone,
                has_chosen_time_zone,
                theme AS "theme: Theme",
                contrast AS "contrast: Contrast",
                motion AS "motion: Motion",
                announce AS "announce: Announce",
                keys AS "keys: Keys",
                confirmed_at,
                disabled_at
                "#
                + $after,
            $($argument),+
        )
    };
}

/// Builds the [`User`] of a row of [`query_users`].
macro_rules! user_from {
    ($row:ident) => {
        User {
            id: $row.id,
            email: $row.email,
            display_name: $row.display_name,
            is_admin: $row.is_admin,
            time_zone: $row.time_zone,
            has_chosen_time_zone: $row.has_chosen_time_zone,
            theme: $row.theme,
            contrast: $row.contrast,
            motion: $row.motion,
            announce: $row.announce,
            keys: $row.keys,
            confirmed_at: $row.confirmed_at,
            disabled_at: $row.disabled_at,
        }
    };
}

pub(super) use {query_users, user_from};

pub(super) async fn find(conn: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<User>> {
    let row = query_users!("SELECT", "FROM users WHERE id = $1", id as _).fetch_optional(conn).await?;
    Ok(row.map(|row| user_from!(row)))
}

pub(super) async fn list_responsible(conn: impl PgExecutor<'_>, owner: OwnerId) -> sqlx::Result<Vec<User>> {
    let rows = query_users!(
        "SELECT",
        r#"
        FROM users
        WHERE disabled_at IS NULL
          AND (
              id = $1
              OR id IN (
                  SELECT user_id FROM memberships
                  WHERE organisation_id = $1 AND ended_at IS NULL AND role IN ('owner', 'admin')
              )
          )
        ORDER BY id
        "#,
        owner as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| user_from!(row)).collect())
}

/// Lists the administrators who can sign in.
pub(super) async fn list_administrators(conn: impl PgExecutor<'_>) -> sqlx::Result<Vec<User>> {
    let rows = query_users!(
        "SELECT",
        "FROM users WHERE is_admin = $1 AND confirmed_at IS NOT NULL AND disabled_at IS NULL ORDER BY id",
        true
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| user_from!(row)).collect())
}

/// Finds the user of an address, in whichever spelling. Older versions may have stored two of the same mailbox: an exact
/// match goes first.
pub(super) async fn find_by_email(conn: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<Credentials>> {
    let Spellings { canonical, ascii } = Spellings::of_address(email);
    let row = query_users!(
        "SELECT password_hash,",
        r#"
        FROM users
        WHERE lower(email) IN (lower($1), lower($2), lower($3))
        ORDER BY lower(email) <> lower($1), lower(email) <> lower($2), id
        LIMIT 1
        "#,
        email,
        canonical,
        ascii
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Credentials { user: user_from!(row), password_hash: row.password_hash }))
}

pub(super) async fn confirm(conn: &mut PgConnection, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET confirmed_at = COALESCE(confirmed_at, $2) WHERE id = $1", id as _, now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Locks the row of one user until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: UserId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM users WHERE id = $1 FOR UPDATE", id as _).fetch_optional(conn).await?;
    Ok(())
}

pub(super) async fn set_password(conn: &mut PgConnection, id: UserId, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET password_hash = $2 WHERE id = $1", id as _, password_hash,).execute(conn).await?;
    Ok(())
}

/// Sets the address of a user. Returns `false` if another user has it.
pub(super) async fn set_email(conn: &mut PgConnection, id: UserId, email: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!("UPDATE users SET email = $2 WHERE id = $1", id as _, email).execute(conn).await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn set_profile(conn: &mut PgConnection, id: UserId, name: &str, zone: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET display_name = $2, time_zone = $3, has_chosen_time_zone = true WHERE id = $1",
        id as _,
        name,
        zone
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_appearance(conn: &mut PgConnection, id: UserId, chosen: Appearance) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET theme = $2, contrast = $3, motion = $4, announce = $5, keys = $6 WHERE id = $1",
        id as _,
        chosen.theme.as_str(),
        chosen.contrast.as_str(),
        chosen.motion.as_str(),
        chosen.announce.as_str(),
        chosen.keys.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Reports whether the hub has an administrator. Other transactions that insert a user wait until this one ends.
pub(super) async fn has_administrator_locked(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query!("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").execute(&mut *conn).await?;
    has_administrator(conn).await
}

pub(super) async fn has_administrator(conn: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users WHERE is_admin) AS "any!""#).fetch_one(conn).await
}

/// Returns the addresses of accounts whose domain has letters other than ASCII, in either spelling.
pub(super) async fn list_international_emails(conn: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"SELECT email FROM users WHERE email ~ '[^ -~]' OR lower(email) LIKE '%xn--%' ORDER BY created_at, id"#
    )
    .fetch_all(conn)
    .await
}
