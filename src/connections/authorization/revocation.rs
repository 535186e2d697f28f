//! Revokes a grant at its provider, before the hub deletes the tokens. Called when a user disconnects.

use super::AuthorizationService;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::{oauth_clients, store, store_tokens, values_of};
use crate::connectors;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::oauth::{self, Client, Failure, Provider, TemplateValues};
use crate::secret::Secret;

/// A grant with what its revocation needs.
struct RevocableGrant {
    provider: Provider,
    values: TemplateValues,
    client: Client,
    /// Access tokens with their refresh tokens. The first one comes last: its end may end the others.
    tokens: Vec<(Secret, Option<Secret>)>,
}

/// See [`AuthorizationService::revoke`]. The sentence has no advice: after any failure, the next step is at the provider.
pub(super) async fn revoke(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    id: ConnectionId,
    now: Timestamp,
) -> Result<Option<String>> {
    let grant = match find_grant(authorization, actor, id).await? {
        Some(Ok(grant)) => grant,
        Some(Err(failure)) => return Ok(Some(failure.message.text)),
        None => return Ok(None),
    };
    let RevocableGrant { provider, values, client, tokens } = grant;
    let mut failed = None;
    for (access, refresh) in &tokens {
        let tokens = (access, refresh.as_ref());
        let revoked = oauth::revoke(authorization.egress, &provider, &values, &client, tokens, now).await;
        failed = failed.or_else(|| revoked.err().map(|failure| failure.message.text));
    }
    Ok(failed)
}

/// Finds the grant of a connection. `None` if there is none, or if the provider cannot revoke it.
async fn find_grant(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    id: ConnectionId,
) -> Result<Option<Result<RevocableGrant, Failure>>> {
    let owner = actor.owner_id();
    let mut tx = authorization.db.enter(actor).await?;
    let locked = store::lock(&mut tx, owner, id).await?.ok_or(Error::NotFound("connection"))?;
    // a connector without a sign-in has no grant
    let Some(provider) = connectors::provider(&mut tx, actor, locked.connector_id).await? else { return Ok(None) };
    let mut conn = authorization.system.acquire().await?;
    let client =
        oauth_clients::find_for_grant(&mut conn, authorization.vault, owner, locked.oauth_client_id, &provider).await?;
    let Some(access) = &locked.access else { return Ok(None) };
    let Some(client) = client else {
        let can_be_revoked = provider.revoke.is_some();
        return Ok(can_be_revoked.then(|| Err(oauth::unknown_client(&provider.host()))));
    };
    let further = store_tokens::find_for_update(&mut tx, owner, id).await?.into_iter();
    let further = further.map(|it| (Some(it.name), it.access, it.refresh));
    let all = further.chain([(None, Some(access.clone()), locked.refresh.clone())]);
    let mut tokens = Vec::new();
    for (_, access, refresh) in all.filter(|(name, ..)| provider.revokes(name.as_deref())) {
        let Some(access) = access else { continue };
        let access = authorization.vault.open(&mut tx, owner, &access).await?;
        let refresh = match refresh {
            Some(refresh) => Some(authorization.vault.open(&mut tx, owner, &refresh).await?),
            None => None,
        };
        tokens.push((access, refresh));
    }
    let values = client.complete(values_of(locked.captured.as_ref()));
    let provider = client.apply_client_auth(provider);
    Ok(Some(Ok(RevocableGrant { provider, values, client: client.client, tokens })))
}
