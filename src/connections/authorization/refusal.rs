//! What a provider says against the application that serves all users: noted when it is first met, told to
//! administrators once, and forgotten when the application works or is entered anew.

use sqlx::PgConnection;

use super::SignIn;
use super::known::Known;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, OauthClientId, UserId};

/// What a provider says against the hub's application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words, without a full stop.
    pub words: String,
    /// Since when.
    pub since: Timestamp,
}

impl SignIn<'_> {
    /// What the provider says against an application that serves all users.
    pub async fn refusal(&self, application: &Known) -> Result<Option<Refusal>> {
        Ok(of(&mut *self.system.pool().acquire().await?, application.id).await?)
    }

    /// It has given a grant. Nothing hangs on that this is noted at once: the next renewal notes it too.
    pub(super) async fn forget_refusal(&self, application: &Known) {
        let forgetting = async { forget(&mut *self.system.pool().acquire().await?, application.id).await };
        if let Err(error) = forgetting.await {
            tracing::warn!(%error, "that an OAuth application works again could not be noted");
        }
    }
}

/// A refusal that administrators are to be told of.
pub(in crate::connections) struct Untold {
    pub(in crate::connections) id: OauthClientId,
    pub(in crate::connections) service: String,
    pub(in crate::connections) slug: String,
    pub(in crate::connections) words: String,
}

/// Notes a refusal, unless there is one already.
pub(in crate::connections) async fn note(
    conn: &mut PgConnection,
    client: OauthClientId,
    connector: ConnectorId,
    words: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET refusal = $3, refusal_of = $4, refusal_at = $5, notice_at = $5
        WHERE user_id = $1 AND id = $2 AND refusal IS NULL
        "#,
        UserId::HUB as _,
        client as _,
        words,
        connector as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The application works.
pub(in crate::connections) async fn forget(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET refusal = NULL, refusal_of = NULL, refusal_at = NULL, notice_at = NULL
        WHERE user_id = $1 AND id = $2 AND refusal IS NOT NULL
        "#,
        UserId::HUB as _,
        client as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is said against an application.
async fn of(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<Option<Refusal>> {
    sqlx::query_as!(
        Refusal,
        r#"
        SELECT refusal AS "words!",
               refusal_at AS "since!"
        FROM oauth_clients
        WHERE user_id = $1 AND id = $2 AND refusal IS NOT NULL
        "#,
        UserId::HUB as _,
        client as _,
    )
    .fetch_optional(conn)
    .await
}

/// Takes what administrators are to be told, so that nobody else tells it before `again`.
pub(in crate::connections) async fn take_untold(
    conn: &mut PgConnection,
    again: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<Untold>> {
    sqlx::query_as!(
        Untold,
        r#"
        UPDATE oauth_clients o
        SET notice_at = $2
        FROM connectors c
        WHERE o.user_id = $1 AND o.notice_at <= $3 AND c.id = o.refusal_of
        RETURNING o.id AS "id: OauthClientId", c.name AS service, c.slug, o.refusal AS "words!"
        "#,
        UserId::HUB as _,
        again,
        now,
    )
    .fetch_all(conn)
    .await
}

/// Administrators have been told.
pub(in crate::connections) async fn told(conn: &mut PgConnection, client: OauthClientId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_clients SET notice_at = NULL WHERE user_id = $1 AND id = $2",
        UserId::HUB as _,
        client as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
