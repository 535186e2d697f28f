//! The check of the credential: the service receives the credential, and the hub refreshes it once if the service rejects it.

use url::Url;

use super::{CheckOutcome, CheckupRunner, Remedy, Subject};
use crate::actor::Actor;
use crate::connections::probe::initialize;
use crate::connections::rest_service::RestService;
use crate::connections::status::ConnectionHealth;
use crate::connections::token_refresh::{BearerCredential, CredentialAnswer};
use crate::connectors::AuthKind;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::upstream::InitializeAnswer;

/// A credential that expires within this time and cannot be refreshed gets a warning.
const EXPIRY_WARNING: time::Duration = time::Duration::DAY;

/// The server that receives the credential.
pub(super) enum CredentialTarget<'a> {
    /// An MCP server, which receives the credential when a session is initialized.
    Mcp(&'a Url),
    /// A REST service, which receives the credential in its check call; and the URL of that call.
    Rest(&'a RestService, &'a Url),
}

/// The server's answer to a credential.
enum TargetAnswer {
    Accepted,
    Rejected,
    /// The exchange failed for another reason.
    Failed(CheckOutcome<BearerCredential>),
}

impl CredentialTarget<'_> {
    fn host(&self) -> &str {
        let (Self::Mcp(url) | Self::Rest(_, url)) = self;
        url.host_str().unwrap_or("The service")
    }

    async fn present(&self, egress: &Egress, token: Option<&Secret>) -> Result<TargetAnswer> {
        match self {
            Self::Mcp(url) => match initialize(egress, url, token).await {
                Ok(InitializeAnswer::Answered(_)) => Ok(TargetAnswer::Accepted),
                Ok(InitializeAnswer::AuthRequired(challenge)) if has_insufficient_scope(challenge.as_deref()) => {
                    let outcome = CheckOutcome::failed("The server knows you, but needs you to grant more");
                    Ok(TargetAnswer::Failed(outcome.with_remedy(Remedy::GrantMore)))
                }
                Ok(InitializeAnswer::AuthRequired(_)) => Ok(TargetAnswer::Rejected),
                Err(error) => CheckOutcome::from_error(error).map(TargetAnswer::Failed),
            },
            Self::Rest(service, _) => {
                let service = RestService { credential: token.cloned(), ..(*service).clone() };
                match service.check(egress).await {
                    Ok(()) => Ok(TargetAnswer::Accepted),
                    Err(Error::Upstream { class: "unauthorized", .. }) => Ok(TargetAnswer::Rejected),
                    Err(error) => CheckOutcome::from_error(error).map(TargetAnswer::Failed),
                }
            }
        }
    }
}

fn has_insufficient_scope(challenge: Option<&str>) -> bool {
    challenge.is_some_and(|challenge| challenge.contains("insufficient_scope"))
}

/// Presents the credential. A rejected one is refreshed once, as for a call.
pub(super) async fn check(
    runner: &CheckupRunner<'_>,
    actor: &Actor,
    subject: &Subject,
    target: &CredentialTarget<'_>,
) -> Result<CheckOutcome<BearerCredential>> {
    let first = match runner.refresher.credential(actor, subject.id).await? {
        CredentialAnswer::Ready(bearer) => bearer,
        unavailable => return Ok(no_credential(subject, &unavailable)),
    };
    match target.present(runner.egress, first.token.as_ref()).await? {
        TargetAnswer::Accepted => return accepted(runner, actor, subject, first).await,
        TargetAnswer::Rejected => {}
        TargetAnswer::Failed(outcome) => return Ok(outcome),
    }
    let seen = first.version;
    let rejection = format!("{} did not accept the credential", target.host());
    let newer = match runner.refresher.refresh_after_rejection(actor, subject.id, seen, &rejection).await? {
        CredentialAnswer::Ready(newer) if newer.version != seen => newer,
        CredentialAnswer::Ready(_) => {
            let current = runner.subject(actor, subject.id).await?;
            let reason = current.last_error.map(|error| format!(". {error}")).unwrap_or_default();
            return Ok(CheckOutcome::failed(format!("{rejection}, and there is no newer one{reason}"))
                .with_advice("Check again in a few minutes. If the check still fails, connect again")
                .with_remedy(Remedy::ConnectAgain));
        }
        unavailable => return Ok(no_credential(subject, &unavailable)),
    };
    match target.present(runner.egress, newer.token.as_ref()).await? {
        TargetAnswer::Accepted => {
            Ok(CheckOutcome::passed(newer, "The token was refused, so it was refreshed. The new one is accepted"))
        }
        TargetAnswer::Rejected => {
            let expired =
                runner.refresher.expire_after_second_rejection(actor, subject.id, newer.version, &rejection).await?;
            Ok(no_credential(subject, &expired))
        }
        TargetAnswer::Failed(outcome) => Ok(outcome),
    }
}

/// Describes a credential that the service accepts.
async fn accepted(
    runner: &CheckupRunner<'_>,
    actor: &Actor,
    subject: &Subject,
    bearer: BearerCredential,
) -> Result<CheckOutcome<BearerCredential>> {
    let (current, now) = (runner.subject(actor, subject.id).await?, runner.clock.now());
    if current.health == ConnectionHealth::Degraded {
        let reason = current.last_error.unwrap_or_default();
        let verb = if subject.auth == AuthKind::OAuth { "refreshed" } else { "verified" };
        let message = format!("The credential is accepted, but could not be {verb} lately. {reason}");
        return Ok(CheckOutcome::warned(bearer, message)
            .with_advice("The hub tries again by itself. If this stays so, connect again"));
    }
    if !current.can_be_refreshed && current.expires_at.is_some_and(|end| end - now < EXPIRY_WARNING) {
        let message = "The credential is accepted, but expires within a day and cannot be refreshed";
        return Ok(CheckOutcome::warned(bearer, message).with_remedy(remedy(subject)));
    }
    let refreshed = if bearer.version == subject.version { "" } else { "The token was due, so it was refreshed. " };
    Ok(CheckOutcome::passed(bearer, format!("{refreshed}The credential is accepted")))
}

/// Returns the page on which the owner brings another credential.
fn remedy(subject: &Subject) -> Remedy {
    if subject.auth == AuthKind::OAuth { Remedy::ConnectAgain } else { Remedy::ReplaceToken }
}

/// Describes why there is no credential to present.
fn no_credential(subject: &Subject, credential: &CredentialAnswer) -> CheckOutcome<BearerCredential> {
    match credential {
        CredentialAnswer::ReauthRequired(message) => CheckOutcome::from_message(message.as_str())
            .with_advice("Jobs that wait for this connection go on once it is repaired")
            .with_remedy(remedy(subject)),
        CredentialAnswer::ProviderUnavailable { message, .. } => CheckOutcome::from_message(message.as_str()),
        CredentialAnswer::Ready(_) => {
            CheckOutcome::failed("The credential was replaced meanwhile").with_advice("Check again")
        }
    }
}
