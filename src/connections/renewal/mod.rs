//! The credential that a call presents, kept alive: renewed ahead of its end, once after a refusal, and by one process
//! at a time.
//!
//! A renewal that fails kills a connection only if the provider says that the grant is over, and only if nobody else has
//! renewed it meanwhile: a network fault leaves what works. A rotated token is stored before anybody presents it.

mod store;
mod sweep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::Value;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

pub use self::sweep::sweep;

use self::store::Held;
use super::authorization::newest_client;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::{Clock, Timestamp};
use crate::connectors;
use crate::db::{SystemDb, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::oauth::{self, Client, Failure, Grant, Kind, Provider, Token, Values};
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

/// While a token is good still, a provider that failed to renew it is left alone for this long.
const QUIET: Duration = Duration::from_secs(5 * 60);

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
            let over = format!("{} did not accept the credential any more. Connect it again", held.service);
            self.end(&mut tx, actor, &held, "unauthorized", &over, message).await?;
            tx.commit().await?;
            return Ok(Credential::Over(over));
        }
        drop(tx);
        self.renew(actor, id, seen).await
    }

    /// Gives a connection up whose newest credential the service refuses.
    pub async fn give_up(&self, actor: &Actor, id: ConnectionId, seen: i32, message: &str) -> Result<String> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        let over = format!("{} did not accept a token that it had just given. Connect it again", held.service);
        if held.version == seen && held.is_usable() {
            self.end(&mut tx, actor, &held, "unauthorized", &over, message).await?;
            tx.commit().await?;
        }
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

    /// A token that has come to its end, or is about to, and cannot be renewed.
    async fn ended(&self, mut tx: Tx, actor: &Actor, held: &Held) -> Result<Credential> {
        if held.expires_at.is_none_or(|end| end > self.clock.now()) {
            return Ok(Credential::Ready(self.open(&mut tx, actor, held).await?));
        }
        let over = format!("The sign-in at {} has come to its end. Connect it again", held.service);
        self.end(&mut tx, actor, held, "expired", &over, &over).await?;
        tx.commit().await?;
        Ok(Credential::Over(over))
    }

    /// In a task of its own: a caller that goes away must not take with it what the provider has given by then.
    async fn renew_unhindered(&self, actor: &Actor, held: Held, fence: i64) -> Result<Credential> {
        let (renewals, actor) = (self.clone(), actor.clone());
        let renewing = tokio::spawn(async move { renewals.renew_alone(&actor, &held, fence).await });
        renewing.await.map_err(|ended| Error::Internal(ended.into()))?
    }

    /// Asks the provider; nobody else does meanwhile.
    async fn renew_alone(&self, actor: &Actor, held: &Held, fence: i64) -> Result<Credential> {
        let asked = self.ask(actor, held).await;
        let mut tx = self.system.begin().await?;
        let credential = match asked {
            Ok(Some(Ok((provider, grant)))) => self.keep(&mut tx, actor, held, &provider, &grant).await,
            Ok(Some(Err(failure))) => self.failed(&mut tx, actor, held, &failure).await,
            Ok(None) => self.newer(&mut tx, actor, held).await,
            Err(ours) => Err(ours),
        };
        match credential {
            Ok(credential) => {
                store::give_lease_back(&mut tx, actor.user_id(), held.id, fence).await?;
                tx.commit().await?;
                Ok(credential)
            }
            Err(error) => Err(error),
        }
    }

    /// None: its owner has connected it again meanwhile, and what they brought is not to be renewed away.
    async fn ask(&self, actor: &Actor, held: &Held) -> Result<Option<Result<(Provider, Grant), Failure>>> {
        let mut tx = self.system.begin().await?;
        let provider = connectors::provider(&mut tx, actor, held.connector_id).await?;
        let provider = provider.ok_or(Error::NotFound("sign-in of this connector"))?;
        let client = newest_client(&mut tx, &self.vault, actor.user_id(), provider.issuer()).await?;
        let token = self.exchanged(&mut tx, actor, held, &provider).await?;
        // secrets are replaced in place: this is the one of that version only if the version is the same still
        if hold(&mut tx, actor, held.id).await?.version != held.version {
            return Ok(None);
        }
        tx.commit().await?;
        let Some(client) = client else {
            return Ok(Some(Err(Failure::unknown_client(&provider.host()))));
        };
        let values = held.captured.as_ref().map(values).unwrap_or_default();
        let first = self.ask_once(&provider, &values, &client, &token).await;
        // the answer was lost: many providers take the same token once more for a moment
        let asked = match first {
            Err(Failure { kind: Kind::Unclear, .. }) => self.ask_once(&provider, &values, &client, &token).await,
            answered => answered,
        };
        Ok(Some(asked.map(|grant| (provider, grant))))
    }

    async fn newer(&self, tx: &mut Tx, actor: &Actor, held: &Held) -> Result<Credential> {
        let newer = hold(tx, actor, held.id).await?;
        if !newer.is_usable() {
            return Ok(Credential::Over(newer.over()));
        }
        Ok(Credential::Ready(self.open(tx, actor, &newer).await?))
    }

    async fn ask_once(
        &self,
        provider: &Provider,
        values: &Values,
        client: &Client,
        token: &Secret,
    ) -> Result<Grant, Failure> {
        oauth::refresh(&self.egress, provider, values, client, token, self.clock.now()).await
    }

    /// The token that the provider exchanges for a new one.
    async fn exchanged(&self, tx: &mut Tx, actor: &Actor, held: &Held, provider: &Provider) -> Result<Secret> {
        let subject = provider.refresh.as_ref().map(|how| how.subject).unwrap_or_default();
        let secret = match subject {
            Token::Refresh => held.refresh.as_ref(),
            Token::Access => held.access.as_ref(),
        };
        self.vault.open(tx, actor.user_id(), secret.ok_or(Error::NotFound("token to renew with"))?).await
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &Held,
        provider: &Provider,
        grant: &Grant,
    ) -> Result<Credential> {
        let (owner, now) = (actor.user_id(), self.clock.now());
        let Some(version) = store::raise(tx, owner, held, grant.renew_at(provider, now), grant, now).await? else {
            // its owner has connected it again meanwhile: what they brought counts
            return self.newer(tx, actor, held).await;
        };
        if let Some(access) = &held.access {
            self.vault.replace(tx, owner, access, &grant.access, now).await?;
        }
        if let (Some(refresh), Some(new)) = (&held.refresh, &grant.refresh) {
            self.vault.replace(tx, owner, refresh, new, now).await?;
        }
        let renewed = Action::ConnectionRenewed { connection: held.id, connector: held.connector_id, error: None };
        audit::record(tx, actor, &renewed, now).await?;
        Ok(Credential::Ready(Presented { token: Some(grant.access.clone()), version }))
    }

    async fn failed(&self, tx: &mut Tx, actor: &Actor, held: &Held, failure: &Failure) -> Result<Credential> {
        let now = self.clock.now();
        if failure.kind == Kind::Dead {
            let over = format!("{}. Connect {} again", failure.message, held.service);
            self.end(tx, actor, held, failure.class, &over, &failure.message).await?;
            return Ok(Credential::Over(over));
        }
        let after = match failure.kind {
            Kind::Passing { after: Some(after) } => after,
            _ => COME_BACK,
        };
        store::degrade(tx, actor.user_id(), held, &failure.message, now + after.max(QUIET), now).await?;
        let action = Action::ConnectionRenewed {
            connection: held.id,
            connector: held.connector_id,
            error: Some((failure.class, failure.message.clone())),
        };
        audit::record(tx, actor, &action, now).await?;
        // a token that is still good is presented while the provider is away
        if held.expires_at.is_none_or(|end| end > now) {
            return Ok(Credential::Ready(self.open(tx, actor, held).await?));
        }
        Ok(Credential::Away { message: failure.message.clone(), after })
    }

    /// The connection is over until its owner connects it again; unless they just have.
    async fn end(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &Held,
        class: &'static str,
        over: &str,
        message: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        if store::expire(tx, actor.user_id(), held, over, message, now).await? {
            let action = Action::ConnectionRenewed {
                connection: held.id,
                connector: held.connector_id,
                error: Some((class, message.to_owned())),
            };
            audit::record(tx, actor, &action, now).await?;
        }
        Ok(())
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

fn values(captured: &Value) -> Values {
    let pairs = captured.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

impl Held {
    fn is_usable(&self) -> bool {
        self.status == "active"
    }

    /// Why it cannot be used, for whoever wants to.
    fn over(&self) -> String {
        match &self.reason {
            Some(reason) => reason.clone(),
            None => format!("{} is not connected any more. Connect it again", self.service),
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
