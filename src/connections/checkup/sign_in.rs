//! The checks of a sign-in: the server's metadata, the provider that it names, and the hub's OAuth client there.

use url::Url;

use super::{Check, CheckOutcome, CheckRecorder, CheckupRunner, Remedy, Stop, Subject};
use crate::actor::Actor;
use crate::connections::token_refresh::ClientCheck;
use crate::connectors;
use crate::error::{Error, Result};
use crate::oauth::{self, Challenge, Failure, FailureKind, Provider};

/// Failure classes of metadata that exists and names a wrong provider or resource.
const MISMATCH_CLASSES: [&str; 3] = ["issuer_mismatch", "resource_mismatch", "mix_up"];

/// Checks the sign-in of an MCP server.
pub(super) async fn check(
    runner: &CheckupRunner<'_>,
    recorder: &mut CheckRecorder<'_>,
    actor: &Actor,
    subject: &Subject,
    url: &Url,
    challenge: Option<&str>,
) -> Result<(), Stop> {
    let mut conn = runner.system.acquire().await?;
    let stored = connectors::provider(&mut conn, actor, subject.connector_id).await?;
    drop(conn);
    let stored =
        stored.ok_or_else(|| Error::conflict(format!("{} has no sign-in", subject.service), "Add the server again"))?;
    let discovered =
        recorder.run(Check::SignIn, Box::pin(check_metadata(runner, url, challenge, stored.issuer()))).await?;
    recorder.run(Check::Issuer, std::future::ready(check_issuer(discovered, &stored))).await?;
    recorder.run(Check::Client, Box::pin(check_client(runner, actor, subject, stored))).await
}

/// Discovers the server's metadata. A mismatch within the metadata is left to the next check.
async fn check_metadata(
    runner: &CheckupRunner<'_>,
    url: &Url,
    challenge: Option<&str>,
    known_issuer: &str,
) -> Result<CheckOutcome<Result<Provider, Failure>>> {
    let challenge = challenge.map(Challenge::parse).unwrap_or_default();
    match oauth::discover(runner.egress, url, &challenge, Some(known_issuer)).await {
        Ok(provider) => {
            let message = format!("You sign in at {}", provider.host());
            Ok(CheckOutcome::passed(Ok(provider), message))
        }
        Err(failure) if MISMATCH_CLASSES.contains(&failure.class) => {
            Ok(CheckOutcome::passed(Err(failure), "The server describes its sign-in"))
        }
        Err(failure) => CheckOutcome::from_error(failure),
    }
}

/// Checks that the provider accepts the hub's client.
pub(super) async fn check_client(
    runner: &CheckupRunner<'_>,
    actor: &Actor,
    subject: &Subject,
    provider: Provider,
) -> Result<CheckOutcome<()>> {
    let host = provider.host();
    match runner.refresher.check_client(actor, subject.id, provider).await? {
        ClientCheck::Accepted => Ok(CheckOutcome::passed((), format!("{host} accepts the hub’s client"))),
        ClientCheck::Rejected(failure, remedy) => {
            let outcome = CheckOutcome::from_message(failure.message);
            Ok(outcome.with_advice(remedy.sentence()).with_remedy(Remedy::ConnectAgain))
        }
        ClientCheck::Unclear(failure) if failure.kind == FailureKind::Permanent => {
            let message = format!("The check has no clear result. {}", failure.message);
            Ok(CheckOutcome::warned((), message).with_detail(failure.message.detail))
        }
        ClientCheck::Unclear(failure) => CheckOutcome::from_error(failure),
    }
}

/// Checks that the metadata names the provider that the user signed in at.
fn check_issuer(discovered: Result<Provider, Failure>, stored: &Provider) -> Result<CheckOutcome<()>> {
    let current = match discovered {
        Ok(provider) => provider,
        Err(failure) => {
            let advice = "Do not sign in there. Ask the people who run the server";
            return Ok(CheckOutcome::from_error(failure)?.with_advice(advice));
        }
    };
    if current.issuer() == stored.issuer() {
        return Ok(CheckOutcome::passed((), format!("The provider is {}, as when you connected", stored.issuer())));
    }
    let moved = format!("You signed in at {}, but the server names {} now", stored.issuer(), current.issuer());
    Ok(CheckOutcome::failed(moved)
        .with_advice("If the people who run the server say that this is right, connect again")
        .with_remedy(Remedy::ConnectAgain))
}
