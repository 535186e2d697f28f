//! Stores a grant: tokens, connection, tools, and the jobs that waited, in one transaction.

use super::oauth_clients::OauthClientRecord;
use super::store_connections::{self, GrantedConnection, PreviousAccount};
use super::store_requests::{self, AuthorizationRequest, SignInResult};
use super::{CompletedSignIn, SignIn};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::probe::discover_with_token;
use crate::connections::rest_service::{ExternalAccount, RestService};
use crate::connections::retry::retry_while_unavailable;
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::oauth::{Grant, Provider, TemplateValues};
use crate::queue;
use crate::secret::Secret;
use crate::upstream::Discovery;
use crate::vault::SecretRef;

/// A grant, and what the service says to it.
struct ReceivedGrant<'a> {
    request: &'a AuthorizationRequest,
    provider: &'a Provider,
    client: OauthClientId,
    grant: Grant,
    connector: Connector,
    /// Entered values, and those that came with the grant.
    values: TemplateValues,
    answer: ServiceAnswer,
}

/// The service's answer to the new token.
enum ServiceAnswer {
    /// The tools of an MCP server.
    Tools(Result<Discovery>),
    /// The account at a REST service.
    Account(Option<ExternalAccount>),
}

impl ServiceAnswer {
    const fn account(&self) -> Option<&ExternalAccount> {
        match self {
            Self::Account(account) => account.as_ref(),
            Self::Tools(_) => None,
        }
    }

    fn tool_count(&self) -> Option<usize> {
        match self {
            Self::Tools(Ok(found)) => Some(found.tools.len()),
            _ => None,
        }
    }
}

impl ReceivedGrant<'_> {
    fn granted_scopes(&self) -> &[String] {
        self.grant.scopes.as_ref().unwrap_or(&self.request.scopes)
    }

    fn missing_scopes(&self) -> Vec<String> {
        let granted = self.granted_scopes();
        self.request.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }

    fn connection<'a>(
        &'a self,
        access: &'a SecretRef,
        refresh: Option<&'a SecretRef>,
        now: Timestamp,
    ) -> Result<GrantedConnection<'a>> {
        let missing = self.missing_scopes();
        let not_granted = || format!("Not granted: {}", self.provider.in_words(&missing));
        Ok(GrantedConnection {
            connector: self.connector.id,
            label: &self.request.label,
            access,
            refresh,
            scopes: self.granted_scopes(),
            requested: &self.request.scopes,
            reason: (!missing.is_empty()).then(not_granted),
            captured: serde_json::to_value(&self.values).map_err(Error::internal)?,
            client: self.client,
            account: self.answer.account(),
            expires_at: self.grant.expires_at,
            next_attempt_at: refresh.and_then(|_| self.grant.refresh_at(self.provider, now)),
        })
    }
}

/// Stores a grant as the connection with the sign-in's label. Retries while the database is unavailable: the provider
/// exchanges a code once, so the tokens exist nowhere else.
pub(super) async fn persist(
    sign_in: &SignIn<'_>,
    actor: &Actor,
    request: &AuthorizationRequest,
    provider: &Provider,
    known: &OauthClientRecord,
    grant: Grant,
    now: Timestamp,
) -> Result<CompletedSignIn> {
    let reading = retry_while_unavailable(|| async {
        let mut tx = sign_in.db.as_user(actor).await?;
        let descriptor = connectors::descriptor(&mut tx, actor, request.connector_id).await?;
        Ok((connectors::get(&mut tx, actor, request.connector_id).await?, descriptor))
    });
    let (connector, descriptor) = reading.await?;
    let mut values = values_of(Some(&request.entered));
    values.extend(grant.captured.clone());
    // outside of any transaction, with the token that is not stored yet
    let answer = match descriptor {
        Some(descriptor) => {
            let service = RestService { descriptor, values: values.clone(), credential: Some(grant.access.clone()) };
            ServiceAnswer::Account(service.account(sign_in.egress).await)
        }
        None => ServiceAnswer::Tools(discover_with_token(sign_in.egress, &connector, &grant.access).await),
    };
    let received = ReceivedGrant { request, provider, client: known.id, grant, connector, values, answer };
    retry_while_unavailable(|| store(sign_in, actor, &received, now)).await
}

/// Stores the grant unless an earlier try did: the answer to a commit can get lost.
async fn store(
    sign_in: &SignIn<'_>,
    actor: &Actor,
    received: &ReceivedGrant<'_>,
    now: Timestamp,
) -> Result<CompletedSignIn> {
    let (request, owner) = (received.request, actor.user_id());
    let mut tx = sign_in.db.as_user(actor).await?;
    // an earlier try may be about to commit
    store_requests::lock(&mut tx, owner, request.id).await?;
    let result = match store_requests::find_result(&mut tx, owner, request.id).await? {
        Some(result) => result,
        None => store_connection(sign_in, &mut tx, actor, received, now).await?,
    };
    let released = queue::release_awaiting_reauth(&mut tx, actor, result.connection).await?;
    tx.commit().await?;
    Ok(CompletedSignIn {
        connector: received.connector.clone(),
        connection: result.connection,
        is_renewed: result.is_renewed,
        missing: received.missing_scopes(),
        account: received.answer.account().map(|it| it.name.clone()),
        tools: received.answer.tool_count(),
        released,
    })
}

async fn store_connection(
    sign_in: &SignIn<'_>,
    tx: &mut Tx,
    actor: &Actor,
    received: &ReceivedGrant<'_>,
    now: Timestamp,
) -> Result<SignInResult> {
    let ReceivedGrant { request, connector, answer, .. } = received;
    let owner = actor.user_id();
    let previous = store_connections::find_for_update(tx, owner, connector.id, &request.label).await?;
    if let Some(message) = previous.as_ref().and_then(|it| it.other_account_error(answer.account())) {
        return Err(Error::Conflict(message));
    }
    let (access, refresh) = seal_tokens(sign_in, tx, actor, previous.as_ref(), &received.grant, now).await?;
    let granted = received.connection(&access, refresh.as_ref(), now)?;
    let new = ConnectionId::new(now);
    let connection = store_connections::upsert(tx, owner, new, &granted, now).await?;
    if previous.is_none() && connection != new {
        // the account of that connection was not compared
        let message =
            "Another sign-in with this label ended at the same moment. Nothing was changed by this one. Begin again";
        return Err(Error::Conflict(message.to_owned()));
    }
    let action = match &previous {
        Some(_) => Action::ConnectionReconnected { connection, connector: connector.id },
        None => Action::ConnectionCreated { connection, connector: connector.id },
    };
    audit::record(tx, actor, &action, now).await?;
    if let ServiceAnswer::Tools(found) = answer {
        store_tools(tx, actor, connector.id, found, now).await?;
    }
    store_requests::record_result(tx, owner, request.id, connection).await?;
    Ok(SignInResult { connection, is_renewed: previous.is_some() })
}

/// Seals both tokens in the places of the previous ones.
async fn seal_tokens(
    sign_in: &SignIn<'_>,
    tx: &mut Tx,
    actor: &Actor,
    previous: Option<&PreviousAccount>,
    grant: &Grant,
    now: Timestamp,
) -> Result<(SecretRef, Option<SecretRef>)> {
    let before = previous.and_then(|it| it.access.as_ref());
    let access = upsert_secret(sign_in, tx, actor, before, "connection.access", &grant.access, now).await?;
    let before = previous.and_then(|it| it.refresh.as_ref());
    let refresh = if let Some(refresh) = &grant.refresh {
        Some(upsert_secret(sign_in, tx, actor, before, "connection.refresh", refresh, now).await?)
    } else {
        // a new sign-in is a new grant, which the previous refresh token does not belong to
        if let Some(before) = before {
            sign_in.vault.shred(tx, actor.user_id(), before).await?;
        }
        None
    };
    Ok((access, refresh))
}

/// Replaces a sealed value, or seals a new one.
async fn upsert_secret(
    sign_in: &SignIn<'_>,
    tx: &mut Tx,
    actor: &Actor,
    previous: Option<&SecretRef>,
    purpose: &str,
    value: &Secret,
    now: Timestamp,
) -> Result<SecretRef> {
    match previous {
        Some(previous) => {
            sign_in.vault.replace(tx, actor.user_id(), previous, value, now).await?;
            Ok(previous.clone())
        }
        None => sign_in.vault.seal(tx, actor.user_id(), purpose, value, now).await,
    }
}

/// Stores the server's tools, or why it did not list them. Neither makes the sign-in fail.
async fn store_tools(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    found: &Result<Discovery>,
    now: Timestamp,
) -> Result<()> {
    let error = match found {
        Ok(found) => return connectors::store_tools(tx, actor, connector, &found.tools, now).await.map(drop),
        Err(error) => error,
    };
    if let Error::Internal(cause) = error {
        let error = format!("{cause:#}");
        tracing::error!(connector.id = %connector, error, "Failed to discover the tools of connector {connector}");
    }
    connectors::record_discovery_failure(tx, actor, connector, "discovery", &error.to_string(), now).await
}
