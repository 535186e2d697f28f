//! Revokes a grant at its provider, before the hub deletes the tokens.

use super::{SignIn, oauth_clients, stored_provider};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::store;
use crate::connections::values_of;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::oauth::{self, Client, Failure, Provider, TemplateValues};
use crate::secret::Secret;

/// A grant with what its revocation needs.
struct RevocableGrant {
    provider: Provider,
    values: TemplateValues,
    client: Client,
    access: Secret,
    refresh: Option<Secret>,
}

/// See [`SignIn::revoke`].
pub(super) async fn revoke(
    sign_in: &SignIn<'_>,
    actor: &Actor,
    id: ConnectionId,
    now: Timestamp,
) -> Result<Option<String>> {
    let grant = match find_grant(sign_in, actor, id).await? {
        Some(Ok(grant)) => grant,
        Some(Err(failure)) => return Ok(Some(failure.message.to_string())),
        None => return Ok(None),
    };
    let RevocableGrant { provider, values, client, access, refresh } = grant;
    let tokens = (&access, refresh.as_ref());
    let revoked = oauth::revoke(sign_in.egress, &provider, &values, &client, tokens, now).await;
    Ok(revoked.err().map(|failure| failure.message.to_string()))
}

/// Finds the grant of a connection. `None` if there is none, or if the provider cannot revoke it.
async fn find_grant(
    sign_in: &SignIn<'_>,
    actor: &Actor,
    id: ConnectionId,
) -> Result<Option<Result<RevocableGrant, Failure>>> {
    let owner = actor.user_id();
    let mut tx = sign_in.db.as_user(actor).await?;
    let locked = store::lock(&mut tx, owner, id).await?.ok_or(Error::NotFound("connection"))?;
    let provider = match stored_provider(&mut tx, actor, locked.connector_id).await {
        Ok(provider) => provider,
        // a connector without a sign-in has no grant
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut conn = sign_in.system.acquire().await?;
    let known =
        oauth_clients::find_for_grant(&mut conn, sign_in.vault, owner, locked.oauth_client_id, &provider).await?;
    let Some(access) = &locked.access else { return Ok(None) };
    let Some(known) = known else {
        let can_be_revoked = provider.revoke.is_some();
        return Ok(can_be_revoked.then(|| Err(oauth::unknown_client(&provider.host()))));
    };
    let access = sign_in.vault.open(&mut tx, owner, access).await?;
    let refresh = match &locked.refresh {
        Some(refresh) => Some(sign_in.vault.open(&mut tx, owner, refresh).await?),
        None => None,
    };
    let (values, provider) = (values_of(locked.captured.as_ref()), known.apply_client_auth(provider));
    Ok(Some(Ok(RevocableGrant { provider, values, client: known.client, access, refresh })))
}
