//! The checks of an MCP server.

use url::Url;

use super::credential::{self, CredentialTarget, no_credential};
use super::{Check, CheckOutcome, CheckRecorder, CheckupRunner, Remedy, Stop, Subject, sign_in};
use crate::actor::Actor;
use crate::connections::probe::initialize;
use crate::connections::token_refresh::RequestOutcome;
use crate::connectors::AuthKind;
use crate::egress::{ConnectionSecurity, Egress, ResolvedTarget};
use crate::error::{Error, Result};
use crate::upstream::{Discovery, InitializeAnswer, Server};

/// Checks a connection to an MCP server.
pub(super) async fn check(
    runner: &CheckupRunner<'_>,
    recorder: &mut CheckRecorder<'_>,
    actor: &Actor,
    subject: &Subject,
) -> Result<(), Stop> {
    let egress = runner.egress;
    let server = subject
        .server()
        .ok_or_else(|| Error::conflict(format!("{} has no server URL", subject.service), "Add the server again"))?;
    let url = &server.url;
    let target = recorder.run(Check::Address, check_address(egress, url)).await?;
    recorder.run(Check::Reachability, check_connection(&target)).await?;
    let challenge = recorder.run(Check::McpInitialize, Box::pin(check_initialize(egress, subject, &server))).await?;
    if subject.auth == AuthKind::OAuth {
        let signing_in = sign_in::check(runner, recorder, actor, subject, url, challenge.as_deref()).await;
        // the current token may stay valid for a while
        continue_if_blocked(signing_in)?;
    }
    if subject.auth != AuthKind::None {
        let target = CredentialTarget::Mcp(&server);
        let checking = Box::pin(credential::check(runner, actor, subject, &target));
        if let Some(token) = recorder.run(Check::Credential, checking).await?.token {
            recorder.redact(&token);
        }
    }
    if subject.auth == AuthKind::OAuth {
        let current = runner.subject(actor, subject.id).await?;
        let checked =
            recorder.run(Check::RequestedScopes, std::future::ready(Ok(check_requested_scopes(&current)))).await;
        continue_if_blocked(checked)?;
    }
    recorder.run(Check::Call, Box::pin(check_call(runner, actor, subject, &server))).await
}

/// Continues after a failed check that later checks do not depend on.
pub(super) fn continue_if_blocked(checked: Result<(), Stop>) -> Result<(), Stop> {
    match checked {
        Ok(()) | Err(Stop::Blocked) => Ok(()),
        Err(internal) => Err(internal),
    }
}

pub(super) async fn check_address(egress: &Egress, url: &Url) -> Result<CheckOutcome<ResolvedTarget>> {
    let target = match egress.resolve(url).await {
        Ok(target) => target,
        Err(error) => return CheckOutcome::from_error(error),
    };
    let host = target.host();
    let message = match target.resolved_addresses() {
        [] => format!("{host} is an address already, so no name has to be looked up"),
        [only] => format!("{host} is at {}", only.ip()),
        several => format!("{host} is at {} addresses", several.len()),
    };
    Ok(CheckOutcome::passed(target, message))
}

pub(super) async fn check_connection(target: &ResolvedTarget) -> Result<CheckOutcome<()>> {
    match target.connect().await {
        Ok(ConnectionSecurity::Encrypted(version)) => Ok(CheckOutcome::passed(
            (),
            format!("{version}, with a certificate for {} that this hub trusts", target.host()),
        )),
        Ok(ConnectionSecurity::Loopback) => {
            Ok(CheckOutcome::passed((), "The connection is not encrypted, but stays on this machine"))
        }
        Ok(ConnectionSecurity::Plaintext) => {
            Ok(CheckOutcome::warned((), "The connection is not encrypted: others on the network can read what is sent")
                .with_advice(
                    "An administrator allows this. If the server has an https address, add it again with that one",
                ))
        }
        Err(error) => CheckOutcome::from_error(error),
    }
}

/// Initializes a session without a credential. Returns the server's challenge, if there is one.
async fn check_initialize(egress: &Egress, subject: &Subject, server: &Server) -> Result<CheckOutcome<Option<String>>> {
    let needs_no_credential = subject.auth == AuthKind::None;
    Ok(match initialize(egress, server, None).await {
        Ok(InitializeAnswer::Answered(revision)) => {
            CheckOutcome::passed(None, format!("The server answers in MCP, revision {revision:.20}"))
        }
        Ok(InitializeAnswer::AuthRequired(_)) if needs_no_credential => {
            CheckOutcome::failed("The server requires sign-in now. It did not before")
                .with_advice("Add the server again, with a sign-in or a token")
                .with_remedy(Remedy::AddAgain)
        }
        Ok(InitializeAnswer::AuthRequired(challenge)) => {
            CheckOutcome::passed(challenge, "The server answers and requires sign-in, as it should")
        }
        Err(error) => CheckOutcome::from_error(error)?,
    })
}

pub(super) fn check_requested_scopes(subject: &Subject) -> CheckOutcome<()> {
    let missing: Vec<_> = subject.requested.iter().filter(|scope| !subject.granted.contains(scope)).collect();
    match missing.as_slice() {
        [] if subject.requested.is_empty() => CheckOutcome::passed((), "The hub requests no scopes"),
        [] => CheckOutcome::passed((), "All requested scopes are granted"),
        missing => {
            let missing = missing.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
            CheckOutcome::warned((), format!("Not granted: {missing}"))
                .with_advice("The service refuses tools that need these scopes")
                .with_remedy(Remedy::GrantMore)
        }
    }
}

/// Asks for the list of tools, which changes nothing.
async fn check_call(
    runner: &CheckupRunner<'_>,
    actor: &Actor,
    subject: &Subject,
    server: &Server,
) -> Result<CheckOutcome<()>> {
    match runner.refresher.list_tools(actor, subject.id, server).await? {
        RequestOutcome::Answered { answer, .. } => describe_tools(answer),
        RequestOutcome::NoCredential(reason) => Ok(no_credential(subject, &reason)),
    }
}

/// Describes the answer to a request for the list of tools.
pub(super) fn describe_tools(answer: Result<Discovery>) -> Result<CheckOutcome<()>> {
    let found = match answer {
        Ok(found) => found,
        Err(error) => return CheckOutcome::from_error(error),
    };
    let listed = match found.tools.len() {
        0 => return Ok(CheckOutcome::warned((), "The server answers, but lists no tools")),
        1 => "It lists 1 tool".to_owned(),
        n => format!("It lists {n} tools"),
    };
    Ok(match found.dropped.len() {
        0 => CheckOutcome::passed((), listed),
        1 => CheckOutcome::warned((), format!("{listed}, and 1 more that cannot be used")),
        n => CheckOutcome::warned((), format!("{listed}, and {n} more that cannot be used")),
    })
}
