//! A look at each step between the hub and a service, in order: what stands, what does not, and what to do about it.
//!
//! Invariants: nothing at the service changes; the credential is opened and renewed as for a call, by [`TokenRefresher`] under
//! its lease, so that no token is spent twice; a check that depends on one that failed is not made; no text holds a
//! credential.

mod chart;
mod credential;
mod mcp;
mod rest;
mod sign_in;
mod store;

use serde::{Deserialize, Serialize};

use self::chart::{Chart, Finding, Halt};
use self::store::Subject;
use super::token_refresh::TokenRefresher;
use crate::actor::Actor;
use crate::clock::Clock;
use crate::connectors::{AuthKind, Transport};
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::upstream::Target;
use crate::workbench::Workbench;

/// What a check-up works with.
#[derive(Clone, Copy, Debug)]
pub struct Doctor<'a> {
    /// The connection's rows, for its owner.
    pub system: &'a SystemDb,
    /// The way out.
    pub egress: &'a Egress,
    /// Opens credentials, and renews them.
    pub refresher: &'a TokenRefresher,
    /// The built-in tools.
    pub workbench: &'a Workbench,
    /// The time.
    pub clock: &'a Clock,
}

/// What a check-up found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// Every check of the service's kind, in order.
    pub checks: Vec<Step>,
}

/// One check, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was looked at.
    pub check: Check,
    /// What came of it.
    pub result: Verdict,
    /// How long it took; none if it was not made.
    pub took_ms: Option<u64>,
    /// What was found, in sentences.
    pub said: String,
    /// What to do about it, in words.
    pub advice: Option<String>,
    /// What to do about it, where there is a page for that.
    pub fix: Option<Fix>,
}

/// Something that has to stand. The order of the variants is that of a check-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The name has addresses, and this hub may go there.
    Address,
    /// A connection comes about, encrypted where it should be.
    Connection,
    /// Whoever is there speaks the protocol.
    Answer,
    /// The server describes how one signs in.
    SignIn,
    /// Whoever it names is who was signed in at.
    Issuer,
    /// The provider knows the hub.
    Client,
    /// The service accepts what calls present.
    Credential,
    /// What was asked for was granted.
    Permissions,
    /// A call that changes nothing is answered.
    Call,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It stands.
    Passed,
    /// It stands, and there is something to know.
    Warning,
    /// It does not.
    Failed,
    /// A check before it failed.
    NotReached,
}

/// A page on which its owner can mend something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Signing in once more.
    ConnectAgain,
    /// Signing in once more, and granting what is missing.
    GrantMore,
    /// Entering another token.
    ReplaceToken,
    /// Adding the server anew, as it is now.
    AddAgain,
}

impl Check {
    /// What should be so.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Address => "Its address leads to a server",
            Self::Connection => "The connection is a safe one",
            Self::Answer => "The server speaks MCP",
            Self::SignIn => "It says how one signs in",
            Self::Issuer => "You signed in at the right place",
            Self::Client => "The sign-in knows this hub",
            Self::Credential => "It accepts your credential",
            Self::Permissions => "You have granted enough",
            Self::Call => "A harmless call succeeds",
        }
    }
}

/// The checks of a service's kind, in order.
#[must_use]
pub fn plan(transport: Transport, auth: AuthKind) -> &'static [Check] {
    use Check as C;
    match (transport, auth) {
        (Transport::Builtin, _) => &[C::Call],
        // its harmless call is what shows that the credential is accepted
        (Transport::Rest, AuthKind::OAuth) => &[C::Address, C::Connection, C::Client, C::Credential, C::Permissions],
        (Transport::Rest, _) => &[C::Address, C::Connection, C::Credential],
        (_, AuthKind::OAuth) => &[
            C::Address,
            C::Connection,
            C::Answer,
            C::SignIn,
            C::Issuer,
            C::Client,
            C::Credential,
            C::Permissions,
            C::Call,
        ],
        (_, AuthKind::None) => &[C::Address, C::Connection, C::Answer, C::Call],
        _ => &[C::Address, C::Connection, C::Answer, C::Credential, C::Call],
    }
}

impl Checkup {
    /// How many checks came to this.
    #[must_use]
    pub fn count(&self, result: Verdict) -> usize {
        self.checks.iter().filter(|step| step.result == result).count()
    }

    /// The whole in a few words, without a full stop: "1 of 9 checks failed, 7 were not reached".
    #[must_use]
    pub fn tally(&self) -> String {
        let all = self.checks.len();
        let (failed, missed) = (self.count(Verdict::Failed), self.count(Verdict::NotReached));
        let rest = match missed {
            0 => String::new(),
            1 => ", 1 was not reached".to_owned(),
            n => format!(", {n} were not reached"),
        };
        match (failed, self.count(Verdict::Warning)) {
            (0, 0) if all == 1 => "The check passed".to_owned(),
            (0, 0) => format!("All {all} checks passed"),
            (0, 1) if all == 1 => "The check passed with a warning".to_owned(),
            (0, warned) => format!("All {all} checks passed, {warned} with a warning"),
            _ if all == 1 => "The check failed".to_owned(),
            _ => format!("{failed} of {all} checks failed{rest}"),
        }
    }
}

impl Doctor<'_> {
    /// Checks one of the actor's connections, and tells of each check when it is made. What is in the way is a finding;
    /// an error is a fault of the hub's own.
    pub async fn check_up(
        &self,
        actor: &Actor,
        id: ConnectionId,
        tell: &mut (dyn FnMut(&Step) + Send),
    ) -> Result<Checkup> {
        let subject = self.subject(actor, id).await?;
        let mut chart = Chart::new(plan(subject.transport, subject.auth), tell);
        // on the heap, as what each check asks: conversations are large, and many jobs run at once
        let examined = match subject.transport {
            Transport::Builtin => self.builtin(&mut chart).await,
            Transport::Mcp => Box::pin(self.mcp(&mut chart, actor, &subject)).await,
            Transport::Rest => Box::pin(self.rest(&mut chart, actor, &subject)).await,
        };
        match examined {
            Ok(()) | Err(Halt::InTheWay) => Ok(chart.finish()),
            Err(Halt::Ours(error)) => Err(error),
        }
    }

    async fn subject(&self, actor: &Actor, id: ConnectionId) -> Result<Subject> {
        let mut conn = self.system.acquire().await?;
        let subject = store::subject(&mut conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
        if subject.status.is_disconnected() {
            return Err(Error::Conflict("The connection was disconnected, so there is nothing to check".to_owned()));
        }
        Ok(subject)
    }

    async fn builtin(&self, chart: &mut Chart<'_>) -> Result<(), Halt> {
        let target = Target::Workbench(self.workbench.clone());
        chart.take(Check::Call, mcp::call(self.egress, &target)).await
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthKind, Check, Checkup, Step, Transport, Verdict, plan};

    fn checkup(results: &[Verdict]) -> Checkup {
        let step = |result: &Verdict| Step {
            check: Check::Call,
            result: *result,
            took_ms: None,
            said: String::new(),
            advice: None,
            fix: None,
        };
        Checkup { checks: results.iter().map(step).collect() }
    }

    #[test]
    fn a_checkup_is_told_in_a_few_words() {
        use Verdict::{Failed, NotReached, Passed, Warning};
        for (results, words) in [
            (&[Passed][..], "The check passed"),
            (&[Failed], "The check failed"),
            (&[Passed, Passed], "All 2 checks passed"),
            (&[Passed, Warning], "All 2 checks passed, 1 with a warning"),
            (&[Passed, Failed, Passed], "1 of 3 checks failed"),
            (&[Failed, NotReached, NotReached], "1 of 3 checks failed, 2 were not reached"),
            (&[Failed, Warning, NotReached], "1 of 3 checks failed, 1 was not reached"),
        ] {
            assert_eq!(checkup(results).tally(), words);
        }
    }

    #[test]
    fn what_needs_nothing_is_asked_little() {
        assert_eq!(plan(Transport::Builtin, AuthKind::None), [Check::Call]);
        assert_eq!(plan(Transport::Mcp, AuthKind::None).len(), 4);
        assert_eq!(plan(Transport::Mcp, AuthKind::OAuth).len(), 9);
    }
}
