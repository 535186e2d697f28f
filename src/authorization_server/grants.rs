//! The verbs on grants: a person allows, lists and ends them, and an assistant authenticates with one.

use time::Duration;
use url::Url;

use super::authorization_request::AuthorizationRequest;
use super::credential::{Credential, hash};
use super::grant::{AssistantGrant, GrantHolder, MAX_GRANTS};
use super::{store_assistants, store_codes, store_grants as store};
use crate::actor::Actor;
use crate::api_tokens::Scopes;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::{Error, Result};
use crate::ids::AssistantGrantId;
use crate::secret::Secret;

/// The time in which an assistant must exchange its code.
const CODE_TTL: Duration = Duration::minutes(5);

/// Minimum time between two writes of the last use; requests in between only read.
const LAST_USED_INTERVAL: Duration = Duration::MINUTE;

/// Allows an assistant what it asked for, within `scopes`, in the space of its request. Returns the address that tells it.
///
/// # Errors
/// Returns [`Error::Invalid`] at the field `scope` without a scope, and [`Error::Conflict`] at the limit of grants.
pub async fn allow(
    system: &SystemDb,
    actor: &Actor,
    request: &AuthorizationRequest,
    scopes: Scopes,
    now: Timestamp,
) -> Result<Url> {
    let scopes: Scopes = scopes.iter().filter(|scope| request.scopes.contains(*scope)).collect();
    if scopes.is_empty() {
        return Err(Error::field("scope", "Choose at least one thing that the assistant may do"));
    }
    // the system's transaction, because only the system sees codes
    #[expect(clippy::disallowed_methods, reason = "the request was checked for this person and space")]
    let actor = actor.clone().within(request.owner);
    let mut tx = system.begin().await?;
    if store::lock_and_count(&mut tx, actor.user_id(), now).await? >= MAX_GRANTS {
        let text = format!("{MAX_GRANTS} assistants are connected to your account, which is the most");
        return Err(Error::conflict(text, "Disconnect one first"));
    }
    let grant = AssistantGrant {
        id: AssistantGrantId::new(now),
        owner: request.owner,
        name: request.assistant.name.clone(),
        host: request.redirect_uri.destination().to_string(),
        scopes,
        created_at: now,
        expires_at: now + CODE_TTL,
        last_used_at: None,
    };
    store::replace(&mut tx, &actor, request.assistant.id, now).await?;
    store::insert(&mut tx, &actor, &grant, request.assistant.id).await?;
    store_assistants::mark_allowed(&mut tx, request.assistant.id, now).await?;
    let code = Credential::Code.generate();
    let new_code = store_codes::NewCode {
        hash: hash(&code),
        grant: &grant,
        redirect_uri: request.redirect_uri.as_str(),
        challenge: &request.code_challenge,
    };
    store_codes::insert(&mut tx, &new_code).await?;
    audit::record(&mut tx, &actor, &Action::AssistantAllowed(grant.named()), now).await?;
    tx.commit().await?;
    Ok(request.code_url(code.expose()))
}

/// Returns the actor's grants that work at `now`, in all spaces, newest first.
pub async fn list(db: &Db, actor: &Actor, now: Timestamp) -> Result<Vec<AssistantGrant>> {
    let mut tx = db.enter(actor).await?;
    Ok(store::list(&mut tx, actor, now).await?)
}

/// Returns one of the actor's grants that works at `now`.
pub async fn find(db: &Db, actor: &Actor, id: AssistantGrantId, now: Timestamp) -> Result<AssistantGrant> {
    list(db, actor, now).await?.into_iter().find(|grant| grant.id == id).ok_or(Error::NotFound("assistant"))
}

/// Ends one of the actor's grants in any space, and returns it. The system pool writes, because the person may have left the
/// organisation that the grant is for.
///
/// # Errors
/// Returns [`Error::NotFound`] if the actor has no such grant that works at `now`.
pub async fn disconnect(
    system: &SystemDb,
    actor: &Actor,
    id: AssistantGrantId,
    now: Timestamp,
) -> Result<AssistantGrant> {
    let mut tx = system.begin().await?;
    let revoked = store::mark_revoked(&mut tx, actor.user_id(), id, now).await?;
    let grant = revoked.ok_or(Error::NotFound("assistant"))?;
    #[expect(clippy::disallowed_methods, reason = "the system's transaction writes into the space of the grant")]
    let actor = actor.clone().within(grant.owner);
    audit::record(&mut tx, &actor, &Action::AssistantDisconnected(grant.named()), now).await?;
    tx.commit().await?;
    Ok(grant)
}

/// Returns the holder of an access token that works at `now`, and records the use; `None` for every other text.
pub async fn authenticate(system: &SystemDb, token: &Secret, now: Timestamp) -> Result<Option<GrantHolder>> {
    if !Credential::AccessToken.is_possible(token) {
        return Ok(None);
    }
    let Some(holder) = store::find_holder(system.pool(), &hash(token), now).await? else { return Ok(None) };
    if holder.last_used_at.is_none_or(|last| now - last >= LAST_USED_INTERVAL) {
        store::mark_used(system.pool(), &holder, now).await?;
    }
    Ok(Some(holder))
}
