//! What comes of asking: a new credential, a connection that is over, or another try.

use super::request::{RefreshResponse, RefreshedGrant, RejectedClient};
use super::state::RefreshState;
use super::{BearerCredential, CLIENT, COME_BACK, Credential, RefreshRequest, TokenRefresher, hold, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::connections::authorization::{client_rejection, oauth_clients};
use crate::connections::retry::retry_while_unavailable;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::oauth::{Failure, FailureKind};
use crate::queue::{self, Released};

/// What to do about a client that the hub has made itself.
const ANEW: &str = ". The hub is made known there anew when you sign in again";

/// And about one that its owner has entered.
const ENTER: &str = ". Check the hub’s OAuth application there, and enter its client id when you sign in again";

/// And about one that serves all users.
pub(super) const ADMINISTRATOR: &str = ". An administrator has to check the hub’s OAuth application there";

/// And about one that has served all users, before the present one.
const FORMER: &str = ". Another application serves this hub by now: sign in again";

/// What became of what the provider said.
enum Came {
    /// A new token is stored; what waited for it goes on.
    Kept(Credential, Released),
    /// There is none, or a newer one.
    As(Credential),
    /// The connection is disconnected, and nobody has any use for what was given.
    Unwanted,
}

/// Why a connection is over.
pub(super) struct Ending<'a> {
    /// Machine word.
    pub(super) class: &'static str,
    /// For its page.
    pub(super) reason: &'a str,
    /// For the log.
    pub(super) message: &'a str,
}

impl TokenRefresher {
    /// Asks the provider; nobody else does meanwhile.
    pub(super) async fn refresh_holding_lease(
        &self,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
        fence: i64,
    ) -> Result<Credential> {
        let asked = match self.request_refresh(actor, held).await {
            Ok(asked) => asked,
            Err(error) => {
                self.release_lease(actor, held, fence).await;
                return Err(error);
            }
        };
        // a token that was given is nowhere else, and the one before it may be of no use any more
        let came = retry_while_unavailable(|| self.conclude(actor, held, need, fence, &asked)).await?;
        self.live.user_changed(actor.user_id());
        if matches!(&asked, RefreshResponse::Failed { failure, .. } if failure.kind == FailureKind::InvalidClient) {
            self.tell_administrators();
        }
        match came {
            Came::Kept(credential, released) => {
                released.announce(&self.live);
                Ok(credential)
            }
            Came::As(credential) => {
                if matches!(credential, Credential::ReauthRequired(_)) {
                    self.tell(actor.user_id(), held.id);
                }
                Ok(credential)
            }
            Came::Unwanted => {
                if let RefreshResponse::Granted(given) = &asked {
                    self.revoke_unused_grant(held, given).await;
                }
                Err(super::disconnected_error())
            }
        }
    }

    /// Nobody was asked: whoever comes next need not wait for the lease to end.
    async fn release_lease(&self, actor: &Actor, held: &RefreshState, fence: i64) {
        let left = async {
            let mut conn = self.system.acquire().await?;
            Ok::<_, Error>(store::give_lease_back(&mut conn, actor.user_id(), held.id, fence).await?)
        };
        if let Err(error) = left.await {
            tracing::warn!(connection = %held.id, %error, "a lease could not be given back");
        }
    }

    async fn conclude(
        &self,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
        fence: i64,
        asked: &RefreshResponse,
    ) -> Result<Came> {
        let mut tx = self.system.begin().await?;
        let came = match asked {
            RefreshResponse::Granted(given) => self.keep(&mut tx, actor, held, need, given).await?,
            RefreshResponse::Failed { failure, issuer, client } => {
                let advice = match failure.kind {
                    FailureKind::InvalidClient => {
                        self.handle_rejected_client(&mut tx, actor, held, issuer, *client, failure).await?
                    }
                    _ => "",
                };
                Came::As(self.failed(&mut tx, actor, held, need, failure, advice).await?)
            }
            RefreshResponse::Superseded => Came::As(self.stands(&mut tx, actor, held, need).await?),
        };
        store::give_lease_back(&mut tx, actor.user_id(), held.id, fence).await?;
        tx.commit().await?;
        Ok(came)
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
        given: &RefreshedGrant,
    ) -> Result<Came> {
        let (owner, now, grant) = (actor.user_id(), self.clock.now(), &given.grant);
        let next_attempt_at = grant.refresh_at(&given.provider, now);
        let Some(version) = store::store_refreshed_tokens(tx, owner, held, next_attempt_at, grant, now).await? else {
            return match store::hold(tx, owner, held.id).await? {
                Some(newer) if !newer.is_over() => self.stands(tx, actor, held, need).await.map(Came::As),
                _ => Ok(Came::Unwanted),
            };
        };
        if let Some(access) = &held.access {
            self.vault.replace(tx, owner, access, &grant.access, now).await?;
        }
        if let (Some(refresh), Some(new)) = (&held.refresh, &grant.refresh) {
            self.vault.replace(tx, owner, refresh, new, now).await?;
        }
        if let Some(client) = held.oauth_client_id {
            client_rejection::clear(tx, client).await?;
        }
        let released = queue::release_parked(tx, actor, held.id).await?;
        let renewed = Action::ConnectionRefreshed { connection: held.id, connector: held.connector_id, error: None };
        audit::record(tx, actor, &renewed, now).await?;
        Ok(Came::Kept(Credential::Ready(BearerCredential { token: Some(grant.access.clone()), version }), released))
    }

    /// Ends at the provider what it has given for a connection that was disconnected meanwhile, if it can be asked.
    async fn revoke_unused_grant(&self, held: &RefreshState, given: &RefreshedGrant) {
        if let Err(failure) = self.revoke(held, given).await {
            tracing::warn!(connection = %held.id, cause = %failure.message, "a token that nobody needs could not be ended");
        }
    }

    /// What is to be done about a client that is not accepted.
    pub(super) async fn handle_rejected_client(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        issuer: &str,
        client: Option<RejectedClient>,
        failure: &Failure,
    ) -> Result<&'static str> {
        // one that is not there any more says nothing of those that are
        let Some(client) = client else { return Ok(ANEW) };
        let now = self.clock.now();
        if client.is_shared {
            let (connector, words) = (held.connector_id, &failure.message.to_string());
            let is_present = client_rejection::record(tx, client.id, connector, words, client.asked_at, now).await?;
            return Ok(if is_present { ADMINISTRATOR } else { FORMER });
        }
        let is_ours = oauth_clients::mark_rejected(tx, actor.user_id(), issuer, Some(client.id), now).await?;
        Ok(if is_ours { ANEW } else { ENTER })
    }

    async fn failed(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
        failure: &Failure,
        advice: &str,
    ) -> Result<Credential> {
        let (now, message) = (self.clock.now(), &failure.message.to_string());
        if failure.kind == FailureKind::InvalidGrant {
            let ending = Ending { class: failure.class, reason: message, message };
            return self.end(tx, actor, held, need, &ending).await;
        }
        let has_time = held.expires_at.is_some_and(|end| end > now);
        let failed = held.failures().and(now, has_time, failure.retry_after, rand::random());
        let reason = failed.told(format!("{message}{advice}"));
        let class = if failure.kind == FailureKind::InvalidClient { CLIENT } else { failure.class };
        store::degrade(tx, actor.user_id(), held, &failed, class, &reason, now).await?;
        let action = Action::ConnectionRefreshed {
            connection: held.id,
            connector: held.connector_id,
            error: Some((failure.class, message.clone())),
        };
        audit::record(tx, actor, &action, now).await?;
        self.stands(tx, actor, held, need).await
    }

    /// The connection is over until its owner connects it again; unless they just have: then what they brought counts.
    pub(super) async fn end(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
        ending: &Ending<'_>,
    ) -> Result<Credential> {
        let now = self.clock.now();
        if store::expire(tx, actor.user_id(), held, ending.reason, ending.message, now).await? {
            let action = Action::ConnectionRefreshed {
                connection: held.id,
                connector: held.connector_id,
                error: Some((ending.class, ending.message.to_owned())),
            };
            audit::record(tx, actor, &action, now).await?;
        }
        self.stands(tx, actor, held, need).await
    }

    /// What there is to present now that nothing more is done about it.
    async fn stands(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
    ) -> Result<Credential> {
        let held = hold(tx, actor, held.id).await?;
        let away = Credential::ProviderUnavailable { message: held.why_not(), after: COME_BACK };
        Ok(self.usable_without_refresh(tx, actor, &held, need).await?.unwrap_or(away))
    }

    /// A token that has come to its end, or is about to, and cannot be renewed.
    pub(super) async fn ended(
        &self,
        mut tx: Tx,
        actor: &Actor,
        held: &RefreshState,
        need: RefreshRequest,
    ) -> Result<Credential> {
        if held.is_good(self.clock.now()) {
            return Ok(Credential::Ready(self.open(&mut tx, actor, held).await?));
        }
        let reason = format!("The sign-in at {} has come to its end", held.service);
        let ending = Ending { class: "expired", reason: &reason, message: &reason };
        let over = self.end(&mut tx, actor, held, need, &ending).await?;
        tx.commit().await?;
        self.tell(actor.user_id(), held.id);
        Ok(over)
    }
}
