//! The check of what calls present: shown to the service, and renewed once if it is refused.

use url::Url;

use super::{Doctor, Finding, Fix, Subject};
use crate::actor::Actor;
use crate::connections::server::initialize;
use crate::connections::service::Service;
use crate::connections::status::ConnectionHealth;
use crate::connections::token_refresh::{BearerCredential, Credential};
use crate::connectors::AuthKind;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::upstream::InitializeAnswer;

/// A credential that ends within this time and cannot be renewed is worth a warning.
const SOON: time::Duration = time::Duration::DAY;

/// Where a credential is shown.
pub(super) enum Gate<'a> {
    /// At an MCP server, by beginning a conversation.
    Mcp(&'a Url),
    /// At a REST service, by its harmless call; the address is for its host.
    Rest(&'a Service, &'a Url),
}

impl Gate<'_> {
    fn host(&self) -> &str {
        let (Self::Mcp(url) | Self::Rest(_, url)) = self;
        url.host_str().unwrap_or("The service")
    }

    /// Whether the service accepts this; a finding if there is something else in the way.
    async fn accepts(
        &self,
        egress: &Egress,
        token: Option<&Secret>,
    ) -> Result<Result<bool, Finding<BearerCredential>>> {
        match self {
            Self::Mcp(url) => match initialize(egress, url, token).await {
                Ok(InitializeAnswer::Public(_)) => Ok(Ok(true)),
                Ok(InitializeAnswer::AuthRequired(challenge)) if wants_more(challenge.as_deref()) => {
                    Ok(Err(Finding::failed("It knows you, but wants you to grant more").fix(Fix::GrantMore)))
                }
                Ok(InitializeAnswer::AuthRequired(_)) => Ok(Ok(false)),
                Err(error) => Finding::because(error).map(Err),
            },
            Self::Rest(service, _) => {
                let service = Service { credential: token.cloned(), ..(*service).clone() };
                match service.check(egress).await {
                    Ok(()) => Ok(Ok(true)),
                    Err(Error::Upstream { class: "unauthorized", .. }) => Ok(Ok(false)),
                    Err(error) => Finding::because(error).map(Err),
                }
            }
        }
    }
}

fn wants_more(challenge: Option<&str>) -> bool {
    challenge.is_some_and(|challenge| challenge.contains("insufficient_scope"))
}

impl Doctor<'_> {
    /// Presents the credential; one that is refused is renewed once, as for a call.
    pub(super) async fn credential(
        &self,
        actor: &Actor,
        subject: &Subject,
        gate: &Gate<'_>,
    ) -> Result<Finding<BearerCredential>> {
        let first = match self.refresher.credential(actor, subject.id).await? {
            Credential::Ready(presented) => presented,
            nothing => return Ok(without(subject, &nothing)),
        };
        match gate.accepts(self.egress, first.token.as_ref()).await? {
            Ok(true) => return self.accepted(actor, subject, first).await,
            Ok(false) => {}
            Err(failed) => return Ok(failed),
        }
        let seen = first.version;
        let refusal = format!("{} did not accept the credential", gate.host());
        let newer = match self.refresher.refresh_after_rejection(actor, subject.id, seen, &refusal).await? {
            Credential::Ready(newer) if newer.version != seen => newer,
            Credential::Ready(_) => {
                let now = self.subject(actor, subject.id).await?;
                let why = now.last_error.map(|why| format!(". {why}")).unwrap_or_default();
                return Ok(Finding::failed(format!("{refusal}, and no newer one could be had{why}"))
                    .advise("Check again in a few minutes. If it stays so, connect again")
                    .fix(Fix::ConnectAgain));
            }
            nothing => return Ok(without(subject, &nothing)),
        };
        match gate.accepts(self.egress, newer.token.as_ref()).await? {
            Ok(true) => Ok(Finding::passed(newer, "The token was refused, so it was renewed; the new one is accepted")),
            Ok(false) => {
                let over =
                    self.refresher.expire_after_second_rejection(actor, subject.id, newer.version, &refusal).await?;
                Ok(without(subject, &over))
            }
            Err(failed) => Ok(failed),
        }
    }

    /// The service accepts what it was shown.
    async fn accepted(
        &self,
        actor: &Actor,
        subject: &Subject,
        presented: BearerCredential,
    ) -> Result<Finding<BearerCredential>> {
        let (now, clock) = (self.subject(actor, subject.id).await?, self.clock.now());
        if now.health == ConnectionHealth::Degraded {
            let why = now.last_error.unwrap_or_default();
            let what = if subject.auth == AuthKind::OAuth { "renewed" } else { "verified" };
            return Ok(Finding::warned(presented, format!("It is accepted, but could not be {what} lately. {why}"))
                .advise("It is tried again by itself. If it stays so, connect again"));
        }
        if !now.can_be_renewed && now.expires_at.is_some_and(|end| end - clock < SOON) {
            return Ok(Finding::warned(presented, "It is accepted, but ends within a day and cannot be renewed")
                .fix(again(subject)));
        }
        let renewed = if presented.version == subject.version { "" } else { "It was due, so it was renewed. " };
        Ok(Finding::passed(presented, format!("{renewed}It is accepted")))
    }
}

/// Where the owner brings another credential.
fn again(subject: &Subject) -> Fix {
    if subject.auth == AuthKind::OAuth { Fix::ConnectAgain } else { Fix::ReplaceToken }
}

/// There is nothing to present.
fn without(subject: &Subject, credential: &Credential) -> Finding<BearerCredential> {
    match credential {
        Credential::ReauthRequired(message) => Finding::told(message)
            .advise("What waits for this connection goes on once it is mended")
            .fix(again(subject)),
        Credential::ProviderUnavailable { message, .. } => Finding::told(message),
        Credential::Ready(_) => Finding::failed("The credential was replaced meanwhile").advise("Check again"),
    }
}
