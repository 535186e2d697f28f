//! The statements that insert users. Part of the store of `users`.

use sqlx::PgConnection;

use super::store::{query_users, user_from};
use super::{Announce, Contrast, Keys, Motion, NewAccount, NewUser, Theme, User};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// Inserts a confirmed user. Returns `None` if the address is taken.
pub(super) async fn insert_confirmed(
    conn: &mut PgConnection,
    new: &NewUser,
    password_hash: &str,
    is_admin: bool,
    now: Timestamp,
) -> sqlx::Result<Option<User>> {
    let row = query_users!(
        r#"
        INSERT INTO users (id, email, display_name, password_hash, is_admin, confirmed_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (lower(email)) DO NOTHING
        RETURNING
        "#,
        "",
        UserId::new(now) as _,
        new.email.as_str(),
        new.display_name,
        password_hash,
        is_admin,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| user_from!(row)))
}

/// Inserts a confirmed user who holds a link, or replaces a user whose address is not confirmed. Returns `None` if the
/// address belongs to a confirmed account or to a disabled one.
pub(super) async fn insert_with_link(
    conn: &mut PgConnection,
    account: NewAccount<'_>,
    password_hash: &str,
    is_admin: bool,
    now: Timestamp,
) -> sqlx::Result<Option<User>> {
    let NewAccount { user: new, visitor } = account;
    let row = query_users!(
        r#"
        INSERT INTO users (id, email, display_name, password_hash, time_zone, is_admin, confirmed_at, created_at)
        VALUES ($1, $2, $3, $4, $6, $7, $5, $5)
        ON CONFLICT (lower(email)) DO UPDATE
        SET email = EXCLUDED.email,
            display_name = EXCLUDED.display_name,
            password_hash = EXCLUDED.password_hash,
            time_zone = EXCLUDED.time_zone,
            is_admin = EXCLUDED.is_admin,
            confirmed_at = EXCLUDED.confirmed_at
        WHERE users.confirmed_at IS NULL AND users.disabled_at IS NULL
        RETURNING
        "#,
        "",
        UserId::new(now) as _,
        new.email.as_str(),
        new.display_name,
        password_hash,
        now,
        visitor.time_zone(),
        is_admin,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| user_from!(row)))
}

/// Inserts a user whose address is not confirmed yet, or replaces one. Returns `None` if the address belongs to a
/// confirmed account.
///
/// An unconfirmed user is replaced because of this attack: a stranger signs up with the address of another person, and
/// waits until that person confirms an account whose password the stranger knows.
pub(super) async fn insert_unconfirmed(
    conn: &mut PgConnection,
    account: NewAccount<'_>,
    password_hash: &str,
    now: Timestamp,
) -> sqlx::Result<Option<UserId>> {
    let NewAccount { user: new, visitor } = account;
    sqlx::query_scalar!(
        r#"
        INSERT INTO users (id, email, display_name, password_hash, created_at, time_zone)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (lower(email)) DO UPDATE
        SET email = EXCLUDED.email,
            display_name = EXCLUDED.display_name,
            password_hash = EXCLUDED.password_hash,
            time_zone = EXCLUDED.time_zone
        WHERE users.confirmed_at IS NULL
        RETURNING id AS "id: UserId"
        "#,
        UserId::new(now) as _,
        new.email.as_str(),
        new.display_name,
        password_hash,
        now,
        visitor.time_zone(),
    )
    .fetch_optional(conn)
    .await
}
