//! What a service wants besides the credential that was presented: more permission, or a sign-in where there was none.

use super::persist::Ending;
use super::{Credential, RefreshRequest, TokenRefresher, hold, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::connectors;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::oauth::{self, Challenge};

/// A longer name is none.
const LONGEST_SCOPE: usize = 200;

/// Most scopes that one challenge may add.
const MOST_SCOPES: usize = 50;

impl TokenRefresher {
    /// What there is to present after the service has said that the credential of version `seen` does not permit a tool, and
    /// which scopes would: until its owner grants them, nothing. None: no sign-in can mend that.
    pub async fn handle_insufficient_scope(
        &self,
        actor: &Actor,
        id: ConnectionId,
        seen: i32,
        tool: &str,
        scopes: &[String],
    ) -> Result<Option<Credential>> {
        let (owner, now) = (actor.user_id(), self.clock.now());
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        if held.version != seen || !held.is_usable() {
            return self
                .usable_without_refresh(&mut tx, actor, &held, RefreshRequest::refresh_after_rejection(seen))
                .await;
        }
        let missing = scopes.iter().filter(|scope| !held.scopes.contains(scope) && scope.len() <= LONGEST_SCOPE);
        let missing: Vec<_> = missing.take(MOST_SCOPES).cloned().collect();
        let Some(provider) = connectors::provider(&mut tx, actor, held.connector_id).await? else { return Ok(None) };
        if missing.is_empty() {
            return Ok(None);
        }
        let reason = format!("{} needs more permission for {tool}: {}", held.service, provider.in_words(&missing));
        store::add_requested_scopes(&mut tx, owner, &held, &missing, &reason, now).await?;
        let limited = Action::ConnectionLimited { connection: id, connector: held.connector_id, scopes: missing };
        audit::record(&mut tx, actor, &limited, now).await?;
        tx.commit().await?;
        self.live.user_changed(owner);
        Ok(Some(Credential::ReauthRequired(format!("{reason}. Grant more to continue"))))
    }

    /// What there is to present to a service that let everybody look, and now asks who is calling: nothing, until its owner
    /// has signed in where it says. None: it does not say where, or the service is not the actor's own.
    pub async fn handle_authentication_required(
        &self,
        actor: &Actor,
        id: ConnectionId,
        seen: i32,
        challenge: &Challenge,
    ) -> Result<Option<Credential>> {
        let need = RefreshRequest::refresh_after_rejection(seen);
        let mut conn = self.system.acquire().await?;
        let held = hold(&mut conn, actor, id).await?;
        if held.version != seen || !held.is_usable() {
            return self.usable_without_refresh(&mut conn, actor, &held, need).await;
        }
        let connector = connectors::get(&mut conn, actor, held.connector_id).await?;
        // nothing is held while the service is asked
        drop(conn);
        let Some(url) = connector.server_url() else {
            return Ok(None);
        };
        let provider = match oauth::discover(&self.egress, &url, challenge).await {
            Ok(provider) => provider,
            Err(failure) => {
                tracing::info!(connector = %connector.id, cause = %failure.message, "no way to sign in was found");
                return Ok(None);
            }
        };
        let mut tx = self.system.begin().await?;
        if !connectors::require_sign_in(&mut tx, actor, connector.id, &provider).await? {
            // somebody else was faster, or it cannot be
            let held = hold(&mut tx, actor, id).await?;
            return if held.is_usable() {
                Ok(None)
            } else {
                self.usable_without_refresh(&mut tx, actor, &held, need).await
            };
        }
        let reason = format!("{} wants you to sign in before it runs a tool", held.service);
        let ending = Ending { class: "unauthorized", reason: &reason, message: &reason };
        let over = self.end(&mut tx, actor, &held, need, &ending).await?;
        tx.commit().await?;
        self.tell(actor.user_id(), id);
        Ok(Some(over))
    }
}
