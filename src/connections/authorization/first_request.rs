//! The first request after a sign-in: it reads the tools of an MCP server, or shows the token to a REST service. The credential
//! is stored already, so a rejection reaches the connection's state as that of any other request. Called by `persist`.

use super::{AuthorizationService, CompletedSignIn};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::rest_service::RestService;
use crate::connections::token_refresh::RequestOutcome;
use crate::connectors;
use crate::error::{Error, Result};
use crate::upstream::Discovery;

/// Sends the request, and adds its result to the sign-in. An error is logged only: the grant is stored.
pub(super) async fn send(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    signed: &mut CompletedSignIn,
    service: Option<RestService>,
    now: Timestamp,
) {
    let sent = match service {
        // on the heap: the description of a service is large
        Some(service) => Box::pin(check_service(authorization, actor, signed, service)).await,
        None => discover_tools(authorization, actor, signed, now).await,
    };
    if let Err(error) = sent {
        let id = signed.connection;
        tracing::warn!(connection.id = %id, %error, "Failed to call the service of connection {id} after its sign-in; the next call tries");
    }
}

async fn check_service(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    signed: &mut CompletedSignIn,
    service: RestService,
) -> Result<()> {
    let checked = authorization.refresher.check_service(actor, signed.connection, service).await?;
    if let RequestOutcome::NoCredential(reason) = checked {
        signed.rejection = Some(reason.into_reason());
    }
    Ok(())
}

async fn discover_tools(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    signed: &mut CompletedSignIn,
    now: Timestamp,
) -> Result<()> {
    let refresher = authorization.refresher;
    let Some(server) = signed.connector.server() else { return Ok(()) };
    let found = match refresher.list_tools(actor, signed.connection, &server).await? {
        RequestOutcome::Answered { answer, .. } => answer,
        RequestOutcome::NoCredential(reason) => {
            let reason = reason.into_reason();
            signed.rejection = Some(reason.clone());
            Err(Error::upstream("not_connected", reason, None))
        }
    };
    signed.tools = found.as_ref().ok().map(|found| found.tools.len());
    store_tools(authorization, actor, signed, &found, now).await
}

/// Stores the server's tools, or the reason why it did not list them.
async fn store_tools(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    signed: &CompletedSignIn,
    found: &Result<Discovery>,
    now: Timestamp,
) -> Result<()> {
    let connector = signed.connector.id;
    let mut tx = authorization.db.enter(actor).await?;
    match found {
        Ok(found) => {
            connectors::store_tools(&mut tx, actor, connector, found, now).await?;
        }
        Err(error) => {
            if let Error::Internal(cause) = error {
                let error = format!("{cause:#}");
                tracing::error!(connector.id = %connector, error, "Failed to discover the tools of connector {connector}");
            }
            let message = error.to_string();
            connectors::record_discovery_failure(&mut tx, actor, connector, "discovery", &message, now).await?;
        }
    }
    Ok(tx.commit().await?)
}
