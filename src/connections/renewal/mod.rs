//! The credential that a call presents, kept alive: renewed ahead of its end, once after a refusal, and by one process
//! at a time.
//!
//! A renewal that fails kills a connection only if the provider says that the grant is over, and only if nobody else has
//! renewed it meanwhile: a network fault leaves what works. A rotated token is stored before anybody presents it.

mod asking;
mod keeping;
mod store;
mod sweep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

pub use self::sweep::sweep;

use self::store::Held;
use crate::actor::Actor;
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::secret::Secret;
use crate::vault::Vault;

/// How long a lease is good for: two requests and the waits for the database around them, with as much to spare.
const LEASE: Duration = Duration::from_secs(60);

/// How long somebody waits for another process to renew.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at whether the process that holds the lease is done.
const LOOK: Duration = Duration::from_millis(50);

/// When to try again after a renewal that may yet succeed.
const COME_BACK: Duration = Duration::from_secs(30);

/// Opens credentials, and renews them; cheap to clone.
#[derive(Clone, Debug)]
pub struct Renewals {
    system: SystemDb,
    vault: Vault,
    egress: Egress,
    clock: Clock,
    /// One at a time for each connection in this process, so that the others need not look at the lease.
    flights: Arc<Mutex<HashMap<ConnectionId, Weak<tokio::sync::Mutex<()>>>>>,
}

/// What a call presents.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Nothing, where nothing has to be proved.
    pub token: Option<Secret>,
    /// Which credential of the connection it is.
    pub version: i32,
}

/// What there is to present.
#[derive(Debug)]
pub enum Credential {
    /// This.
    Ready(Presented),
    /// Nothing, until its owner connects again: a sentence.
    Over(String),
    /// Nothing now: the provider could not be asked.
    Away {
        /// A sentence.
        message: String,
        /// When to come back.
        after: Duration,
    },
}

impl Renewals {
    /// Renews with these.
    #[must_use]
    pub fn new(system: SystemDb, vault: Vault, egress: Egress, clock: Clock) -> Self {
        Self { system, vault, egress, clock, flights: Arc::default() }
    }

    /// The credential for one call, renewed first if it is about to end.
    pub async fn credential(&self, actor: &Actor, id: ConnectionId) -> Result<Credential> {
        let mut conn = self.system.pool().acquire().await?;
        let held = hold(&mut conn, actor, id).await?;
        let now = self.clock.now();
        if held.status == "revoked" {
            // nobody can connect this one again, so nothing waits for that
            let gone = "The connection was disconnected. Connect the service again, then run the tool";
            return Err(Error::Conflict(gone.to_owned()));
        }
        if !held.is_usable() {
            return Ok(Credential::Over(held.over()));
        }
        if !held.ends_soon(now) {
            return Ok(Credential::Ready(self.open(&mut conn, actor, &held).await?));
        }
        drop(conn);
        self.renew(actor, id, held.version).await
    }

    /// The credential after the service has refused that of version `seen`: a newer one, if there can be one.
    pub async fn after_refusal(&self, actor: &Actor, id: ConnectionId, seen: i32, message: &str) -> Result<Credential> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version == seen && held.is_usable() && !held.can_be_renewed() {
            let reason = format!("{} did not accept the credential any more", held.service);
            let over = self.end(&mut tx, actor, &held, "unauthorized", &reason, message).await?;
            tx.commit().await?;
            return Ok(over);
        }
        drop(tx);
        self.renew(actor, id, seen).await
    }

    /// Gives a connection up whose newest credential the service refuses.
    pub async fn give_up(&self, actor: &Actor, id: ConnectionId, seen: i32, message: &str) -> Result<Credential> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version != seen || !held.is_usable() {
            return Ok(Credential::Over(held.over()));
        }
        let reason = format!("{} did not accept a token that it had just given", held.service);
        let over = self.end(&mut tx, actor, &held, "unauthorized", &reason, message).await?;
        tx.commit().await?;
        Ok(over)
    }

    /// Renews the credential unless it is newer than `seen` by then.
    async fn renew(&self, actor: &Actor, id: ConnectionId, seen: i32) -> Result<Credential> {
        let flight = self.flight(id);
        let _turn = flight.lock().await;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let mut tx = self.system.begin().await?;
            let held = hold(&mut tx, actor, id).await?;
            if !held.is_usable() {
                return Ok(Credential::Over(held.over()));
            }
            if held.version != seen {
                return Ok(Credential::Ready(self.open(&mut tx, actor, &held).await?));
            }
            if !held.can_be_renewed() {
                return self.ended(tx, actor, &held).await;
            }
            let fence = rand::random();
            if store::take_lease(&mut tx, actor.user_id(), id, fence, LEASE).await? {
                // whoever had it before may have renewed since the look above
                if hold(&mut tx, actor, id).await?.version != seen {
                    continue;
                }
                tx.commit().await?;
                return self.renew_unhindered(actor, held, fence).await;
            }
            drop(tx);
            if Instant::now() >= give_up {
                let message = format!("{} is being asked for a new token by another process", held.service);
                return Ok(Credential::Away { message, after: COME_BACK });
            }
            sleep(LOOK).await;
        }
    }

    /// In a task of its own: a caller that goes away must not take with it what the provider has given by then.
    async fn renew_unhindered(&self, actor: &Actor, held: Held, fence: i64) -> Result<Credential> {
        let (renewals, actor) = (self.clone(), actor.clone());
        let renewing = tokio::spawn(async move { renewals.renew_alone(&actor, &held, fence).await });
        renewing.await.map_err(|ended| Error::Internal(ended.into()))?
    }

    async fn open(&self, conn: &mut PgConnection, actor: &Actor, held: &Held) -> Result<Presented> {
        let token = match &held.access {
            Some(access) => Some(self.vault.open(conn, actor.user_id(), access).await?),
            None => None,
        };
        Ok(Presented { token, version: held.version })
    }

    fn flight(&self, id: ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&id).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::default();
        flights.insert(id, Arc::downgrade(&flight));
        flight
    }
}

async fn hold(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<Held> {
    store::hold(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))
}

impl Held {
    fn is_usable(&self) -> bool {
        self.status == "active"
    }

    /// Why it cannot be used, for whoever wants to.
    fn over(&self) -> String {
        let service = &self.service;
        match &self.reason {
            Some(reason) => format!("{reason}. Connect {service} again"),
            None => format!("{service} is not connected any more. Connect it again"),
        }
    }

    const fn can_be_renewed(&self) -> bool {
        self.refresh.is_some()
    }

    /// Whether less is left of it than it should be renewed at: what its provider's description says, which is stored with
    /// it as the moment.
    fn ends_soon(&self, now: Timestamp) -> bool {
        match (self.renew_at, self.expires_at) {
            (Some(at), end) if self.can_be_renewed() => at <= now || end.is_some_and(|end| end <= now),
            (_, Some(end)) => end <= now,
            _ => false,
        }
    }
}
