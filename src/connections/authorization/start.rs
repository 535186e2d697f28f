//! Begins sign-ins, and sends users to the provider. Called by the pages that connect a service.

use super::{
    AuthorizationRedirect, AuthorizationService, ProviderChange, clients, provider_change, store_connections,
    store_requests, stored_provider,
};
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::fields::{self, FormValues};
use crate::connections::oauth_clients::{self, OauthClientRecord};
use crate::connections::{label, values_of};
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AuthorizationRequestId, ConnectorId};
use crate::oauth::{self, AuthorizationParams, Pkce, Provider, State};
use crate::vault::NewSecret;

use super::store_requests::{AuthorizationRequest, AuthorizationStatus, NewAuthorizationRequest};

/// The time that a user may take at the provider.
const SIGN_IN_TTL: time::Duration = time::Duration::minutes(10);

/// A reason why an authorization request cannot be used, and the next step.
type Reason = (&'static str, &'static str);

const UNKNOWN: Reason =
    ("You did not start this sign-in here. Nothing was stored", "Start again from the connector’s page");
const USED: Reason = ("This sign-in has already been used", "If the connection is not there, start again");
const EXPIRED: Reason =
    ("This sign-in took longer than ten minutes, so it is no longer valid. Nothing was stored", "Start again");
const OTHER_BROWSER: Reason = (
    "This sign-in was started in another browser, or before you signed in here. Nothing was stored",
    "Start again in this one",
);

/// Returns the error for a callback whose authorization request is unknown.
pub(super) fn unknown_request() -> Error {
    Error::conflict(UNKNOWN.0, UNKNOWN.1)
}

/// The form that begins a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct NewSignIn<'a> {
    /// The label of the connection.
    pub label: &'a str,
    /// The service's fields.
    pub fields: &'a FormValues,
    /// The provider's change, which the user has confirmed.
    pub change: Option<&'a ProviderChange>,
}

/// See [`AuthorizationService::begin`].
pub(super) async fn begin(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    connector: &Connector,
    new: NewSignIn<'_>,
    now: Timestamp,
) -> Result<State> {
    let mut tx = authorization.db.enter(actor).await?;
    let provider = match new.change {
        Some(change) => change.provider.clone(),
        None => stored_provider(&mut tx, actor, connector.id).await?,
    };
    let descriptor = connectors::descriptor(&mut tx, actor, connector.id).await?;
    drop(tx);
    let service_fields = descriptor.map(|it| it.fields).unwrap_or_default();
    let (label, fields) = label::with(label::parse(new.label), fields::validate(&service_fields, new.fields))?;
    let client = match (clients::ensure(authorization, actor, connector, &provider, now).await, new.change) {
        // the form asks for a client of the new provider
        (Err(error @ Error::Invalid(_)), Some(change)) => {
            let mut tx = authorization.db.enter(actor).await?;
            provider_change::store(authorization, &mut tx, actor, connector, change, now).await?;
            tx.commit().await?;
            return Err(error);
        }
        (client, _) => client?,
    };
    let scopes = with_requested_scopes(authorization, actor, connector.id, label, &provider).await?;
    let redirect_uri = authorization.redirect_uri()?;
    let (state, pkce) = (State::new(rand::random()), Pkce::new(rand::random()));
    let (mut tx, owner) = (authorization.db.enter(actor).await?, actor.owner_id());
    if let Some(change) = new.change {
        provider_change::store(authorization, &mut tx, actor, connector, change, now).await?;
    }
    let verifier = NewSecret { purpose: "oauth_transaction.verifier", value: pkce.verifier() };
    let verifier = authorization.vault.seal(&mut tx, owner, verifier, now).await?;
    let request = NewAuthorizationRequest {
        id: AuthorizationRequestId::new(now),
        connector: connector.id,
        label,
        state: &state.hash(),
        verifier: &verifier,
        session: &session.to_string(),
        started_by: actor.user_id(),
        issuer: provider.issuer.as_deref(),
        resource: provider.resource.as_deref(),
        redirect: redirect_uri.as_str(),
        client: client.id,
        entered: serde_json::to_value(&fields.values).map_err(Error::internal)?,
        scopes: &scopes,
        expires_at: now + SIGN_IN_TTL,
    };
    store_requests::insert(&mut tx, owner, &request, now).await?;
    tx.commit().await?;
    Ok(state)
}

/// See [`AuthorizationService::scopes`].
pub(super) async fn scopes(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: ConnectorId,
    label: &str,
) -> Result<Vec<String>> {
    let mut tx = authorization.db.enter(actor).await?;
    let provider = stored_provider(&mut tx, actor, connector).await?;
    drop(tx);
    with_requested_scopes(authorization, actor, connector, label, &provider).await
}

/// Adds the scopes that the connection with this label turned out to need. Those of a further token are requested with it.
async fn with_requested_scopes(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: ConnectorId,
    label: &str,
    provider: &Provider,
) -> Result<Vec<String>> {
    let mut tx = authorization.db.enter(actor).await?;
    let requested = store_connections::requested_scopes(&mut tx, actor.owner_id(), connector, label).await?;
    let requested = requested.unwrap_or_default().into_iter();
    let mut scopes = provider.scopes.clone();
    scopes.extend(requested.filter(|it| !provider.scopes.contains(it) && !provider.is_of_further_token(it)));
    Ok(scopes)
}

/// See [`AuthorizationService::authorization_redirect`].
pub(super) async fn authorization_redirect(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    session: SessionKey,
    state: &State,
    now: Timestamp,
) -> Result<AuthorizationRedirect> {
    let mut tx = authorization.db.enter(actor).await?;
    let request = store_requests::find(&mut tx, actor.owner_id(), &state.hash()).await?;
    let request = request.ok_or_else(unknown_request)?;
    request.check_usable(AuthorizationStatus::Started, session, now)?;
    let connector = connectors::get(&mut tx, actor, request.connector_id).await?;
    let provider = stored_provider(&mut tx, actor, connector.id).await?;
    let pkce = open_verifier(authorization, &mut tx, actor, &request).await?;
    drop(tx);
    let client = client_of_request(authorization, actor, &request, &provider).await?;
    let params = AuthorizationParams {
        client_id: &client.client.id,
        redirect: &authorization.redirect_uri()?,
        scopes: &request.scopes,
        state,
        pkce: &pkce,
    };
    let values = client.complete(values_of(Some(&request.entered)));
    let url = oauth::authorization_url(&provider, &values, params)?;
    Ok(AuthorizationRedirect {
        connector,
        label: request.label,
        host: url.host_str().unwrap_or_default().to_owned(),
        url,
        can_register_again: provider.registration_url.is_some(),
    })
}

/// Opens the PKCE verifier of an authorization request.
pub(super) async fn open_verifier(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    request: &AuthorizationRequest,
) -> Result<Pkce> {
    let sealed = request.code_verifier_ref.as_ref().ok_or_else(|| Error::conflict(USED.0, USED.1))?;
    Ok(Pkce::from_verifier(authorization.vault.open(tx, actor.owner_id(), sealed).await?))
}

/// Returns the client that an authorization request was begun with.
pub(super) async fn client_of_request(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    request: &AuthorizationRequest,
    provider: &Provider,
) -> Result<OauthClientRecord> {
    let mut conn = authorization.system.acquire().await?;
    let owner = actor.owner_id();
    let found =
        oauth_clients::find_for_grant(&mut conn, authorization.vault, owner, request.oauth_client_id, provider).await?;
    found.ok_or_else(|| {
        Error::conflict(
            format!("The hub is no longer registered at {}", provider.host()),
            "Start again from the connector’s page",
        )
    })
}

impl AuthorizationRequest {
    /// Returns an [`Error::Conflict`] unless the request has the expected status, in this session.
    pub(super) fn check_usable(
        &self,
        expected: AuthorizationStatus,
        session: SessionKey,
        now: Timestamp,
    ) -> Result<()> {
        let (text, advice) = if self.session != session.to_string() {
            OTHER_BROWSER
        } else if self.status != expected {
            USED
        } else if now >= self.expires_at {
            EXPIRED
        } else {
            return Ok(());
        };
        Err(Error::conflict(text, advice))
    }
}
