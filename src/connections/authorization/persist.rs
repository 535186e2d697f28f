//! Stores a grant: tokens, connection, and the jobs that waited, in one transaction. Called by `grant`.

use super::coverage::ENTRY_LABEL;
use super::further_tokens::{self, FurtherToken};
use super::sealing::seal_tokens;
use super::store_connections::{self, GrantedConnection};
use super::store_requests::{self, AuthorizationRequest, SignInResult};
use super::{AuthorizationService, CompletedSignIn, first_request};
use crate::actor::Actor;
use crate::audit::{self, Action, AffectedConnection};
use crate::clock::Timestamp;
use crate::connections::oauth_clients::OauthClientRecord;
use crate::connections::rest_service::{ExternalAccount, RestService};
use crate::connections::retry::retry_while_unavailable;
use crate::connections::values_of;
use crate::connectors::{self, Connector, Descriptor};
use crate::db::Tx;
use crate::error::{Error, Message, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::oauth::{Grant, Provider, TemplateValues};
use crate::queue;
use crate::vault::SecretRef;

/// A grant, and the account that it belongs to.
struct ReceivedGrant<'a> {
    request: &'a AuthorizationRequest,
    provider: &'a Provider,
    client: OauthClientId,
    grant: Grant,
    connector: Connector,
    /// Entered values, and those that came with the grant.
    values: TemplateValues,
    /// The account at a REST service, if the service says it.
    account: Option<ExternalAccount>,
}

impl ReceivedGrant<'_> {
    fn granted_scopes(&self) -> &[String] {
        self.grant.scopes.as_ref().unwrap_or(&self.request.scopes)
    }

    fn missing_scopes(&self) -> Vec<String> {
        let granted = self.granted_scopes();
        self.request.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }

    fn further_tokens(&self) -> Vec<FurtherToken<'_>> {
        FurtherToken::all(self.provider, &self.grant)
    }

    /// Returns the missing scopes of all tokens.
    fn all_missing_scopes(&self) -> Vec<String> {
        let further = self.further_tokens();
        self.missing_scopes().into_iter().chain(further.iter().flat_map(FurtherToken::missing_scopes)).collect()
    }

    /// Says what the provider did not grant; `None` if it granted everything.
    fn missing_in_words(&self) -> Option<String> {
        let missing = self.missing_scopes();
        let first = (!missing.is_empty()).then(|| self.provider.in_words(&missing));
        let further =
            self.further_tokens().into_iter().filter_map(|token| token.missing_in_words()).collect::<Vec<_>>();
        let words: Vec<_> = first.into_iter().chain(further).collect();
        (!words.is_empty()).then(|| format!("Not granted: {}", words.join("; ")))
    }

    fn connection<'a>(
        &'a self,
        access: Option<&'a SecretRef>,
        refresh: Option<&'a SecretRef>,
        now: Timestamp,
    ) -> Result<GrantedConnection<'a>> {
        Ok(GrantedConnection {
            connector: self.connector.id,
            label: &self.request.label,
            access,
            refresh,
            scopes: self.granted_scopes(),
            requested: &self.request.scopes,
            reason: self.missing_in_words(),
            captured: serde_json::to_value(&self.values).map_err(Error::internal)?,
            client: self.client,
            account: self.account.as_ref(),
            expires_at: self.grant.expires_at,
            next_attempt_at: refresh.and_then(|_| self.grant.refresh_at(self.provider, now)),
        })
    }
}

/// A reason why a grant was not stored; the connection is unchanged.
#[derive(Debug)]
pub(super) enum PersistConflict {
    /// The grant belongs to another account than the connection. Holds a message for the user.
    OtherAccount(Message),
    /// Another sign-in created the connection meanwhile, so its account was not compared.
    ConcurrentSignIn,
}

impl PersistConflict {
    /// Returns the class that the audit log records.
    pub(super) const fn class(&self) -> &'static str {
        match self {
            Self::OtherAccount(_) => "another_account",
            Self::ConcurrentSignIn => "concurrent_sign_in",
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            Self::OtherAccount(message) => message.clone(),
            Self::ConcurrentSignIn => {
                Message::from("Another sign-in with this label finished first, so nothing was changed")
                    .with_advice("Start again")
            }
        }
    }
}

impl From<PersistConflict> for Error {
    fn from(conflict: PersistConflict) -> Self {
        Self::Conflict(conflict.message())
    }
}

/// The request of a grant, the provider that issued it, and the client that it was issued to.
#[derive(Clone, Copy)]
pub(super) struct NewGrant<'a> {
    pub(super) request: &'a AuthorizationRequest,
    pub(super) provider: &'a Provider,
    pub(super) client: &'a OauthClientRecord,
}

/// The connector of a grant.
pub(super) struct GrantTarget {
    pub(super) connector: Connector,
    /// Set for a REST service.
    pub(super) descriptor: Option<Descriptor>,
}

/// Reads what a grant is for. Retries as [`persist`] does.
pub(super) async fn load_target(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: ConnectorId,
) -> Result<GrantTarget> {
    retry_while_unavailable(|| async {
        let mut tx = authorization.db.enter(actor).await?;
        let descriptor = connectors::descriptor(&mut tx, actor, connector).await?;
        Ok(GrantTarget { connector: connectors::get(&mut tx, actor, connector).await?, descriptor })
    })
    .await
}

/// Stores a grant as the connection with the request's label. Retries while the database is unavailable: the provider
/// exchanges a code once, so the tokens exist nowhere else.
pub(super) async fn persist(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    new: NewGrant<'_>,
    target: GrantTarget,
    grant: Grant,
    now: Timestamp,
) -> Result<Result<CompletedSignIn, PersistConflict>> {
    let (NewGrant { request, provider, client }, GrantTarget { connector, descriptor }) = (new, target);
    let mut values = values_of(Some(&request.entered));
    values.extend(grant.captured.clone());
    // outside of any transaction, with the token that is not stored yet: the connection must not get another account
    let service = descriptor.map(|descriptor| RestService {
        descriptor,
        values: values.clone(),
        credential: Some(grant.access.clone()),
        application: None,
    });
    let account = further_tokens::find_account(service.as_ref(), &grant, authorization.egress).await;
    // one account can use several sites, each through its own connection
    let account = account.map(|account| match values.get(ENTRY_LABEL) {
        Some(entry) => ExternalAccount { name: format!("{}, {entry}", account.name), ..account },
        None => account,
    });
    let received = ReceivedGrant { request, provider, client: client.id, grant, connector, values, account };
    let mut stored = retry_while_unavailable(|| store(authorization, actor, &received, now)).await?;
    if let Ok(signed) = &mut stored {
        // on the heap: its state is large
        Box::pin(first_request::send(authorization, actor, signed, service, now)).await;
    }
    Ok(stored)
}

/// Stores the grant unless an earlier try did: the answer to a commit can get lost.
async fn store(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    received: &ReceivedGrant<'_>,
    now: Timestamp,
) -> Result<Result<CompletedSignIn, PersistConflict>> {
    let (request, owner) = (received.request, actor.owner_id());
    let mut tx = authorization.db.enter(actor).await?;
    // an earlier try may be about to commit
    store_requests::lock(&mut tx, owner, request.id).await?;
    let result = match store_requests::find_result(&mut tx, owner, request.id).await? {
        Some(result) => result,
        None => match store_connection(authorization, &mut tx, actor, received, now).await? {
            Ok(result) => result,
            Err(conflict) => return Ok(Err(conflict)),
        },
    };
    let released = queue::release_awaiting_reauth(&mut tx, actor, result.connection).await?;
    tx.commit().await?;
    Ok(Ok(CompletedSignIn {
        connector: received.connector.clone(),
        connection: result.connection,
        is_reconnected: result.is_reconnected,
        missing: received.all_missing_scopes(),
        account: received.account.as_ref().map(|it| it.name.clone()),
        tools: None,
        rejection: None,
        released,
    }))
}

async fn store_connection(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    received: &ReceivedGrant<'_>,
    now: Timestamp,
) -> Result<Result<SignInResult, PersistConflict>> {
    let ReceivedGrant { request, connector, account, .. } = received;
    let owner = actor.owner_id();
    let previous = store_connections::find_for_update(tx, owner, connector.id, &request.label).await?;
    if let Some(message) = previous.as_ref().and_then(|it| it.other_account_error(account.as_ref())) {
        return Ok(Err(PersistConflict::OtherAccount(message)));
    }
    let before = previous.as_ref().map_or((None, None), |it| (it.access.as_ref(), it.refresh.as_ref()));
    let tokens = Some((&received.grant.access, received.grant.refresh.as_ref()));
    let (access, refresh) = seal_tokens(authorization, tx, actor, before, tokens, now).await?;
    let granted = received.connection(access.as_ref(), refresh.as_ref(), now)?;
    let new = ConnectionId::new(now);
    let connection = store_connections::upsert(tx, owner, new, &granted, now).await?;
    if previous.is_none() && connection != new {
        return Ok(Err(PersistConflict::ConcurrentSignIn));
    }
    let further = (received.provider, &received.grant);
    further_tokens::store(authorization, tx, actor, connection, further, now).await?;
    let action = match &previous {
        Some(_) => Action::ConnectionReconnected(AffectedConnection { connection, connector: connector.id }),
        None => Action::ConnectionCreated(AffectedConnection { connection, connector: connector.id }),
    };
    audit::record(tx, actor, &action, now).await?;
    store_requests::record_result(tx, owner, request.id, connection).await?;
    Ok(Ok(SignInResult { connection, is_reconnected: previous.is_some() }))
}
