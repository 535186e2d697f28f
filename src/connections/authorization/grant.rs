//! Accepts a grant: asks what it covers, and stores it, or lets the user choose first. Called by `callback` and `choice`.

use super::persist::{self, GrantTarget, NewGrant};
use super::store_requests::{self, AuthorizationRequest};
use super::{AuthorizationService, SignInStep, coverage, waiting_grant};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::rest_service::RestService;
use crate::connections::values_of;
use crate::error::{Error, Result};
use crate::oauth::Grant;

/// Stores a grant as the connection with the request's label, or holds it until the user has chosen what it is used for.
pub(super) async fn accept(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    new: NewGrant<'_>,
    mut grant: Grant,
    now: Timestamp,
) -> Result<SignInStep> {
    let request = new.request;
    let target = persist::load_target(authorization, actor, request.connector_id).await?;
    let choices = match find_coverage(authorization, request, &target, &mut grant).await {
        Ok(choices) => choices,
        Err(error) => {
            let class = if let Error::Upstream { class, .. } = &error { class } else { "error" };
            record_failure(authorization, actor, request, class, &error.to_string(), now).await?;
            return Err(error);
        }
    };
    if let Some(choices) = choices {
        waiting_grant::seal_until_chosen(authorization, actor, request, &grant, &choices, now).await?;
        return Ok(SignInStep::AwaitsChoice(Box::new(target.connector)));
    }
    // on the heap: its state is large
    let persisted = Box::pin(persist::persist(authorization, actor, new, target, grant, now)).await;
    if let Ok(Err(conflict)) = &persisted {
        record_failure(authorization, actor, request, conflict.class(), &conflict.message().to_string(), now).await?;
    }
    Ok(SignInStep::Completed(Box::new(persisted?.map_err(Error::from)?)))
}

/// Asks the service what the grant covers, outside of any transaction.
async fn find_coverage(
    authorization: &AuthorizationService<'_>,
    request: &AuthorizationRequest,
    target: &GrantTarget,
    grant: &mut Grant,
) -> Result<Option<coverage::Choices>> {
    let Some(descriptor) = target.descriptor.as_ref().filter(|it| !it.after_token.is_empty()) else { return Ok(None) };
    let mut values = values_of(Some(&request.entered));
    values.extend(grant.captured.clone());
    let (descriptor, credential) = (descriptor.clone(), Some(grant.access.clone()));
    let mut service = RestService { descriptor, values, credential, application: None };
    coverage::resolve(&mut service, &mut grant.captured, authorization.egress).await
}

/// Records that a sign-in failed.
pub(super) async fn record_failure(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    request: &AuthorizationRequest,
    class: &'static str,
    message: &str,
    now: Timestamp,
) -> Result<()> {
    let mut tx = authorization.db.enter(actor).await?;
    store_requests::mark_failed(&mut tx, actor.owner_id(), request.id).await?;
    let connector = request.connector_id;
    let action = Action::ConnectionRefused { connector, class, message: message.to_owned() };
    audit::record(&mut tx, actor, &action, now).await?;
    Ok(tx.commit().await?)
}
