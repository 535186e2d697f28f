//! The sender: passes the mails that are due to the mailer, and stores what became of each.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::backoff::retry_delay;
use super::failure::{FaultKind, SendFailure};
use super::kind::MailFailure;
use super::mailer::{Mailer, OutgoingMail, SEND_TIMEOUT};
use super::outbox::Outbox;
use super::store::{self, ClaimedMail};
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::OwnerId;
use crate::live::Live;
use crate::telemetry::table::MAILS;
use crate::vault::Vault;

/// Mails that one process sends at a time.
const BATCH_SIZE: i64 = 8;

/// Time for an attempt and for storing its outcome. After it, another process may send the mail.
const CLAIM_TTL: Duration = Duration::from_secs(2 * 60);

/// Time for storing that a mail was sent, while the database is away.
const STORE_TIMEOUT: Duration = CLAIM_TTL.saturating_sub(SEND_TIMEOUT);

const STORE_RETRY_DELAY: Duration = Duration::from_millis(500);

/// Delay of all mail after an attempt that no other mail would have survived either.
const SERVER_RETRY_DELAY: Duration = Duration::from_secs(60);

/// Longest time between two searches for due mail, which finds mails whose notification was lost.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(60);

/// Time for the mails that are under way when the process stops.
const LAST_SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for which a failed mail can be looked up by the operator.
const FAILED_RETENTION: time::Duration = time::Duration::days(30);

/// Sends the mails of the outbox; clones share the state of the server.
#[derive(Clone, Debug)]
pub struct MailSender {
    system: SystemDb,
    vault: Vault,
    live: Live,
    mailer: Mailer,
    clock: Clock,
    state: Arc<Mutex<ServerState>>,
}

/// Last known state of the mail server, so that a change of it is logged once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ServerState {
    #[default]
    Working,
    Unavailable,
    Misconfigured,
}

/// The outcome of one attempt.
enum SendOutcome {
    Sent,
    RetryLater(SendFailure),
    Failed(MailFailure, Option<SendFailure>),
}

impl SendOutcome {
    /// Returns the word in the metrics.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::RetryLater(_) => "retry",
            Self::Failed(..) => "failed",
        }
    }

    /// Returns the failure that every other mail would meet too.
    const fn server_failure(&self) -> Option<&SendFailure> {
        match self {
            Self::RetryLater(failure) if failure.is_of_server => Some(failure),
            _ => None,
        }
    }
}

/// Deletes the mails that failed a month ago. Runs daily.
pub async fn purge_failed(system: &SystemDb, now: Timestamp) -> Result<()> {
    Ok(store::delete_failed(system.pool(), now - FAILED_RETENTION).await?)
}

impl MailSender {
    /// Makes the sender of a process.
    #[must_use]
    pub fn new(system: SystemDb, outbox: &Outbox, mailer: Mailer, clock: Clock) -> Self {
        let (vault, live) = (outbox.vault.clone(), outbox.live.clone());
        Self { system, vault, live, mailer, clock, state: Arc::default() }
    }

    /// Sends mails as they become due, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut commits = self.live.subscribe_mail();
        while !stop.is_cancelled() {
            let next_due_at = tokio::select! {
                sent = self.send_due() => sent,
                // a mail that is cut short is sent again when its claim ends
                () = async { stop.cancelled().await; sleep(LAST_SEND_TIMEOUT).await } => return,
            };
            let pause = match next_due_at {
                Ok(Some(at)) => (at - self.clock.now()).try_into().unwrap_or(Duration::ZERO).min(MAX_POLL_INTERVAL),
                Ok(None) => MAX_POLL_INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "Failed to send the mail that is due; retrying in {MAX_POLL_INTERVAL:?}");
                    MAX_POLL_INTERVAL
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = commits.changed() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Sends all mails that are due. Returns the time at which the next one is.
    ///
    /// # Errors
    /// Fails only if the database cannot be asked. A mail that cannot be sent is scheduled for another attempt.
    pub async fn send_due(&self) -> Result<Option<Timestamp>> {
        loop {
            let now = self.clock.now();
            let mut mails = store::claim_due(self.system.pool(), now, now + CLAIM_TTL, BATCH_SIZE).await?;
            if mails.is_empty() {
                return Ok(store::next_due_at(self.system.pool()).await?);
            }
            mails.sort_by_key(|mail| mail.id);
            let outcomes = join_all(mails.iter().map(|mail| self.process(mail))).await;
            let outcomes: Vec<_> = outcomes.into_iter().collect::<Result<_>>()?;
            if outcomes.iter().any(|outcome| outcome.server_failure().is_some()) {
                store::postpone_due(self.system.pool(), now, now + SERVER_RETRY_DELAY).await?;
            }
        }
    }

    async fn process(&self, mail: &ClaimedMail) -> Result<SendOutcome> {
        let outcome = if mail.expires_at <= self.clock.now() {
            SendOutcome::Failed(MailFailure::Expired, None)
        } else {
            self.send(mail).await?
        };
        self.store_outcome(mail, &outcome).await?;
        Ok(outcome)
    }

    async fn send(&self, mail: &ClaimedMail) -> Result<SendOutcome> {
        let mut conn = self.system.acquire().await?;
        let text = match self.vault.open(&mut conn, OwnerId::HUB, &mail.text).await {
            Ok(text) => text,
            Err(Error::Locked(_)) => {
                let cause = "the vault that holds the key of the text is away";
                return Ok(SendOutcome::RetryLater(SendFailure::unavailable(&cause)));
            }
            Err(Error::Internal(error)) => {
                tracing::error!(mail.id = %mail.id, %error, "Failed to open the text of mail {}; retrying later", mail.id);
                return Ok(SendOutcome::RetryLater(SendFailure::of_mail(&"its text could not be opened")));
            }
            // a newer mail has replaced this one since it was claimed, or its key is gone
            Err(Error::NotFound(_)) => return Ok(SendOutcome::Failed(MailFailure::Unreadable, None)),
            Err(error) => return Err(error),
        };
        drop(conn);
        let ClaimedMail { id, recipient: to, subject, created_at, .. } = mail;
        let outgoing = OutgoingMail { id: *id, to, subject, text: &text, created_at: *created_at };
        Ok(match self.mailer.send(&outgoing).await {
            Ok(()) => SendOutcome::Sent,
            Err(failure) if failure.kind == FaultKind::Recipient => {
                SendOutcome::Failed(MailFailure::Refused, Some(failure))
            }
            Err(failure) => SendOutcome::RetryLater(failure),
        })
    }

    /// Stores and logs the outcome of an attempt.
    async fn store_outcome(&self, mail: &ClaimedMail, outcome: &SendOutcome) -> Result<()> {
        let (id, kind) = (mail.id, mail.kind.stored_text());
        MAILS.increment(&[outcome.as_str()]);
        match outcome {
            SendOutcome::Sent => {
                self.delete_sent(mail).await?;
                self.change_state(ServerState::Working, "");
                tracing::debug!(mail.id = %id, mail.kind = kind, "Sent mail {id}");
            }
            SendOutcome::RetryLater(failure) => {
                let delay = retry_delay(mail.attempts.unsigned_abs(), rand::random());
                // the last attempt finds that the mail has expired
                let at = (self.clock.now() + delay).min(mail.expires_at);
                store::reschedule(self.system.pool(), mail, at, &failure.reply).await?;
                self.log_retry(mail, failure, at);
            }
            SendOutcome::Failed(reason, failure) => {
                let reply = failure.as_ref().map(|failure| failure.reply.as_str());
                let mut tx = self.system.begin().await?;
                self.vault.shred(&mut tx, OwnerId::HUB, &mail.text).await?;
                store::mark_failed(&mut tx, mail, *reason, reply, self.clock.now()).await?;
                tx.commit().await?;
                let (reason, reply) = (reason.stored_text(), reply.unwrap_or_default());
                tracing::warn!(mail.id = %id, mail.kind = kind, reply, "Failed to send mail {id}: {reason}; it is not sent again");
            }
        }
        Ok(())
    }

    /// Deletes a mail that was sent. While the database is away, tries until another process may have the mail.
    async fn delete_sent(&self, mail: &ClaimedMail) -> Result<()> {
        let started = Instant::now();
        loop {
            match self.delete(mail).await {
                Err(error) if started.elapsed() < STORE_TIMEOUT => {
                    tracing::warn!(mail.id = %mail.id, %error, "Failed to store that mail {} was sent; retrying", mail.id);
                    sleep(STORE_RETRY_DELAY).await;
                }
                deleted => return deleted,
            }
        }
    }

    async fn delete(&self, mail: &ClaimedMail) -> Result<()> {
        let mut tx = self.system.begin().await?;
        self.vault.shred(&mut tx, OwnerId::HUB, &mail.text).await?;
        store::delete(&mut tx, mail.id).await?;
        Ok(tx.commit().await?)
    }

    fn log_retry(&self, mail: &ClaimedMail, failure: &SendFailure, at: Timestamp) {
        let (id, kind, reply) = (mail.id, mail.kind.stored_text(), &failure.reply);
        match (failure.kind, failure.is_of_server) {
            (FaultKind::Setup, _) => self.change_state(ServerState::Misconfigured, reply),
            (_, true) => self.change_state(ServerState::Unavailable, reply),
            // greylisting refuses the first attempt
            (_, false) if mail.attempts == 1 => {}
            (_, false) => {
                tracing::warn!(mail.id = %id, mail.kind = kind, reply, "Failed to send mail {id}: {reply}; retrying at {at}");
                return;
            }
        }
        tracing::debug!(mail.id = %id, mail.kind = kind, reply, "Failed to send mail {id}: {reply}; retrying at {at}");
    }

    /// Logs the state of the mail server if it has changed.
    fn change_state(&self, state: ServerState, reply: &str) {
        let former = std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state);
        if former == state {
            return;
        }
        match state {
            ServerState::Working => tracing::info!("The mail server accepts mail again"),
            ServerState::Unavailable => {
                tracing::warn!(reply, "Failed to send mail: {reply}; it waits and is retried");
            }
            ServerState::Misconfigured => tracing::error!(
                reply,
                "The mail server refuses the hub: {reply}; mail waits. Check CRAFT_SMTP_URL and the sender's rights"
            ),
        }
    }
}
