//! The statements on people. Each finds one person: by id, or by an address that they gave.

use sqlx::{PgConnection, PgExecutor};

use super::{Announce, Appearance, Contrast, Motion, NewUser, Theme, User};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// What signing in needs.
pub(super) struct Credentials {
    pub(super) user: User,
    pub(super) password_hash: String,
}

/// A statement that reads people: `$with` are columns beside theirs, each with its comma, and `$from` says whose.
macro_rules! people {
    ($with:literal, $from:literal, $($argument:expr),+) => {
        sqlx::query!(
            "SELECT "
                + $with
                + r#"
                id AS "id: UserId",
                email,
                display_name,
                is_admin,
                time_zone,
                theme AS "theme: Theme",
                contrast AS "contrast: Contrast",
                motion AS "motion: Motion",
                announce AS "announce: Announce",
                confirmed_at
                FROM users "#
                + $from,
            $($argument),+
        )
    };
}

/// The person in a row of [`people`].
macro_rules! person {
    ($row:ident) => {
        User {
            id: $row.id,
            email: $row.email,
            display_name: $row.display_name,
            is_admin: $row.is_admin,
            time_zone: $row.time_zone,
            theme: $row.theme,
            contrast: $row.contrast,
            motion: $row.motion,
            announce: $row.announce,
            confirmed_at: $row.confirmed_at,
        }
    };
}

pub(super) use {people, person};

pub(super) async fn find(conn: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<User>> {
    let row = people!("", "WHERE id = $1", id as _).fetch_optional(conn).await?;
    Ok(row.map(|row| person!(row)))
}

pub(super) async fn administrators(conn: impl PgExecutor<'_>) -> sqlx::Result<Vec<User>> {
    let rows =
        people!("", "WHERE is_admin = $1 AND confirmed_at IS NOT NULL ORDER BY id", true).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| person!(row)).collect())
}

pub(super) async fn by_email(conn: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<Credentials>> {
    let row = people!("password_hash,", "WHERE lower(email) = lower($1)", email).fetch_optional(conn).await?;
    Ok(row.map(|row| Credentials { user: person!(row), password_hash: row.password_hash }))
}

/// Adds a confirmed person; none if the address is taken.
pub(super) async fn insert_confirmed(
    conn: &mut PgConnection,
    new: &NewUser,
    password_hash: &str,
    is_admin: bool,
    now: Timestamp,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        User,
        r#"
        INSERT INTO users (id, email, display_name, password_hash, is_admin, confirmed_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (lower(email)) DO NOTHING
        RETURNING id AS "id: UserId",
                  email,
                  display_name,
                  is_admin,
                  time_zone,
                  theme AS "theme: Theme",
                  contrast AS "contrast: Contrast",
                  motion AS "motion: Motion",
                  announce AS "announce: Announce",
                  confirmed_at
        "#,
        UserId::new(now) as _,
        new.email.as_str(),
        new.display_name,
        password_hash,
        is_admin,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Adds a person who has yet to confirm. One who never did is replaced: otherwise a stranger could sign up with
/// somebody's address, and wait for them to confirm an account whose password the stranger knows. None if the address
/// belongs to a confirmed account.
pub(super) async fn insert_unconfirmed(
    conn: &mut PgConnection,
    new: &NewUser,
    password_hash: &str,
    now: Timestamp,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO users (id, email, display_name, password_hash, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (lower(email)) DO UPDATE
        SET email = EXCLUDED.email,
            display_name = EXCLUDED.display_name,
            password_hash = EXCLUDED.password_hash
        WHERE users.confirmed_at IS NULL
        RETURNING id AS "id: UserId"
        "#,
        UserId::new(now) as _,
        new.email.as_str(),
        new.display_name,
        password_hash,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn confirm(conn: &mut PgConnection, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET confirmed_at = COALESCE(confirmed_at, $2) WHERE id = $1", id as _, now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Holds one person's row until the transaction ends, so that what is done about them is done one after another.
pub(super) async fn lock(conn: &mut PgConnection, id: UserId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM users WHERE id = $1 FOR UPDATE", id as _).fetch_optional(conn).await?;
    Ok(())
}

pub(super) async fn set_password(conn: &mut PgConnection, id: UserId, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET password_hash = $2 WHERE id = $1", id as _, password_hash,).execute(conn).await?;
    Ok(())
}

/// Gives a person another address; false if somebody else has it.
pub(super) async fn set_email(conn: &mut PgConnection, id: UserId, email: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!("UPDATE users SET email = $2 WHERE id = $1", id as _, email).execute(conn).await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn set_profile(conn: &mut PgConnection, id: UserId, name: &str, zone: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET display_name = $2, time_zone = $3 WHERE id = $1", id as _, name, zone)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_appearance(conn: &mut PgConnection, id: UserId, chosen: Appearance) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET theme = $2, contrast = $3, motion = $4, announce = $5 WHERE id = $1",
        id as _,
        chosen.theme.as_str(),
        chosen.contrast.as_str(),
        chosen.motion.as_str(),
        chosen.announce.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether anybody has an account, now and until the transaction ends: others who add one wait for it.
pub(super) async fn any_locked(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query!("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").execute(&mut *conn).await?;
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "any!""#).fetch_one(conn).await
}

pub(super) async fn any(conn: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "any!""#).fetch_one(conn).await
}
