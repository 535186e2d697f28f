//! The credential that a call presents, kept alive: renewed ahead of its end, once after a refusal, and by one process
//! at a time. One that its owner has typed cannot be renewed: it is verified while nobody uses it.
//!
//! A refresh that fails kills a connection only if the provider says that the grant is over, and only if nobody else has
//! renewed it meanwhile: a network fault leaves what works. A rotated token is stored before anybody presents it. A provider
//! that fails is left alone for longer each time, also by calls; failing for days, a connection is given up, and still tried
//! once a day. Its owner is told once.

mod administrators;
mod backoff;
mod challenges;
mod notice;
mod persist;
mod reminder;
mod request;
mod state;
mod store;
mod sweep;
mod verification;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

pub(super) use self::verification::schedule_verification;

use self::persist::Ending;
use self::state::RefreshState;
use crate::actor::Actor;
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::connections::notices::Notifier;
use crate::db::{SystemDb, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::live::Live;
use crate::secret::Secret;
use crate::vault::Vault;

/// How long a lease is good for: two requests and the waits for the database around them, with as much to spare.
const LEASE: Duration = Duration::from_secs(60);

/// How long somebody waits for another process to renew.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at whether the process that holds the lease is done.
const LOOK: Duration = Duration::from_millis(50);

/// When to look again at a refresh that another process makes.
const COME_BACK: Duration = Duration::from_secs(30);

/// What is stored of a refresh that failed because the provider does not accept the hub's client.
const CLIENT: &str = "client";

/// Refreshes access tokens and verifies keys; cheap to clone.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "dependencies, named as their types")]
pub struct TokenRefresher {
    pub system: SystemDb,
    pub vault: Vault,
    pub egress: Egress,
    pub clock: Clock,
    pub live: Live,
    pub background_tasks: BackgroundTasks,
    pub notifier: Notifier,
    pub locks: RefreshLocks,
}

/// One mutex for each connection that this process refreshes, so that callers in one process wait without reading the lease.
#[derive(Clone, Debug, Default)]
pub struct RefreshLocks(Arc<Mutex<HashMap<ConnectionId, Weak<tokio::sync::Mutex<()>>>>>);

impl RefreshLocks {
    fn get(&self, id: ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&id).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(id, Arc::downgrade(&lock));
        lock
    }
}

/// What a call presents.
#[derive(Clone, Debug)]
pub struct BearerCredential {
    /// Nothing, where nothing has to be proved.
    pub token: Option<Secret>,
    /// Which credential of the connection it is.
    pub version: i32,
}

/// What there is to present.
#[derive(Debug)]
pub enum Credential {
    /// This.
    Ready(BearerCredential),
    /// Nothing, until its owner connects again: a sentence.
    ReauthRequired(String),
    /// Nothing now: the provider could not be asked.
    ProviderUnavailable {
        /// A sentence.
        message: String,
        /// When to come back.
        after: Duration,
    },
}

/// What somebody knows of the credential that they need.
#[derive(Clone, Copy, Debug)]
struct RefreshRequest {
    /// Which one they have seen: any other is newer.
    seen: i32,
    /// The service refuses it, whatever its end.
    is_refused: bool,
    /// Whoever asks makes the daily try of a connection that was given up.
    is_probe: bool,
}

impl RefreshRequest {
    /// Of somebody whom the service has refused the credential of this version.
    const fn refresh_after_rejection(seen: i32) -> Self {
        Self { seen, is_refused: true, is_probe: false }
    }
}

impl TokenRefresher {
    /// Refreshes the tokens of all users that are due, and sends the mails that are due. Returns how many were due.
    ///
    /// # Errors
    /// Only if the database cannot be asked: a refresh that fails is recorded with its connection.
    pub async fn refresh_due(&self) -> Result<usize> {
        sweep::refresh_due(self).await
    }

    /// Verifies the keys of all users that were not used for a day. Returns how many were due.
    ///
    /// # Errors
    /// Only if the database cannot be asked: a verification that fails is recorded with its connection.
    pub async fn verify_idle_keys(&self) -> Result<usize> {
        sweep::verify_idle_keys(self).await
    }

    /// The credential for one call, renewed first if it is about to end.
    pub async fn credential(&self, actor: &Actor, id: ConnectionId) -> Result<Credential> {
        self.ready(actor, id, false).await
    }

    /// Renews what is due, also of a connection that was given up.
    async fn refresh_if_due(&self, actor: &Actor, id: ConnectionId) -> Result<Credential> {
        self.ready(actor, id, true).await
    }

    async fn ready(&self, actor: &Actor, id: ConnectionId, is_probe: bool) -> Result<Credential> {
        let mut conn = self.system.acquire().await?;
        let held = hold(&mut conn, actor, id).await?;
        let need = RefreshRequest { seen: held.version, is_refused: false, is_probe };
        if let Some(credential) = self.usable_without_refresh(&mut conn, actor, &held, need).await? {
            return Ok(credential);
        }
        if !held.ends_soon(self.clock.now()) {
            return Ok(Credential::Ready(self.open(&mut conn, actor, &held).await?));
        }
        drop(conn);
        self.renew(actor, id, need).await
    }

    /// The credential after the service has refused that of version `seen`: a newer one, if there can be one.
    pub async fn refresh_after_rejection(
        &self,
        actor: &Actor,
        id: ConnectionId,
        seen: i32,
        message: &str,
    ) -> Result<Credential> {
        let need = RefreshRequest::refresh_after_rejection(seen);
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version == seen && held.is_usable() && !held.can_be_renewed() {
            let reason = format!("{} did not accept the credential any more", held.service);
            return self.expire_rejected(tx, actor, &held, need, &reason, message).await;
        }
        drop(tx);
        self.renew(actor, id, need).await
    }

    /// Gives a connection up whose newest credential the service refuses.
    pub async fn expire_after_second_rejection(
        &self,
        actor: &Actor,
        id: ConnectionId,
        seen: i32,
        message: &str,
    ) -> Result<Credential> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version != seen || !held.is_usable() {
            return Ok(Credential::ReauthRequired(held.over()));
        }
        let reason = format!("{} did not accept a token that it had just given", held.service);
        self.expire_rejected(tx, actor, &held, RefreshRequest::refresh_after_rejection(seen), &reason, message).await
    }

    /// The service does not accept the credential, and there is no other.
    async fn expire_rejected(
        &self,
        mut tx: Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
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
    async fn renew(&self, actor: &Actor, id: ConnectionId, need: RefreshRequest) -> Result<Credential> {
        let refresh_lock = self.locks.get(id);
        let _turn = refresh_lock.lock().await;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let mut tx = self.system.begin().await?;
            let held = hold(&mut tx, actor, id).await?;
            if let Some(credential) = self.usable_without_refresh(&mut tx, actor, &held, need).await? {
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
                return self.spawn_refresh(actor, held, need, fence).await;
            }
            drop(tx);
            if Instant::now() >= give_up {
                let message = format!("{} is being asked for a new token by another process", held.service);
                return Ok(Credential::ProviderUnavailable { message, after: COME_BACK });
            }
            sleep(LOOK).await;
        }
    }

    /// What there is to present without asking the provider; none if it is to be asked.
    async fn usable_without_refresh(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
    ) -> Result<Option<Credential>> {
        let now = self.clock.now();
        if held.is_over() {
            return Err(disconnected_error());
        }
        let is_tried = held.is_usable() || need.is_probe && held.is_exhausted();
        if !is_tried {
            return Ok(Some(Credential::ReauthRequired(held.over())));
        }
        if held.version != need.seen {
            return Ok(Some(Credential::Ready(self.open(conn, actor, held).await?)));
        }
        let Some(until) = held.rests_until(now) else { return Ok(None) };
        if held.is_good(now) && !need.is_refused {
            return Ok(Some(Credential::Ready(self.open(conn, actor, held).await?)));
        }
        if held.waits_for_somebody() {
            return Ok(Some(Credential::ReauthRequired(held.over())));
        }
        Ok(Some(Credential::ProviderUnavailable { message: held.why_not(), after: (until - now).unsigned_abs() }))
    }

    /// In a task of its own: a caller that goes away must not take with it what the provider has given by then.
    async fn spawn_refresh(
        &self,
        actor: &Actor,
        held: RefreshState,
        need: RefreshRequest,
        fence: i64,
    ) -> Result<Credential> {
        let (refresher, actor) = (self.clone(), actor.clone());
        self.background_tasks
            .run_to_end(async move { refresher.refresh_holding_lease(&actor, &held, need, fence).await })
            .await
    }

    async fn open(&self, conn: &mut PgConnection, actor: &Actor, held: &RefreshState) -> Result<BearerCredential> {
        let token = match &held.access {
            Some(access) => Some(self.vault.open(conn, actor.user_id(), access).await?),
            None => None,
        };
        Ok(BearerCredential { token, version: held.version })
    }
}

async fn hold(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<RefreshState> {
    store::hold(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))
}

/// Nobody can connect this one again, so nothing waits for that.
fn disconnected_error() -> Error {
    Error::Conflict("The connection was disconnected. Connect the service again, then run the tool".to_owned())
}
