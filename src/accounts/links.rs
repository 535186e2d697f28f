//! Single-use links that are mailed or printed, and the store of `email_tokens`. A token is 32 random bytes; the table
//! contains its SHA-256 only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgExecutor};
use time::Duration;

use super::email::Email;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// The state in which a link is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The link can be used.
    Open,
    /// The link was used before.
    Used,
    /// The link expired before it was used.
    Expired,
    /// The token is incomplete, was replaced by a newer one, or was never issued.
    Unknown,
}

/// The purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Confirms the address of a new account.
    Confirm,
    /// Resets a password.
    Reset,
    /// Changes the address of an account.
    Email,
    /// Makes the account of an invited person.
    Invite,
    /// Sets up the hub.
    Setup,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Confirm, Self::Reset, Self::Email, Self::Invite, Self::Setup];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Invite => "invite",
            Self::Setup => "setup",
        }
    }
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A link to issue.
pub(super) struct NewLink<'a> {
    pub(super) purpose: LinkPurpose,
    /// The user whom the link belongs to; `None` if the link makes an account.
    pub(super) user: Option<UserId>,
    /// The address that the account gets, of a change of address and of an invitation.
    pub(super) new_email: Option<&'a Email>,
    pub(super) ttl: Duration,
}

impl NewLink<'_> {
    pub(super) const fn new(purpose: LinkPurpose, user: Option<UserId>, ttl: Duration) -> Self {
        Self { purpose, user, new_email: None, ttl }
    }
}

/// Issues a link and returns its token, which is stored nowhere.
pub(super) async fn issue(conn: &mut PgConnection, link: &NewLink<'_>, now: Timestamp) -> sqlx::Result<String> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    sqlx::query!(
        r#"
        INSERT INTO email_tokens (token_hash, user_id, purpose, new_email, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        digest(&token),
        link.user as _,
        link.purpose.stored_text(),
        link.new_email.map(Email::as_str),
        now,
        now + link.ttl,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

/// The contents of a link that can be used.
pub(super) struct OpenLink {
    pub(super) user_id: Option<UserId>,
    pub(super) new_email: Option<String>,
}

/// Finds a link that can be used, without using it.
pub(super) async fn find_open(
    conn: impl PgExecutor<'_>,
    purpose: LinkPurpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Option<OpenLink>> {
    sqlx::query_as!(
        OpenLink,
        r#"
        SELECT user_id AS "user_id: UserId", new_email
        FROM email_tokens
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        "#,
        digest(token),
        purpose.stored_text(),
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Returns the state of a link, without using it.
pub(super) async fn state(
    conn: impl PgExecutor<'_>,
    purpose: LinkPurpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<LinkState> {
    let row = sqlx::query!(
        "SELECT expires_at, used_at FROM email_tokens WHERE token_hash = $1 AND purpose = $2",
        digest(token),
        purpose.stored_text(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => LinkState::Unknown,
        Some(row) if row.used_at.is_some() => LinkState::Used,
        Some(row) if row.expires_at <= now => LinkState::Expired,
        Some(_) => LinkState::Open,
    })
}

/// Uses a link that can be used. Of two concurrent calls one gets the link.
pub(super) async fn consume(
    conn: &mut PgConnection,
    purpose: LinkPurpose,
    token: &str,
    now: Timestamp,
) -> sqlx::Result<Option<OpenLink>> {
    sqlx::query_as!(
        OpenLink,
        r#"
        UPDATE email_tokens
        SET used_at = $3
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        RETURNING user_id AS "user_id: UserId", new_email
        "#,
        digest(token),
        purpose.stored_text(),
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Returns the creation time of the user's newest unused link with this purpose.
pub(super) async fn newest_created_at(
    conn: &mut PgConnection,
    purpose: LinkPurpose,
    user: UserId,
) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar!(
        r#"
        SELECT max(created_at) AS "at"
        FROM email_tokens
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL
        "#,
        user as _,
        purpose.stored_text(),
    )
    .fetch_one(conn)
    .await
}

/// Deletes the unused links of one user, or the set-up links if `user` is `None`. Only a link issued later will work.
pub(super) async fn withdraw(
    conn: impl PgExecutor<'_>,
    purpose: LinkPurpose,
    user: Option<UserId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM email_tokens WHERE user_id IS NOT DISTINCT FROM $1 AND purpose = $2 AND used_at IS NULL",
        user as _,
        purpose.stored_text(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes links that expired before `then`.
pub(super) async fn delete_expired(conn: impl PgExecutor<'_>, then: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM email_tokens WHERE expires_at < $1", then).execute(conn).await?;
    Ok(())
}
