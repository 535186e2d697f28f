//! The credential that a call presents, kept alive: renewed ahead of its end, once after a refusal, and by one process
//! at a time. One that its owner has typed cannot be renewed: it is verified while nobody uses it.
//!
//! A renewal that fails kills a connection only if the provider says that the grant is over, and only if nobody else has
//! renewed it meanwhile: a network fault leaves what works. A rotated token is stored before anybody presents it. A provider
//! that fails is left alone for longer each time, also by calls; failing for days, a connection is given up, and still tried
//! once a day. Its owner is told once.

mod administrators;
mod asking;
mod backoff;
mod demands;
mod held;
mod keeping;
mod notice;
mod reminder;
mod store;
mod sweep;
mod verification;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};
use url::Url;

pub use self::sweep::{sweep, verify_idle};
pub(super) use self::verification::look_after;

use self::held::Held;
use self::keeping::Ending;
use crate::actor::Actor;
use crate::clock::Clock;
use crate::db::{SystemDb, Tx};
use crate::egress::Egress;
use crate::errands::Errands;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::live::Live;
use crate::mail::Mailer;
use crate::secret::Secret;
use crate::vault::Vault;

/// How long a lease is good for: two requests and the waits for the database around them, with as much to spare.
const LEASE: Duration = Duration::from_secs(60);

/// How long somebody waits for another process to renew.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at whether the process that holds the lease is done.
const LOOK: Duration = Duration::from_millis(50);

/// When to look again at a renewal that another process makes.
const COME_BACK: Duration = Duration::from_secs(30);

/// What is stored of a renewal that failed because the provider does not accept the hub's client.
const CLIENT: &str = "client";

/// What renewing works with.
#[derive(Clone, Debug)]
pub struct Means {
    /// Connections of all users.
    pub system: SystemDb,
    /// Opens and seals tokens.
    pub vault: Vault,
    /// The way to the providers.
    pub egress: Egress,
    /// The time.
    pub clock: Clock,
    /// Hears of jobs that go on.
    pub live: Live,
    /// The way to the owners.
    pub mailer: Mailer,
    /// Mail that nobody waits for.
    pub errands: Errands,
    /// The address under which people reach the hub.
    pub public_url: Url,
}

/// Opens credentials, and renews them; cheap to clone.
#[derive(Clone, Debug)]
pub struct Renewals {
    system: SystemDb,
    vault: Vault,
    egress: Egress,
    clock: Clock,
    live: Live,
    mailer: Mailer,
    errands: Errands,
    public_url: Url,
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

/// What somebody knows of the credential that they need.
#[derive(Clone, Copy, Debug)]
struct Need {
    /// Which one they have seen: any other is newer.
    seen: i32,
    /// The service refuses it, whatever its end.
    is_refused: bool,
    /// Whoever asks makes the daily try of a connection that was given up.
    is_probe: bool,
}

impl Need {
    /// Of somebody whom the service has refused the credential of this version.
    const fn after_refusal(seen: i32) -> Self {
        Self { seen, is_refused: true, is_probe: false }
    }
}

impl Renewals {
    /// Renews with these.
    #[must_use]
    pub fn new(means: Means) -> Self {
        let Means { system, vault, egress, clock, live, mailer, errands, public_url } = means;
        Self { system, vault, egress, clock, live, mailer, errands, public_url, flights: Arc::default() }
    }

    /// The credential for one call, renewed first if it is about to end.
    pub async fn credential(&self, actor: &Actor, id: ConnectionId) -> Result<Credential> {
        self.ready(actor, id, false).await
    }

    /// Renews what is due, also of a connection that was given up.
    async fn keep_alive(&self, actor: &Actor, id: ConnectionId) -> Result<Credential> {
        self.ready(actor, id, true).await
    }

    async fn ready(&self, actor: &Actor, id: ConnectionId, is_probe: bool) -> Result<Credential> {
        let mut conn = self.system.acquire().await?;
        let held = hold(&mut conn, actor, id).await?;
        let need = Need { seen: held.version, is_refused: false, is_probe };
        if let Some(credential) = self.standing(&mut conn, actor, &held, need).await? {
            return Ok(credential);
        }
        if !held.ends_soon(self.clock.now()) {
            return Ok(Credential::Ready(self.open(&mut conn, actor, &held).await?));
        }
        drop(conn);
        self.renew(actor, id, need).await
    }

    /// The credential after the service has refused that of version `seen`: a newer one, if there can be one.
    pub async fn after_refusal(&self, actor: &Actor, id: ConnectionId, seen: i32, message: &str) -> Result<Credential> {
        let need = Need::after_refusal(seen);
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version == seen && held.is_usable() && !held.can_be_renewed() {
            let reason = format!("{} did not accept the credential any more", held.service);
            return self.lose(tx, actor, &held, need, &reason, message).await;
        }
        drop(tx);
        self.renew(actor, id, need).await
    }

    /// Gives a connection up whose newest credential the service refuses.
    pub async fn give_up(&self, actor: &Actor, id: ConnectionId, seen: i32, message: &str) -> Result<Credential> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version != seen || !held.is_usable() {
            return Ok(Credential::Over(held.over()));
        }
        let reason = format!("{} did not accept a token that it had just given", held.service);
        self.lose(tx, actor, &held, Need::after_refusal(seen), &reason, message).await
    }

    /// The service does not accept the credential, and there is no other.
    async fn lose(
        &self,
        mut tx: Tx,
        actor: &Actor,
        held: &Held,
        need: Need,
        reason: &str,
        message: &str,
    ) -> Result<Credential> {
        let ending = Ending { class: "unauthorized", reason, message };
        let over = self.end(&mut tx, actor, held, need, &ending).await?;
        tx.commit().await?;
        self.tell(actor.user_id(), held.id);
        Ok(over)
    }

    /// Renews the credential unless there is a newer one by then.
    async fn renew(&self, actor: &Actor, id: ConnectionId, need: Need) -> Result<Credential> {
        let flight = self.flight(id);
        let _turn = flight.lock().await;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let mut tx = self.system.begin().await?;
            let held = hold(&mut tx, actor, id).await?;
            if let Some(credential) = self.standing(&mut tx, actor, &held, need).await? {
                return Ok(credential);
            }
            if !held.can_be_renewed() {
                return self.ended(tx, actor, &held, need).await;
            }
            let fence = rand::random();
            if store::take_lease(&mut tx, actor.user_id(), id, fence, LEASE).await? {
                // whoever had it before may have renewed since the look above, or failed to
                let now = hold(&mut tx, actor, id).await?;
                if (now.version, now.failures) != (held.version, held.failures) {
                    continue;
                }
                tx.commit().await?;
                return self.renew_unhindered(actor, held, need, fence).await;
            }
            drop(tx);
            if Instant::now() >= give_up {
                let message = format!("{} is being asked for a new token by another process", held.service);
                return Ok(Credential::Away { message, after: COME_BACK });
            }
            sleep(LOOK).await;
        }
    }

    /// What there is to present without asking the provider; none if it is to be asked.
    async fn standing(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        held: &Held,
        need: Need,
    ) -> Result<Option<Credential>> {
        let now = self.clock.now();
        if held.is_over() {
            return Err(gone());
        }
        let is_tried = held.is_usable() || need.is_probe && held.is_exhausted();
        if !is_tried {
            return Ok(Some(Credential::Over(held.over())));
        }
        if held.version != need.seen {
            return Ok(Some(Credential::Ready(self.open(conn, actor, held).await?)));
        }
        let Some(until) = held.rests_until(now) else { return Ok(None) };
        if held.is_good(now) && !need.is_refused {
            return Ok(Some(Credential::Ready(self.open(conn, actor, held).await?)));
        }
        if held.waits_for_somebody() {
            return Ok(Some(Credential::Over(held.over())));
        }
        Ok(Some(Credential::Away { message: held.why_not(), after: (until - now).unsigned_abs() }))
    }

    /// In a task of its own: a caller that goes away must not take with it what the provider has given by then.
    async fn renew_unhindered(&self, actor: &Actor, held: Held, need: Need, fence: i64) -> Result<Credential> {
        let (renewals, actor) = (self.clone(), actor.clone());
        let renewing = tokio::spawn(async move { renewals.renew_alone(&actor, &held, need, fence).await });
        renewing.await.map_err(Error::internal)?
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

/// Nobody can connect this one again, so nothing waits for that.
fn gone() -> Error {
    Error::Conflict("The connection was disconnected. Connect the service again, then run the tool".to_owned())
}
