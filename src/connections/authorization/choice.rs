//! The choice of a sign-in whose grant covers several sites or organisations. Called by the choice page.

use super::coverage::{Choices, CoveredEntry};
use super::persist::NewGrant;
use super::start::{client_of_request, unknown_request};
use super::store_requests::{self, AuthorizationRequest, AuthorizationStatus};
use super::{AuthorizationService, SignInStep, grant, store_connections, waiting_grant};
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::error::{Error, Result};
use crate::oauth::{Grant, State};

/// A waiting sign-in, whose user has to choose.
#[derive(Debug)]
pub struct AwaitedChoice {
    /// The connector.
    pub connector: Connector,
    /// The label of the connection.
    pub label: String,
    /// Noun of the entries, singular and plural: `["site", "sites"]`.
    pub noun: [String; 2],
    /// The entries.
    pub entries: Vec<CoveredEntry>,
    /// The id of the entry that the connection uses until now, if it is among them.
    pub former: Option<String>,
}

/// See [`AuthorizationService::awaited_choice`].
pub(super) async fn find(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    state: &State,
    now: Timestamp,
) -> Result<AwaitedChoice> {
    let (mut tx, owner) = (authorization.db.enter(actor).await?, actor.owner_id());
    let request = store_requests::find(&mut tx, owner, &state.hash()).await?.ok_or_else(unknown_request)?;
    request.check_usable(AuthorizationStatus::AwaitingChoice, session, now)?;
    let connector = connectors::get(&mut tx, actor, request.connector_id).await?;
    let former = store_connections::find_captured(&mut tx, owner, connector.id, &request.label).await?;
    let (former, Choices { noun, entries }) = (values_of(former.as_ref()), read_choices(&request)?);
    let is_former = |entry: &&CoveredEntry| entry.values.iter().all(|(name, value)| former.get(name) == Some(value));
    let former = entries.iter().find(is_former).map(|entry| entry.id.clone());
    Ok(AwaitedChoice { connector, label: request.label, noun, entries, former })
}

/// See [`AuthorizationService::choose`].
pub(super) async fn choose(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    state: &State,
    chosen: &str,
    now: Timestamp,
) -> Result<SignInStep> {
    let (request, waiting) = take_grant(authorization, actor, session, state, chosen, now).await?;
    let provider = authorization.provider(actor, request.connector_id).await?;
    let client = client_of_request(authorization, actor, &request, &provider).await?;
    let provider = client.apply_client_auth(provider);
    let new = NewGrant { request: &request, provider: &provider, client: &client };
    // on the heap: its state is large
    Box::pin(grant::accept(authorization, actor, new, waiting, now)).await
}

/// Takes the waiting grant, with the values of the chosen entry. It can be taken once.
async fn take_grant(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    state: &State,
    chosen: &str,
    now: Timestamp,
) -> Result<(AuthorizationRequest, Grant)> {
    let (mut tx, owner) = (authorization.db.enter(actor).await?, actor.owner_id());
    let request = store_requests::find_for_update(&mut tx, owner, &state.hash()).await?.ok_or_else(unknown_request)?;
    request.check_usable(AuthorizationStatus::AwaitingChoice, session, now)?;
    let Choices { noun: [noun, _], entries } = read_choices(&request)?;
    let entry = entries.into_iter().find(|entry| entry.id == chosen);
    let entry = entry.ok_or_else(|| Error::field("choice", format!("Choose the {noun}")))?;
    let sealed = request.grant_ref.as_ref().ok_or_else(unknown_request)?;
    let mut grant = waiting_grant::open(&authorization.vault.open(&mut tx, owner, sealed).await?)?;
    grant.captured.extend(entry.values);
    store_requests::mark_completed(&mut tx, owner, request.id, now).await?;
    authorization.vault.shred(&mut tx, owner, sealed).await?;
    tx.commit().await?;
    Ok((request, grant))
}

fn read_choices(request: &AuthorizationRequest) -> Result<Choices> {
    let stored = request.choices.clone().ok_or_else(unknown_request)?;
    serde_json::from_value(stored).map_err(Error::internal)
}
