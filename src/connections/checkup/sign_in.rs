//! The checks of a sign-in: what the server says of it, who answers there, and whether the hub is known.

use url::Url;

use super::{Chart, Check, Doctor, Finding, Fix, Halt, Subject};
use crate::actor::Actor;
use crate::connectors;
use crate::error::{Error, Result};
use crate::oauth::{self, Challenge, Failure, FailureKind, Provider};

/// Failures that are about who answers, not about whether anybody does.
const ABOUT_WHOM: [&str; 3] = ["issuer_mismatch", "resource_mismatch", "mixed"];

impl Doctor<'_> {
    pub(super) async fn sign_in(
        &self,
        chart: &mut Chart<'_>,
        actor: &Actor,
        subject: &Subject,
        url: &Url,
        challenge: Option<&str>,
    ) -> Result<(), Halt> {
        let mut conn = self.system.acquire().await?;
        let known = connectors::provider(&mut conn, actor, subject.connector_id).await?;
        drop(conn);
        let known = known.ok_or(Error::NotFound("sign-in of this connector"))?;
        let said = chart.take(Check::SignIn, Box::pin(self.described(url, challenge))).await?;
        chart.take(Check::Issuer, std::future::ready(issuer(said, &known))).await?;
        chart.take(Check::Client, Box::pin(self.client(actor, subject, known))).await
    }

    /// What the server says of its sign-in; what does not fit together is for the next check.
    async fn described(&self, url: &Url, challenge: Option<&str>) -> Result<Finding<Result<Provider, Failure>>> {
        let challenge = challenge.map(Challenge::parse).unwrap_or_default();
        match oauth::discover(self.egress, url, &challenge).await {
            Ok(provider) => {
                let said = format!("One signs in at {}", provider.host());
                Ok(Finding::passed(Ok(provider), said))
            }
            Err(failure) if ABOUT_WHOM.contains(&failure.class) => {
                Ok(Finding::passed(Err(failure), "It has a description of its sign-in"))
            }
            Err(failure) => Finding::because(failure),
        }
    }

    /// Whether the provider knows the hub.
    pub(super) async fn client(&self, actor: &Actor, subject: &Subject, provider: Provider) -> Result<Finding<()>> {
        let host = provider.host();
        let Err((failure, mend)) = self.refresher.check_client(actor, subject.id, provider).await? else {
            return Ok(Finding::passed((), format!("{host} accepts the hub’s client")));
        };
        match failure.kind {
            FailureKind::InvalidClient => {
                Ok(Finding::failed(failure.message).advise(mend.trim_start_matches(". ")).fix(Fix::ConnectAgain))
            }
            FailureKind::Permanent => Ok(Finding::warned((), format!("That could not be told. {}", failure.message))),
            _ => Finding::because(failure),
        }
    }
}

/// Whether whoever the server names is who was signed in at.
fn issuer(said: Result<Provider, Failure>, known: &Provider) -> Result<Finding<()>> {
    let now = match said {
        Ok(provider) => provider,
        Err(failure) => {
            let words = "Do not sign in there. Ask whoever runs the server";
            return Ok(Finding::because(failure)?.advise(words));
        }
    };
    if now.issuer() == known.issuer() {
        return Ok(Finding::passed((), format!("It is {}, as when you connected", known.issuer())));
    }
    let moved = format!("You signed in at {}, but the server names {} now", known.issuer(), now.issuer());
    Ok(Finding::failed(moved)
        .advise("If whoever runs the server says that this is right, add it again")
        .fix(Fix::AddAgain))
}
