//! The checks of an MCP server.

use url::Url;

use super::credential::Gate;
use super::{Chart, Check, Doctor, Finding, Fix, Halt, Subject};
use crate::actor::Actor;
use crate::connections::server::{bounds, initialize};
use crate::connectors::AuthKind;
use crate::egress::{Egress, Handshake, ResolvedTarget};
use crate::error::{Error, Result};
use crate::upstream::{self, InitializeAnswer, Target};

impl Doctor<'_> {
    pub(super) async fn mcp(&self, chart: &mut Chart<'_>, actor: &Actor, subject: &Subject) -> Result<(), Halt> {
        let url = subject.url.as_deref().and_then(|url| Url::parse(url).ok());
        let url = url.ok_or_else(|| Error::Conflict(format!("{} has no server URL", subject.service)))?;
        let target = chart.take(Check::Address, address(self.egress, &url)).await?;
        chart.take(Check::Connection, connection(&target)).await?;
        let challenge = chart.take(Check::Answer, Box::pin(answer(self.egress, subject, &url))).await?;
        let mut token = None;
        if subject.auth == AuthKind::OAuth {
            match self.sign_in(chart, actor, subject, &url, challenge.as_deref()).await {
                // what is granted already may be good for a while
                Ok(()) | Err(Halt::InTheWay) => {}
                Err(ours) => return Err(ours),
            }
        }
        if subject.auth != AuthKind::None {
            token =
                chart.take(Check::Credential, Box::pin(self.credential(actor, subject, &Gate::Mcp(&url)))).await?.token;
            if let Some(token) = &token {
                chart.hide(token);
            }
        }
        if subject.auth == AuthKind::OAuth {
            let now = self.subject(actor, subject.id).await?;
            match chart.take(Check::Permissions, std::future::ready(Ok(permissions(&now)))).await {
                Ok(()) | Err(Halt::InTheWay) => {}
                Err(ours) => return Err(ours),
            }
        }
        chart.take(Check::Call, Box::pin(call(self.egress, &Target::Mcp { url, bearer: token }))).await
    }
}

pub(super) async fn address(egress: &Egress, url: &Url) -> Result<Finding<ResolvedTarget>> {
    let target = match egress.resolve(url).await {
        Ok(target) => target,
        Err(error) => return Finding::because(error),
    };
    let host = target.host();
    let said = match target.addresses() {
        [] => format!("{host} is an address already, so no name has to be looked up"),
        [only] => format!("{host} is at {}", only.ip()),
        several => format!("{host} is at {} addresses", several.len()),
    };
    Ok(Finding::passed(target, said))
}

pub(super) async fn connection(target: &ResolvedTarget) -> Result<Finding<()>> {
    match target.connect().await {
        Ok(Handshake::Encrypted(version)) => {
            Ok(Finding::passed((), format!("{version}, with a certificate for {} that this hub trusts", target.host())))
        }
        Ok(Handshake::Loopback) => Ok(Finding::passed((), "It is not encrypted, but stays within this machine")),
        Ok(Handshake::Plaintext) => {
            Ok(Finding::warned((), "It is not encrypted: others on the way can read what is sent").advise(
                "An administrator has allowed that. If the server has an https address, add it again with that one",
            ))
        }
        Err(error) => Finding::because(error),
    }
}

/// Speaks to the server without a credential; its challenge, if it has one.
async fn answer(egress: &Egress, subject: &Subject, url: &Url) -> Result<Finding<Option<String>>> {
    let asks_nothing = subject.auth == AuthKind::None;
    Ok(match initialize(egress, url, None).await {
        Ok(InitializeAnswer::Public(revision)) => {
            Finding::passed(None, format!("It speaks the revision of {revision:.20}"))
        }
        Ok(InitializeAnswer::AuthRequired(_)) if asks_nothing => {
            Finding::failed("It asks who is calling now, which it did not before")
                .advise("Add the server again, with a sign-in or a token")
                .fix(Fix::AddAgain)
        }
        Ok(InitializeAnswer::AuthRequired(challenge)) => {
            Finding::passed(challenge, "It answers, and asks who is calling, as it should")
        }
        Err(error) => Finding::because(error)?,
    })
}

pub(super) fn permissions(subject: &Subject) -> Finding<()> {
    let missing: Vec<_> = subject.requested.iter().filter(|scope| !subject.granted.contains(scope)).collect();
    match missing.as_slice() {
        [] if subject.requested.is_empty() => Finding::passed((), "The service asks for no permissions"),
        [] => Finding::passed((), "Everything that was asked for is granted"),
        missing => {
            let words = missing.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
            Finding::warned((), format!("Not granted: {words}"))
                .advise("Tools that need it are refused by the service")
                .fix(Fix::GrantMore)
        }
    }
}

/// Asks for the list of tools, which changes nothing.
pub(super) async fn call(egress: &Egress, target: &Target) -> Result<Finding<()>> {
    let found = match upstream::discover(egress, target, bounds()).await {
        Ok(found) => found,
        Err(error) => return Finding::because(error),
    };
    let listed = match found.tools.len() {
        0 => return Ok(Finding::warned((), "It answers, but lists no tools")),
        1 => "It lists 1 tool".to_owned(),
        n => format!("It lists {n} tools"),
    };
    Ok(match found.dropped.len() {
        0 => Finding::passed((), listed),
        1 => Finding::warned((), format!("{listed}, and 1 more that cannot be used")),
        n => Finding::warned((), format!("{listed}, and {n} more that cannot be used")),
    })
}
