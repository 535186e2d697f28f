//! The store of `organisations` and `memberships`.

use sqlx::PgExecutor;

use super::{Membership, Role};
use crate::ids::{OwnerId, UserId};

/// Builds a query over the memberships of the user `$1`; `$rest` is the end of the statement.
macro_rules! memberships {
    ($rest:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Membership,
            r#"
            SELECT o.id AS "organisation: OwnerId", o.slug, o.name, m.role AS "role: Role"
            FROM organisations o
            JOIN memberships m ON m.organisation_id = o.id
            WHERE m.user_id = $1 AND m.ended_at IS NULL
            "# + $rest,
            $($argument),+
        )
    };
}

pub(super) async fn find_membership(
    conn: impl PgExecutor<'_>,
    user: UserId,
    slug: &str,
) -> sqlx::Result<Option<Membership>> {
    memberships!("AND o.slug = $2", user as _, slug).fetch_optional(conn).await
}

pub(super) async fn find_membership_in(
    conn: impl PgExecutor<'_>,
    user: UserId,
    organisation: OwnerId,
) -> sqlx::Result<Option<Membership>> {
    memberships!("AND o.id = $2", user as _, organisation as _).fetch_optional(conn).await
}

pub(super) async fn list_memberships(conn: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<Membership>> {
    memberships!("ORDER BY lower(o.name), o.id", user as _).fetch_all(conn).await
}

pub(super) async fn find_slug(conn: impl PgExecutor<'_>, owner: OwnerId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT slug FROM organisations WHERE id = $1", owner as _).fetch_optional(conn).await
}

pub(super) async fn is_member(conn: impl PgExecutor<'_>, user: UserId, organisation: OwnerId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM memberships WHERE user_id = $1 AND organisation_id = $2 AND ended_at IS NULL
        ) AS "is_member!"
        "#,
        user as _,
        organisation as _,
    )
    .fetch_one(conn)
    .await
}
