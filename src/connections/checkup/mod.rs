//! A check-up of a connection: tests each step between the hub and a service in order, and says what to do about a failure.
//!
//! Pages start check-ups as jobs (`jobs::checkup`), which call [`CheckupRunner`]. A check-up is not a gate: no call may depend
//! on its result.
//!
//! Invariants: Nothing at the service changes. The hub's own records may: a check-up can refresh or expire the credential and
//! mark the OAuth client as rejected. [`TokenRefresher`] opens and refreshes the credential under its lease, as for a
//! call, so that no refresh token is spent twice. A check that depends on a failed one is skipped. No text holds a
//! credential.

mod credential;
mod mcp;
mod recorder;
mod rest;
mod sign_in;
mod store_subject;

use serde::{Deserialize, Serialize};

use self::recorder::{CheckOutcome, CheckRecorder, Stop};
use self::store_subject::Subject;
use super::probe::limits;
use super::token_refresh::TokenRefresher;
use crate::actor::Actor;
use crate::clock::Clock;
use crate::connectors::{AuthKind, Transport};
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::upstream::{self, Target};
use crate::workbench::Workbench;

/// Runs check-ups.
#[derive(Clone, Copy, Debug)]
pub struct CheckupRunner<'a> {
    /// The connections of all users.
    pub system: &'a SystemDb,
    /// Reaches services and providers.
    pub egress: &'a Egress,
    /// Opens and refreshes credentials.
    pub refresher: &'a TokenRefresher,
    /// The built-in tools.
    pub workbench: &'a Workbench,
    /// The current time.
    pub clock: &'a Clock,
}

/// The result of a check-up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// Every check of the connector's plan, in order.
    pub checks: Vec<CheckReport>,
}

/// A check and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The check.
    pub check: Check,
    /// The check's result.
    pub result: CheckResult,
    /// Duration in milliseconds; `None` if the check was skipped.
    pub took_ms: Option<u64>,
    /// The finding, in sentences without a last full stop.
    #[serde(rename = "said")]
    pub message: String,
    /// The next step, in words.
    pub advice: Option<String>,
    /// The words of a machine about the cause, which a page folds away. Earlier check-ups have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The next step, if a page offers it.
    #[serde(rename = "fix")]
    pub remedy: Option<Remedy>,
}

/// The checks, in the order of a check-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The host name resolves to addresses that the egress policy allows.
    Address,
    /// A TCP connection succeeds, and the TLS handshake if the URL asks for one.
    #[serde(rename = "connection")]
    Reachability,
    /// The server answers `initialize` of MCP, or asks for a credential.
    #[serde(rename = "answer")]
    McpInitialize,
    /// The server publishes its sign-in metadata.
    SignIn,
    /// The metadata names the provider that the user signed in at.
    Issuer,
    /// The provider accepts the hub's OAuth client.
    Client,
    /// The service accepts the credential.
    Credential,
    /// The provider granted all scopes that the hub requested.
    #[serde(rename = "permissions")]
    RequestedScopes,
    /// A call that changes nothing succeeds.
    Call,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// The check passed.
    Passed,
    /// The check passed, and the user should know something.
    Warning,
    /// The check failed.
    Failed,
    /// An earlier check failed, so this one was skipped.
    #[serde(rename = "not_reached")]
    Skipped,
}

/// A page on which the owner can repair the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Sign in again.
    ConnectAgain,
    /// Sign in again and grant the missing scopes.
    GrantMore,
    /// Enter another token or key.
    ReplaceToken,
    /// Add the server again.
    AddAgain,
}

impl Check {
    /// Returns the statement that the check tests.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Address => "The address is found",
            Self::Reachability => "The hub can connect to the server",
            Self::McpInitialize => "The server answers in MCP",
            Self::SignIn => "The server describes its sign-in",
            Self::Issuer => "You signed in at the right provider",
            Self::Client => "The provider accepts this hub’s client",
            Self::Credential => "The service accepts your credential",
            Self::RequestedScopes => "The service granted every permission",
            Self::Call => "A call works",
        }
    }
}

/// Returns the checks for a kind of connector, in order.
#[must_use]
pub fn plan(transport: Transport, auth: AuthKind) -> &'static [Check] {
    use Check as C;
    match (transport, auth) {
        (Transport::Builtin, _) => &[C::Call],
        // the check call of a REST service tests the credential as well
        (Transport::Rest, AuthKind::OAuth) => {
            &[C::Address, C::Reachability, C::Client, C::Credential, C::RequestedScopes]
        }
        (Transport::Rest, _) => &[C::Address, C::Reachability, C::Credential],
        (_, AuthKind::OAuth) => &[
            C::Address,
            C::Reachability,
            C::McpInitialize,
            C::SignIn,
            C::Issuer,
            C::Client,
            C::Credential,
            C::RequestedScopes,
            C::Call,
        ],
        (_, AuthKind::None) => &[C::Address, C::Reachability, C::McpInitialize, C::Call],
        _ => &[C::Address, C::Reachability, C::McpInitialize, C::Credential, C::Call],
    }
}

impl Checkup {
    /// Counts the checks with this result.
    #[must_use]
    pub fn count(&self, result: CheckResult) -> usize {
        self.checks.iter().filter(|report| report.result == result).count()
    }

    /// Summarises the check-up without a full stop: "1 of 9 checks failed, 7 were not reached".
    #[must_use]
    pub fn tally(&self) -> String {
        let all = self.checks.len();
        let (failed, skipped) = (self.count(CheckResult::Failed), self.count(CheckResult::Skipped));
        let rest = match skipped {
            0 => String::new(),
            1 => ", 1 was not reached".to_owned(),
            n => format!(", {n} were not reached"),
        };
        match (failed, self.count(CheckResult::Warning)) {
            (0, 0) if all == 1 => "The check passed".to_owned(),
            (0, 0) => format!("All {all} checks passed"),
            (0, 1) if all == 1 => "The check passed with a warning".to_owned(),
            (0, warned) => format!("All {all} checks passed, {warned} with a warning"),
            _ if all == 1 => "The check failed".to_owned(),
            _ => format!("{failed} of {all} checks failed{rest}"),
        }
    }
}

impl CheckupRunner<'_> {
    /// Checks one of the actor's connections, and calls `report` after each check.
    ///
    /// # Errors
    /// Faults of the hub. A failure of the service or the network is a result of its check.
    pub async fn check_up(
        &self,
        actor: &Actor,
        id: ConnectionId,
        report: &mut (dyn FnMut(&CheckReport) + Send),
    ) -> Result<Checkup> {
        let subject = self.subject(actor, id).await?;
        let mut recorder = CheckRecorder::new(plan(subject.transport, subject.auth), report);
        // boxed, as each check is: their futures are large, and many jobs run at once
        let checked = match subject.transport {
            Transport::Builtin => Box::pin(self.check_builtin(&mut recorder)).await,
            Transport::Mcp => Box::pin(mcp::check(self, &mut recorder, actor, &subject)).await,
            Transport::Rest => Box::pin(rest::check(self, &mut recorder, actor, &subject)).await,
        };
        match checked {
            Ok(()) | Err(Stop::Blocked) => Ok(recorder.finish()),
            Err(Stop::Internal(error)) => Err(error),
        }
    }

    /// Reads the connection as it is now.
    async fn subject(&self, actor: &Actor, id: ConnectionId) -> Result<Subject> {
        let mut conn = self.system.acquire().await?;
        let subject =
            store_subject::find(&mut conn, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
        if subject.status.is_disconnected() {
            return Err(Error::stale(
                "The connection was disconnected, so there is nothing to check",
                "Connect the service again",
            ));
        }
        Ok(subject)
    }

    async fn check_builtin(&self, recorder: &mut CheckRecorder<'_>) -> Result<(), Stop> {
        let target = Target::Workbench(self.workbench.clone());
        let checking = async { mcp::describe_tools(upstream::discover(self.egress, &target, limits()).await) };
        recorder.run(Check::Call, checking).await
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthKind, Check, CheckReport, CheckResult, Checkup, Transport, plan};

    fn checkup(results: &[CheckResult]) -> Checkup {
        let report = |result: &CheckResult| CheckReport {
            check: Check::Call,
            result: *result,
            took_ms: None,
            message: String::new(),
            advice: None,
            detail: None,
            remedy: None,
        };
        Checkup { checks: results.iter().map(report).collect() }
    }

    #[test]
    fn a_checkup_is_summarised() {
        use CheckResult::{Failed, Passed, Skipped, Warning};
        for (results, summary) in [
            (&[Passed][..], "The check passed"),
            (&[Failed], "The check failed"),
            (&[Passed, Passed], "All 2 checks passed"),
            (&[Passed, Warning], "All 2 checks passed, 1 with a warning"),
            (&[Passed, Failed, Passed], "1 of 3 checks failed"),
            (&[Failed, Skipped, Skipped], "1 of 3 checks failed, 2 were not reached"),
            (&[Failed, Warning, Skipped], "1 of 3 checks failed, 1 was not reached"),
        ] {
            assert_eq!(checkup(results).tally(), summary);
        }
    }

    #[test]
    fn a_service_without_credential_has_a_short_plan() {
        assert_eq!(plan(Transport::Builtin, AuthKind::None), [Check::Call]);
        assert_eq!(plan(Transport::Mcp, AuthKind::None).len(), 4);
        assert_eq!(plan(Transport::Mcp, AuthKind::OAuth).len(), 9);
    }
}
