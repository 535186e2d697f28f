//! A credential that its owner has typed is shown to its service, by a call that changes nothing, when no other call has
//! been accepted for a day: so its owner hears of one that is over before a job needs it.
//!
//! That is no use of the connection, and what comes of it counts only for the credential that was shown: one that was typed
//! meanwhile has been accepted by then.

use std::time::Duration;

use sqlx::PgConnection;

use super::backoff::Failed;
use super::state::RefreshState;
use super::{LEASE, TokenRefresher, hold, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::expiry::ExpiryDate;
use crate::connections::probe::discover_with_token;
use crate::connections::rest_service::RestService;
use crate::connections::{takes_key, values_of};
use crate::connectors::{self, Connector, Descriptor};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, UserId};
use crate::queue::{self, Released};
use crate::secret::Secret;

/// For so long a credential that was accepted need not be shown again.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// At most so much longer, so that those that were typed together are not verified together.
const SPREAD: Duration = Duration::from_secs(3 * 60 * 60);

/// When a service is asked that could not be, for a fault of the hub's own.
const LATER: Duration = Duration::from_secs(60 * 60);

/// What a service says of a credential.
enum Verdict {
    /// It accepts it, or did at this moment.
    Accepted(Timestamp),
    /// It does not.
    Refused { message: String },
    /// Nothing: it failed, or was not reached.
    Failed { class: &'static str, message: String, after: Option<Duration> },
    /// There is a newer one.
    Superseded,
}

/// What became of that.
enum Came {
    /// What waited for it goes on.
    Back(Released),
    /// Its owner is to be told.
    Over,
    Nothing,
}

/// The service has just accepted what the owner of a connection has typed: it is looked after from now on.
pub(in crate::connections) async fn schedule_verification(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    end: &ExpiryDate,
    now: Timestamp,
) -> Result<()> {
    Ok(store::begin(conn, owner, id, idle_until(now), end, now).await?)
}

/// Until when a credential may be idle that was accepted at that moment.
fn idle_until(ok_at: Timestamp) -> Timestamp {
    ok_at + DAY + SPREAD.mul_f64(rand::random())
}

impl TokenRefresher {
    /// Verifies the typed credential of a connection, unless somebody else does.
    pub(super) async fn verify(&self, actor: &Actor, id: ConnectionId) -> Result<()> {
        let fence = rand::random();
        let mut tx = self.system.begin().await?;
        if !store::take_lease(&mut tx, actor.user_id(), id, fence, LEASE).await? {
            return Ok(());
        }
        // whoever had the lease before may have done it
        let held = hold(&mut tx, actor, id).await?;
        if !held.is_idle(self.clock.now()) {
            return Ok(());
        }
        tx.commit().await?;
        let settled = match self.verdict(actor, &held).await {
            Ok(verdict) => self.settle(actor, &held, fence, verdict).await,
            Err(ours) => Err(ours),
        };
        if let Err(error) = &settled {
            self.postpone(actor, &held, fence, error).await;
        }
        settled
    }

    async fn verdict(&self, actor: &Actor, held: &RefreshState) -> Result<Verdict> {
        if let Some(ok_at) = held.was_accepted_since(self.clock.now() - DAY) {
            return Ok(Verdict::Accepted(ok_at));
        }
        let mut conn = self.system.acquire().await?;
        let connector = connectors::get(&mut conn, actor, held.connector_id).await?;
        let descriptor = connectors::descriptor(&mut conn, actor, held.connector_id).await?;
        let access = held.access.as_ref().ok_or(Error::NotFound("credential of this connection"))?;
        let credential = self.vault.open(&mut conn, actor.user_id(), access).await?;
        // secrets are replaced in place: this is the one of that version only if the version is the same still
        if hold(&mut conn, actor, held.id).await?.version != held.version {
            return Ok(Verdict::Superseded);
        }
        // nothing is held while the service is asked
        drop(conn);
        match self.show(&connector, descriptor, held, credential).await {
            Ok(()) => Ok(Verdict::Accepted(self.clock.now())),
            Err(Error::Upstream { class: "unauthorized", message, .. }) => {
                Ok(Verdict::Refused { message: message.to_string() })
            }
            Err(Error::Upstream { class, message, .. }) => {
                Ok(Verdict::Failed { class, message: message.to_string(), after: None })
            }
            Err(Error::Limited { message, retry_after }) => {
                Ok(Verdict::Failed { class: "limited", message: message.to_string(), after: Some(retry_after) })
            }
            // a rule of the hub, or a fault of its own: neither says anything of the credential
            Err(ours) => Err(ours),
        }
    }

    /// Makes a call that changes nothing: the one that its file names, or for the list of tools.
    async fn show(
        &self,
        connector: &Connector,
        descriptor: Option<Descriptor>,
        held: &RefreshState,
        credential: Secret,
    ) -> Result<()> {
        match descriptor.filter(|_| takes_key(connector)) {
            Some(descriptor) => {
                let values = values_of(held.captured.as_ref());
                RestService { descriptor, values, credential: Some(credential) }.check(&self.egress).await
            }
            None => Box::pin(discover_with_token(&self.egress, connector, &credential)).await.map(drop),
        }
    }

    async fn settle(&self, actor: &Actor, held: &RefreshState, fence: i64, verdict: Verdict) -> Result<()> {
        let mut tx = self.system.begin().await?;
        let came = match verdict {
            Verdict::Accepted(ok_at) => self.accepted(&mut tx, actor, held, ok_at).await?,
            Verdict::Refused { message } => self.refused(&mut tx, actor, held, message).await?,
            Verdict::Failed { class, message, after } => {
                let failed = held.failures().and(self.clock.now(), false, after, rand::random());
                self.failing(&mut tx, actor, held, &failed, (class, message)).await?
            }
            Verdict::Superseded => Came::Nothing,
        };
        store::give_lease_back(&mut tx, actor.user_id(), held.id, fence).await?;
        tx.commit().await?;
        self.live.user_changed(actor.user_id());
        match came {
            Came::Back(released) => released.announce(&self.live),
            Came::Over => self.tell(actor.user_id(), held.id),
            Came::Nothing => {}
        }
        Ok(())
    }

    async fn accepted(&self, tx: &mut Tx, actor: &Actor, held: &RefreshState, ok_at: Timestamp) -> Result<Came> {
        let (owner, now) = (actor.user_id(), self.clock.now());
        let is_noted = store::accept(tx, owner, held, ok_at, idle_until(ok_at), now).await?;
        if !is_noted || held.failures == 0 {
            return Ok(Came::Nothing);
        }
        let released = queue::release_parked(tx, actor, held.id).await?;
        audit::record(tx, actor, &held.verified(None), now).await?;
        Ok(Came::Back(released))
    }

    async fn refused(&self, tx: &mut Tx, actor: &Actor, held: &RefreshState, message: String) -> Result<Came> {
        let (owner, now) = (actor.user_id(), self.clock.now());
        let reason = format!("{} did not accept the credential any more", held.service);
        if !store::expire(tx, owner, held, &reason, &message, now).await? {
            return Ok(Came::Nothing);
        }
        audit::record(tx, actor, &held.verified(Some(("unauthorized", message))), now).await?;
        Ok(Came::Over)
    }

    async fn failing(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        failed: &Failed,
        error: (&'static str, String),
    ) -> Result<Came> {
        let now = self.clock.now();
        let reason = failed.told(error.1.clone());
        if !store::degrade(tx, actor.user_id(), held, failed, error.0, &reason, now).await? {
            return Ok(Came::Nothing);
        }
        let was_known = held.failures > 0 && failed.is_exhausted == held.is_exhausted();
        if !was_known {
            audit::record(tx, actor, &held.verified(Some(error)), now).await?;
        }
        Ok(if failed.is_exhausted { Came::Over } else { Came::Nothing })
    }

    /// What cannot be verified now does not keep others from it.
    async fn postpone(&self, actor: &Actor, held: &RefreshState, fence: i64, why: &Error) {
        let until = match why {
            Error::Unavailable(_) | Error::Locked(_) | Error::Internal(_) => self.clock.now() + LATER,
            // a rule forbids it, or the service has left the catalogue: that may last
            _ => idle_until(self.clock.now()),
        };
        let put = async {
            let mut tx = self.system.begin().await?;
            store::postpone(&mut tx, actor.user_id(), held, until).await?;
            store::give_lease_back(&mut tx, actor.user_id(), held.id, fence).await?;
            Ok::<_, Error>(tx.commit().await?)
        };
        if let Err(error) = put.await {
            tracing::warn!(connection = %held.id, %error, "a verification could not be put off");
        }
    }
}

impl RefreshState {
    /// Whether its owner has typed its credential, and it is to be verified by now.
    fn is_idle(&self, now: Timestamp) -> bool {
        let is_tried = self.is_usable() || self.is_exhausted();
        let is_typed = self.access.is_some() && self.refresh.is_none() && self.expires_at.is_none();
        is_tried && is_typed && self.next_attempt_at.is_some_and(|at| at <= now)
    }

    /// When a call was accepted, if that was after this moment and after what has failed.
    fn was_accepted_since(&self, moment: Timestamp) -> Option<Timestamp> {
        self.last_ok_at.filter(|at| *at > moment && self.last_failed_at.is_none_or(|failed| *at > failed))
    }

    const fn verified(&self, error: Option<(&'static str, String)>) -> Action {
        Action::ConnectionVerified { connection: self.id, connector: self.connector_id, error }
    }
}
