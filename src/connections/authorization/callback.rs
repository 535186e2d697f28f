//! Handles the OAuth callback: consumes the authorization request, and creates the connection or reports the error. Called by
//! the callback page.

use std::collections::BTreeMap;

use url::Url;

use super::grant::{self, record_failure};
use super::persist::NewGrant;
use super::start::{client_of_request, open_verifier, unknown_request};
use super::store_requests::{AuthorizationRequest, AuthorizationStatus};
use super::{AuthorizationService, SignInStep, store_connections, store_requests};
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::oauth_clients::{self, OauthClientRecord};
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{OwnerId, UserId};
use crate::oauth::{self, CallbackParams, Failure, FailureKind, Pkce, Provider, State};

/// See [`AuthorizationService::complete`].
pub(super) async fn complete(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    query: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<SignInStep> {
    let state = query.get("state").map(|state| State::from_callback(state));
    let state = state.ok_or_else(unknown_request)?;
    let (request, pkce) = consume(authorization, actor, session, &state, now).await?;
    let provider = authorization.provider(actor, request.connector_id).await?;
    let client = client_of_request(authorization, actor, &request, &provider).await?;
    let provider = client.apply_client_auth(provider);
    let redirect = Url::parse(&request.redirect_uri).map_err(Error::internal)?;
    // the browser controls the callback, so only the token endpoint's answer can accuse the shared client
    let (granted, is_from_provider) = match CallbackParams::read(&provider, query) {
        Ok(params) => {
            let code = (&params, &pkce, &state, &redirect);
            let values = client.complete(values_of(Some(&request.entered)));
            (oauth::exchange(authorization.egress, &provider, &values, &client.client, code, now).await, true)
        }
        Err(failure) => (Err(failure), false),
    };
    match granted {
        Ok(grant) => {
            if client.is_shared {
                authorization.clear_client_rejection(&client).await;
            }
            let new = NewGrant { request: &request, provider: &provider, client: &client };
            // on the heap: its state is large
            Box::pin(grant::accept(authorization, actor, new, grant, now)).await
        }
        Err(failure) => {
            record_failure(authorization, actor, &request, failure.class, &failure.message.to_string(), now).await?;
            let advice =
                prepare_next_sign_in(authorization, actor, &request, &client, &provider, &failure, now).await?;
            if client.is_shared && is_from_provider && failure.kind == FailureKind::InvalidClient {
                authorization.record_client_rejection(&client, &request, &failure, now).await?;
            }
            let advice = advice.filter(|_| failure.message.advice.is_none());
            Err(match advice {
                Some(advice) => failure.with_advice(advice),
                None => failure,
            }
            .into())
        }
    }
}

/// See [`AuthorizationService::connector_of_callback`].
pub(super) async fn connector(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    query: &BTreeMap<String, String>,
) -> Result<Option<Connector>> {
    let Some(state) = query.get("state") else { return Ok(None) };
    let mut tx = authorization.db.enter(actor).await?;
    match store_requests::find(&mut tx, actor.owner_id(), &State::from_callback(state).hash()).await? {
        Some(request) => connectors::get(&mut tx, actor, request.connector_id).await.map(Some),
        None => Ok(None),
    }
}

/// Returns the owner for whom the user began the sign-in that this callback ends. `None` if it is none of theirs.
pub async fn find_owner_of_callback(
    system: &SystemDb,
    user: UserId,
    query: &BTreeMap<String, String>,
) -> Result<Option<OwnerId>> {
    let Some(state) = query.get("state") else { return Ok(None) };
    Ok(store_requests::find_owner(system.pool(), user, &State::from_callback(state).hash()).await?)
}

/// Marks an authorization request as completed, so that it works once, and deletes its verifier.
async fn consume(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    state: &State,
    now: Timestamp,
) -> Result<(AuthorizationRequest, Pkce)> {
    let mut tx = authorization.db.enter(actor).await?;
    let request = store_requests::find_for_update(&mut tx, actor.owner_id(), &state.hash()).await?;
    let request = request.ok_or_else(unknown_request)?;
    request.check_usable(AuthorizationStatus::Started, session, now)?;
    let pkce = open_verifier(authorization, &mut tx, actor, &request).await?;
    store_requests::mark_completed(&mut tx, actor.owner_id(), request.id, now).await?;
    if let Some(verifier) = &request.code_verifier_ref {
        authorization.vault.shred(&mut tx, actor.owner_id(), verifier).await?;
    }
    tx.commit().await?;
    Ok((request, pkce))
}

/// Prepares the next sign-in after a failure: it requests fewer scopes, or registers the hub again. Returns the advice for a
/// rejected client.
async fn prepare_next_sign_in(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    request: &AuthorizationRequest,
    client: &OauthClientRecord,
    provider: &Provider,
    failure: &Failure,
    now: Timestamp,
) -> Result<Option<&'static str>> {
    let (mut tx, owner) = (authorization.db.enter(actor).await?, actor.owner_id());
    if failure.class == "invalid_scope" {
        store_connections::reset_requested_scopes(&mut tx, owner, request.connector_id, &request.label).await?;
    }
    let mut advice = None;
    if failure.kind == FailureKind::InvalidClient {
        let is_made_by_hub =
            oauth_clients::retire_client(&mut tx, owner, provider.issuer(), request.oauth_client_id, now).await?;
        advice = Some(match (client.is_shared, is_made_by_hub) {
            (true, _) => "Ask an administrator to check the hub’s OAuth application there",
            (false, true) => "Start again: the hub then registers there anew",
            (false, false) => "Check the hub’s OAuth application there, and enter its client id again",
        });
    }
    tx.commit().await?;
    Ok(advice)
}
