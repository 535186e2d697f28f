//! Telling a provider that a grant is over, before the hub forgets it.

use super::{SignIn, described, oauth_clients};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::store::own;
use crate::connections::values_of;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::oauth::{self, Client, Failure, Provider, TemplateValues};
use crate::secret::Secret;

/// What it takes to end a grant.
struct Grant {
    provider: Provider,
    values: TemplateValues,
    client: Client,
    access: Secret,
    refresh: Option<Secret>,
}

impl SignIn<'_> {
    /// Asks the provider of a connection to end its grant; what stands in the way is a sentence, and stops nobody from
    /// disconnecting. None: it was ended, or there is nothing to end, or nobody to ask.
    pub async fn revoke(&self, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<Option<String>> {
        let grant = match self.grant(actor, id).await? {
            Some(Ok(grant)) => grant,
            Some(Err(failure)) => return Ok(Some(failure.message)),
            None => return Ok(None),
        };
        let Grant { provider, values, client, access, refresh } = grant;
        let tokens = (&access, refresh.as_ref());
        let asked = oauth::revoke(self.egress, &provider, &values, &client, tokens, now).await;
        Ok(asked.err().map(|failure| failure.message))
    }

    async fn grant(&self, actor: &Actor, id: ConnectionId) -> Result<Option<Result<Grant, Failure>>> {
        let owner = actor.user_id();
        let mut tx = self.db.as_user(actor).await?;
        let held = own::hold(&mut tx, owner, id).await?.ok_or(Error::NotFound("connection"))?;
        let provider = match described(&mut tx, actor, held.connector_id).await {
            Ok(provider) => provider,
            // a service without a sign-in has no grant
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut conn = self.system.acquire().await?;
        let known =
            oauth_clients::find_for_grant(&mut conn, self.vault, owner, held.oauth_client_id, &provider).await?;
        let Some(access) = &held.access else { return Ok(None) };
        let Some(known) = known else {
            let can_be_ended = provider.revoke.is_some();
            return Ok(can_be_ended.then(|| Err(Failure::unknown_client(&provider.host()))));
        };
        let access = self.vault.open(&mut tx, owner, access).await?;
        let refresh = match &held.refresh {
            Some(refresh) => Some(self.vault.open(&mut tx, owner, refresh).await?),
            None => None,
        };
        let (values, provider) = (values_of(held.captured.as_ref()), known.apply_client_auth(provider));
        Ok(Some(Ok(Grant { provider, values, client: known.client, access, refresh })))
    }
}
