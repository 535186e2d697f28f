//! The store of `mail_outbox`. A mail waits as long as `failed_at` is null.

use sqlx::{PgConnection, PgExecutor};

use super::kind::{MailFailure, MailKind};
use super::message::Mail;
use crate::clock::Timestamp;
use crate::ids::MailId;
use crate::vault::SecretRef;

/// A mail that this process is about to send.
pub(super) struct ClaimedMail {
    pub(super) id: MailId,
    pub(super) kind: MailKind,
    pub(super) recipient: String,
    pub(super) subject: String,
    pub(super) text: SecretRef,
    /// Attempts, including this one.
    pub(super) attempts: i32,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: MailId,
    mail: &Mail,
    text: &SecretRef,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO mail_outbox (id, kind, recipient, subject, text_ref, next_attempt_at, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
        "#,
        id as _,
        mail.kind.stored_text(),
        mail.to,
        mail.subject,
        text as _,
        now,
        now + mail.ttl,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the waiting mails of a kind to a recipient. Returns the references to their texts.
pub(super) async fn delete_waiting(
    conn: &mut PgConnection,
    kind: MailKind,
    recipient: &str,
) -> sqlx::Result<Vec<SecretRef>> {
    sqlx::query_scalar!(
        r#"
        DELETE FROM mail_outbox
        WHERE kind = $1 AND recipient = $2 AND failed_at IS NULL
        RETURNING text_ref AS "text!: SecretRef"
        "#,
        kind.stored_text(),
        recipient,
    )
    .fetch_all(conn)
    .await
}

/// Claims mails that are due, at most `limit`, until `claimed_until`. Two processes never claim the same attempt.
pub(super) async fn claim_due(
    conn: impl PgExecutor<'_>,
    now: Timestamp,
    claimed_until: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<ClaimedMail>> {
    sqlx::query_as!(
        ClaimedMail,
        r#"
        UPDATE mail_outbox
        SET next_attempt_at = $2, attempts = attempts + 1
        WHERE id IN (
            SELECT id
            FROM mail_outbox
            WHERE failed_at IS NULL AND next_attempt_at <= $1
            ORDER BY next_attempt_at, id
            LIMIT $3
            FOR UPDATE SKIP LOCKED
        )
        RETURNING id AS "id: MailId",
                  kind AS "kind: MailKind",
                  recipient,
                  subject,
                  text_ref AS "text!: SecretRef",
                  attempts,
                  created_at,
                  expires_at
        "#,
        now,
        claimed_until,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Returns the time at which the next mail is due.
pub(super) async fn next_due_at(conn: impl PgExecutor<'_>) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar!(
        r#"SELECT next_attempt_at FROM mail_outbox WHERE failed_at IS NULL ORDER BY next_attempt_at LIMIT 1"#
    )
    .fetch_optional(conn)
    .await
}

/// Schedules the next attempt, unless another process has claimed the mail since.
pub(super) async fn reschedule(
    conn: impl PgExecutor<'_>,
    mail: &ClaimedMail,
    next_attempt_at: Timestamp,
    reply: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE mail_outbox
        SET next_attempt_at = $3, last_reply = $4
        WHERE id = $1 AND attempts = $2 AND failed_at IS NULL
        "#,
        mail.id as _,
        mail.attempts,
        next_attempt_at,
        reply,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves the attempts that are due at `now` to a later time.
pub(super) async fn postpone_due(conn: impl PgExecutor<'_>, now: Timestamp, until: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE mail_outbox SET next_attempt_at = $2 WHERE failed_at IS NULL AND next_attempt_at <= $1",
        now,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks a mail as failed. Its text is to be deleted in the same transaction.
pub(super) async fn mark_failed(
    conn: &mut PgConnection,
    mail: &ClaimedMail,
    failure: MailFailure,
    reply: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE mail_outbox
        SET text_ref = NULL, failed_at = $2, failure = $3, last_reply = COALESCE($4, last_reply)
        WHERE id = $1 AND failed_at IS NULL
        "#,
        mail.id as _,
        now,
        failure.stored_text(),
        reply,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut PgConnection, id: MailId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM mail_outbox WHERE id = $1", id as _).execute(conn).await?;
    Ok(())
}

/// Deletes the mails that failed before `then`.
pub(super) async fn delete_failed(conn: impl PgExecutor<'_>, then: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM mail_outbox WHERE failed_at < $1", then).execute(conn).await?;
    Ok(())
}
