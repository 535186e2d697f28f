//! The check of the credential: the service receives the credential, and the hub refreshes it once if the service rejects it.

use url::Url;

use super::{CheckOutcome, CheckupRunner, Remedy, Subject};
use crate::actor::Actor;
use crate::connections::probe::initialize;
use crate::connections::rest_service::RestService;
use crate::connections::status::ConnectionHealth;
use crate::connections::token_refresh::{
    BearerCredential, CredentialAnswer, CredentialRejection, CredentialedRequest, RequestOutcome,
};
use crate::connectors::AuthKind;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::upstream::{InitializeAnswer, Server};

/// A credential that expires within this time and cannot be refreshed gets a warning.
const EXPIRY_WARNING: time::Duration = time::Duration::DAY;

/// The server that receives the credential.
pub(super) enum CredentialTarget<'a> {
    /// An MCP server, which receives the credential when a session is initialized.
    Mcp(&'a Server),
    /// A REST service, which receives the credential in its check call; and the URL of that call.
    Rest(&'a RestService, &'a Url),
}

impl CredentialTarget<'_> {
    fn host(&self) -> &str {
        let url = match self {
            Self::Mcp(server) => &server.url,
            Self::Rest(_, url) => url,
        };
        url.host_str().unwrap_or("The service")
    }
}

/// The request that shows the credential to the server.
struct CredentialCheck<'a> {
    egress: &'a Egress,
    target: &'a CredentialTarget<'a>,
}

impl CredentialedRequest for CredentialCheck<'_> {
    type Answer = Result<()>;

    fn purpose(&self) -> &'static str {
        "this check"
    }

    async fn send(&mut self, credential: &BearerCredential) -> (Self::Answer, Option<CredentialRejection>) {
        let token = &credential.token;
        let challenge = match self.target {
            CredentialTarget::Mcp(server) => match Box::pin(initialize(self.egress, server, token.as_ref())).await {
                Ok(InitializeAnswer::Answered(_)) => return (Ok(()), None),
                Ok(InitializeAnswer::AuthRequired(challenge)) => challenge,
                Err(error) => return (Err(error), None),
            },
            CredentialTarget::Rest(service, _) => {
                let service = RestService { credential: token.clone(), ..(*service).clone() };
                match service.check(self.egress).await {
                    Err(Error::Upstream { class: "unauthorized", .. }) => None,
                    answer => return (answer, None),
                }
            }
        };
        let message = format!("{} did not accept the credential", self.target.host());
        let rejection = CredentialRejection::new(message.clone(), challenge.as_deref());
        (Err(Error::upstream("unauthorized", message, None)), Some(rejection))
    }
}

/// Presents the credential. A rejected one is refreshed once, as for a call.
pub(super) async fn check(
    runner: &CheckupRunner<'_>,
    actor: &Actor,
    subject: &Subject,
    target: &CredentialTarget<'_>,
) -> Result<CheckOutcome<BearerCredential>> {
    let mut request = CredentialCheck { egress: runner.egress, target };
    match runner.refresher.send(actor, subject.id, &mut request).await? {
        RequestOutcome::Answered { answer: Ok(()), credential, is_second: true } => {
            Ok(CheckOutcome::passed(credential, "The token was refused, so it was refreshed. The new one is accepted"))
        }
        RequestOutcome::Answered { answer: Ok(()), credential, .. } => {
            accepted(runner, actor, subject, credential).await
        }
        RequestOutcome::Answered { answer: Err(error), .. } => CheckOutcome::from_error(error),
        RequestOutcome::NoCredential(reason) => Ok(no_credential(subject, &reason)),
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
        let message = format!("The credential is accepted, but could not be {verb} recently. {reason}");
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
pub(super) fn no_credential<T>(subject: &Subject, credential: &CredentialAnswer) -> CheckOutcome<T> {
    match credential {
        CredentialAnswer::ReauthRequired(message) => CheckOutcome::from_message(message.as_str())
            .with_advice("Jobs that wait for this connection continue when it works again")
            .with_remedy(remedy(subject)),
        CredentialAnswer::ProviderUnavailable { message, .. } => CheckOutcome::from_message(message.as_str()),
        CredentialAnswer::Ready(_) => {
            CheckOutcome::failed("The credential was replaced meanwhile").with_advice("Check again")
        }
    }
}
