//! What comes of asking: a new credential, a connection that is over, or another try.

use std::time::Duration;

use super::store::{self, Held};
use super::{COME_BACK, Credential, Presented, Renewals, hold};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::db::Tx;
use crate::error::Result;
use crate::oauth::{Failure, Grant, Kind, Provider};

/// While a token is good still, a provider that failed to renew it is left alone for this long.
const QUIET: Duration = Duration::from_secs(5 * 60);

impl Renewals {
    /// Asks the provider; nobody else does meanwhile.
    pub(super) async fn renew_alone(&self, actor: &Actor, held: &Held, fence: i64) -> Result<Credential> {
        let asked = self.ask(actor, held).await;
        let mut tx = self.system.begin().await?;
        let credential = match asked {
            Ok(Some(Ok((provider, grant)))) => self.keep(&mut tx, actor, held, &provider, &grant).await,
            Ok(Some(Err(failure))) => self.failed(&mut tx, actor, held, &failure).await,
            Ok(None) => self.newer(&mut tx, actor, held).await,
            Err(ours) => Err(ours),
        }?;
        store::give_lease_back(&mut tx, actor.user_id(), held.id, fence).await?;
        tx.commit().await?;
        Ok(credential)
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
            return self.end(tx, actor, held, failure.class, &failure.message, &failure.message).await;
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

    /// The connection is over until its owner connects it again; unless they just have: then what they brought counts.
    pub(super) async fn end(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &Held,
        class: &'static str,
        reason: &str,
        message: &str,
    ) -> Result<Credential> {
        let now = self.clock.now();
        if !store::expire(tx, actor.user_id(), held, reason, message, now).await? {
            return self.newer(tx, actor, held).await;
        }
        let action = Action::ConnectionRenewed {
            connection: held.id,
            connector: held.connector_id,
            error: Some((class, message.to_owned())),
        };
        audit::record(tx, actor, &action, now).await?;
        Ok(Credential::Over(format!("{reason}. Connect {} again", held.service)))
    }

    async fn newer(&self, tx: &mut Tx, actor: &Actor, held: &Held) -> Result<Credential> {
        let newer = hold(tx, actor, held.id).await?;
        if !newer.is_usable() {
            return Ok(Credential::Over(newer.over()));
        }
        Ok(Credential::Ready(self.open(tx, actor, &newer).await?))
    }

    /// A token that has come to its end, or is about to, and cannot be renewed.
    pub(super) async fn ended(&self, mut tx: Tx, actor: &Actor, held: &Held) -> Result<Credential> {
        if held.expires_at.is_none_or(|end| end > self.clock.now()) {
            return Ok(Credential::Ready(self.open(&mut tx, actor, held).await?));
        }
        let reason = format!("The sign-in at {} has come to its end", held.service);
        let over = self.end(&mut tx, actor, held, "expired", &reason, &reason).await?;
        tx.commit().await?;
        Ok(over)
    }
}
