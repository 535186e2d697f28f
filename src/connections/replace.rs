//! Another token in the place of a connection's own: the connection, and what waits for it, stay what they are.

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors;
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, Result, combine};
use crate::ids::ConnectionId;
use crate::queue::{self, ReleasedJobs};
use crate::secret::Secret;
use crate::vault::Vault;

use super::connect::verify;
use super::end::{End, TypedEnd};
use super::store::own::{self, Held};
use super::token_refresh::schedule_verification;

/// A token as its owner types it.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What calls present.
    pub token: Secret,
    /// When it ends, if its owner knows.
    pub end: TypedEnd,
}

impl NewToken {
    /// All faults at once.
    pub(super) fn check(&self, now: Timestamp) -> Result<End> {
        let is_blank = self.token.expose().trim().is_empty();
        let token = if is_blank { Err(Error::field("token", "Enter the bearer token")) } else { Ok(()) };
        combine(token, self.end.read(now)).map(|((), end)| end)
    }
}

/// Replaces a connection's token once the service has accepted the new one; a token that is refused is a fault of the
/// field `token`, and nothing is stored. Jobs that waited for it go on: the caller announces them.
pub async fn replace_token(
    db: &Db,
    egress: &Egress,
    vault: &Vault,
    actor: &Actor,
    id: ConnectionId,
    new: &NewToken,
    now: Timestamp,
) -> Result<ReleasedJobs> {
    let (token, end) = (&new.token, new.check(now)?);
    let mut tx = db.as_user(actor).await?;
    let held = hold(&mut tx, actor, id).await?;
    let connector = connectors::get(&mut tx, actor, held.connector_id).await?;
    // nothing is held while the service is asked
    drop(tx);
    verify(egress, &connector, token).await?;

    let mut tx = db.as_user(actor).await?;
    let held = hold(&mut tx, actor, id).await?;
    let secret = match held.access {
        Some(secret) => {
            vault.replace(&mut tx, actor.user_id(), &secret, token, now).await?;
            secret
        }
        None => vault.seal(&mut tx, actor.user_id(), "connection.access", token, now).await?,
    };
    own::renew(&mut tx, actor.user_id(), id, &secret, now).await?;
    schedule_verification(&mut tx, actor.user_id(), id, &end, now).await?;
    let released = queue::release_awaiting_reauth(&mut tx, actor, id).await?;
    let action = Action::CredentialReplaced { connection: id, connector: connector.id };
    audit::record(&mut tx, actor, &action, now).await?;
    tx.commit().await?;
    Ok(released)
}

async fn hold(conn: &mut sqlx::PgConnection, actor: &Actor, id: ConnectionId) -> Result<Held> {
    let held = own::hold(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if held.is_over() {
        return Err(Error::Conflict("This connection was disconnected. Connect the service again".to_owned()));
    }
    Ok(held)
}
