//! Links that are mailed or printed: 32 random bytes, of which only the SHA-256 is kept; each works once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgExecutor};

use super::Email;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// In which state a link is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It works.
    Open,
    /// It has done what it was for.
    Used,
    /// It was not used in time.
    Expired,
    /// It was cut short, replaced by a newer one, or never made here.
    Unknown,
}

/// What a link is for; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Confirm,
    Reset,
    Email,
    Setup,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Setup => "setup",
        }
    }
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Makes a token and returns its text, which exists nowhere else.
pub(super) async fn issue(
    conn: &mut PgConnection,
    purpose: Purpose,
    user: Option<UserId>,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<String> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    sqlx::query!(
        "INSERT INTO email_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        digest(&token),
        user as _,
        purpose.as_str(),
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

/// Makes a token that gives the person another address.
pub(super) async fn issue_for(
    conn: &mut PgConnection,
    user: UserId,
    new: &Email,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<String> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    sqlx::query!(
        r#"
        INSERT INTO email_tokens (token_hash, user_id, purpose, new_email, created_at, expires_at)
        VALUES ($1, $2, 'email', $3, $4, $5)
        "#,
        digest(&token),
        user as _,
        new.as_str(),
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

/// Whose open link for another address it is, and which address.
pub(super) async fn new_email(
    conn: impl PgExecutor<'_>,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Option<(UserId, String)>> {
    let row = sqlx::query!(
        r#"
        SELECT user_id AS "user_id: UserId", new_email
        FROM email_tokens
        WHERE token_hash = $1 AND purpose = 'email' AND used_at IS NULL AND expires_at > $2
        "#,
        digest(token),
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| row.user_id.zip(row.new_email)))
}

/// Looks at a link without using it.
pub(super) async fn state(
    conn: impl PgExecutor<'_>,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Link> {
    let row = sqlx::query!(
        "SELECT expires_at, used_at FROM email_tokens WHERE token_hash = $1 AND purpose = $2",
        digest(token),
        purpose.as_str(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Link::Unknown,
        Some(row) if row.used_at.is_some() => Link::Used,
        Some(row) if row.expires_at <= now => Link::Expired,
        Some(_) => Link::Open,
    })
}

/// Whose link it is, if it is open; without using it.
pub(super) async fn holder(
    conn: impl PgExecutor<'_>,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Option<UserId>> {
    let holder = sqlx::query_scalar!(
        r#"
        SELECT user_id AS "user_id: UserId"
        FROM email_tokens
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        "#,
        digest(token),
        purpose.as_str(),
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(holder.flatten())
}

/// What was behind a link that has now been used.
pub(super) struct Taken {
    pub(super) user_id: Option<UserId>,
}

/// Uses an open link; of two at the same moment, one gets it.
pub(super) async fn take(
    conn: &mut PgConnection,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Option<Taken>> {
    sqlx::query_as!(
        Taken,
        r#"
        UPDATE email_tokens
        SET used_at = $3
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        RETURNING user_id AS "user_id: UserId"
        "#,
        digest(token),
        purpose.as_str(),
        now,
    )
    .fetch_optional(conn)
    .await
}

/// When the person's newest unused link of this purpose was made.
pub(super) async fn newest(conn: &mut PgConnection, purpose: Purpose, user: UserId) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar!(
        r#"
        SELECT max(created_at) AS "at"
        FROM email_tokens
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL
        "#,
        user as _,
        purpose.as_str(),
    )
    .fetch_one(conn)
    .await
}

/// Forgets the unused links of one person (or, for setup, of nobody), so that only what is made next will work.
pub(super) async fn withdraw(conn: impl PgExecutor<'_>, purpose: Purpose, user: Option<UserId>) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM email_tokens WHERE user_id IS NOT DISTINCT FROM $1 AND purpose = $2 AND used_at IS NULL",
        user as _,
        purpose.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what expired before `then`.
pub(super) async fn delete_expired(conn: impl PgExecutor<'_>, then: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM email_tokens WHERE expires_at < $1", then).execute(conn).await?;
    Ok(())
}
