//! The checks of a REST service: its address, the OAuth client if there is one, and the check call of its file.

use super::credential::{self, CredentialTarget};
use super::mcp::{check_address, check_connection, check_requested_scopes, continue_if_blocked};
use super::{Check, CheckRecorder, CheckupRunner, Stop, Subject, sign_in};
use crate::actor::Actor;
use crate::connections::rest_service::RestService;
use crate::connections::values_of;
use crate::connectors::{self, AuthKind};
use crate::error::Error;
use crate::oauth;

/// Checks a connection to a REST service.
pub(super) async fn check(
    runner: &CheckupRunner<'_>,
    recorder: &mut CheckRecorder<'_>,
    actor: &Actor,
    subject: &Subject,
) -> Result<(), Stop> {
    let mut conn = runner.system.acquire().await?;
    let descriptor = connectors::descriptor(&mut conn, actor, subject.connector_id).await?;
    let provider = connectors::provider(&mut conn, actor, subject.connector_id).await?;
    drop(conn);
    let descriptor = descriptor.ok_or_else(|| {
        Error::conflict(format!("The catalogue no longer has {}", subject.service), "Disconnect this connection")
    })?;
    let values = values_of(subject.captured.as_ref());
    let url = oauth::fill_url_template(&descriptor.check.url, &values).map_err(Error::from)?;
    let target = recorder.run(Check::Address, check_address(runner.egress, &url)).await?;
    recorder.run(Check::Reachability, check_connection(&target)).await?;
    if let Some(provider) = provider.filter(|_| subject.auth == AuthKind::OAuth) {
        let checking = Box::pin(sign_in::check_client(runner, actor, subject, provider));
        // the current token may stay valid for a while
        continue_if_blocked(recorder.run(Check::Client, checking).await)?;
    }
    let service = RestService { descriptor, values, credential: None, application: None };
    let target = CredentialTarget::Rest(&service, &url);
    let checking = Box::pin(credential::check(runner, actor, subject, &target));
    recorder.run(Check::Credential, checking).await?;
    if subject.auth == AuthKind::OAuth {
        let current = runner.subject(actor, subject.id).await?;
        recorder.run(Check::RequestedScopes, std::future::ready(Ok(check_requested_scopes(&current)))).await?;
    }
    Ok(())
}
