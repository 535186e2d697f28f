//! Claims jobs: one task in each process takes as many jobs as it has free slots. While it is idle, a job is claimed in
//! the commit that enqueues it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::engine::EngineSettings;
use super::enqueue::{EnqueueDecision, EnqueueRequest};
use super::events::{Flusher, Journal};
use super::lease::{Lease, Running};
use super::store::claim::{self as store, Taken, Terms};
use super::store::enqueue;
use crate::clock::Clock;
use crate::db::{SystemDb, Tx};
use crate::error::Result;
use crate::ids::{JobId, WorkerId};
use crate::live::{Live, Subscription};

/// Most jobs in one claim.
const MAX_CLAIMED_JOBS: usize = 200;

/// Delay before the next attempt while another process is claiming.
const CONTENDED_RETRY_DELAY: Duration = Duration::from_millis(5);

/// Longest delay of a claim whose notification was lost, and pause after a failure.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The claims of a process: made by its claimer, and by its enqueuer while the claimer is idle.
pub(super) struct Claims {
    pub(super) db: SystemDb,
    pub(super) live: Live,
    pub(super) clock: Clock,
    pub(super) settings: EngineSettings,
    pub(super) worker: WorkerId,
    pub(super) slots: Arc<Semaphore>,
    pub(super) running: Running,
    pub(super) flusher: Flusher,
    /// The channel to the worker.
    pub(super) leases: mpsc::Sender<Lease>,
    /// Cancelled when the engine stops claiming.
    pub(super) close: CancellationToken,
    /// Locked from a claim until its leases are sent.
    pub(super) turn: Mutex<Turn>,
}

/// The position of the last claim of this process in the round robin.
#[derive(Default)]
pub(super) struct Turn {
    /// The last lane; the next claim begins after it.
    after_lane: i64,
    /// No lease has a smaller number.
    oldest_lease: i64,
}

impl Claims {
    /// Enqueues `jobs` and claims as many jobs in the same commit. Returns `None`, and writes nothing, if this process
    /// cannot claim at once: the caller then enqueues them without a claim.
    pub(super) async fn enqueue(
        &self,
        jobs: &[EnqueueRequest],
        most_ready: i64,
    ) -> Result<Option<(Vec<EnqueueDecision>, Vec<JobId>)>> {
        let Ok(mut turn) = self.turn.try_lock() else { return Ok(None) };
        let wanted = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        let Ok(permits) = self.slots.clone().try_acquire_many_owned(wanted) else { return Ok(None) };
        if self.close.is_cancelled() {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        if !store::lock(&mut tx).await? {
            return Ok(None);
        }
        let decisions = enqueue::write(&mut *tx, jobs, most_ready).await?;
        let taken = self.claim(&turn, &mut tx, jobs.len()).await?;
        tx.commit().await?;
        turn.advance(&taken, jobs.len());
        let claimed = taken.iter().map(|it| it.claimed.job_id).collect();
        self.send_leases(taken, permits).await;
        Ok(Some((decisions, claimed)))
    }

    /// Returns `None` if another process is claiming, or this one is stopping.
    async fn try_claim(&self, turn: &mut Turn, limit: usize) -> Result<Option<Vec<Taken>>> {
        let mut tx = self.db.begin().await?;
        if !store::lock(&mut tx).await? {
            return Ok(None);
        }
        let taken = self.claim(turn, &mut tx, limit).await?;
        if self.close.is_cancelled() {
            return Ok(None);
        }
        tx.commit().await?;
        turn.advance(&taken, limit);
        Ok(Some(taken))
    }

    async fn claim(&self, turn: &Turn, tx: &mut Tx, limit: usize) -> Result<Vec<Taken>> {
        let mut terms = Terms {
            worker: self.worker,
            most: i64::try_from(limit).unwrap_or(i64::MAX),
            after_lane: turn.after_lane,
            oldest_lease: turn.oldest_lease,
            user_cap: i64::from(self.settings.user_cap),
            connector_cap: i64::from(self.settings.connector_cap),
            time_limit: self.settings.time_limit,
            now: self.clock.now(),
        };
        let mut taken = store::claim(tx, &terms).await?;
        if taken.is_empty() && terms.after_lane > 0 {
            terms.after_lane = 0;
            taken = store::claim(tx, &terms).await?;
        }
        Ok(taken)
    }

    async fn send_leases(&self, taken: Vec<Taken>, mut permits: OwnedSemaphorePermit) {
        for Taken { claimed, .. } in taken {
            let Some(permit) = permits.split(1) else { break };
            let (slot, stop) = self.running.enter(&claimed, permit);
            self.live.notify_job(claimed.user_id, claimed.job_id);
            let journal = Journal::new(claimed.user_id, claimed.job_id, claimed.run_no, self.flusher.clone());
            if self.leases.send(Lease { claimed, journal, stop, _slot: slot }).await.is_err() {
                tracing::error!(
                    "Failed to hand a claimed job to the worker: it has stopped; the job is rescued after its deadline"
                );
            }
        }
    }
}

impl Turn {
    fn advance(&mut self, taken: &[Taken], limit: usize) {
        // fewer than there was room for: no lane was left waiting, so the next round begins at the first lane
        let was_full = taken.len() >= limit;
        self.after_lane = taken.iter().map(|it| it.lane).max().filter(|_| was_full).unwrap_or(0);
        self.oldest_lease = taken.first().map_or(self.oldest_lease, |it| it.oldest_lease);
    }
}

/// The task that claims.
pub(super) struct Claimer {
    pub(super) claims: Arc<Claims>,
    /// Notified after each run: a lane that was at its cap has room.
    pub(super) room: Arc<Notify>,
}

impl Claimer {
    /// Claims until the engine closes; jobs claimed by then, also by the enqueuer, are still delivered.
    pub(super) async fn run(self) {
        let close = self.claims.close.clone();
        let mut ready = self.claims.live.subscribe_queue();
        while !close.is_cancelled() {
            let Some(permits) = close.run_until_cancelled(self.free_slots()).await.flatten() else { break };
            let pause = match self.round(permits).await {
                Ok(Some(true)) => continue,
                Ok(Some(false)) => None,
                Ok(None) => Some(CONTENDED_RETRY_DELAY),
                Err(error) => {
                    tracing::warn!(%error, "Failed to claim jobs; retrying in {} s", POLL_INTERVAL.as_secs());
                    Some(POLL_INTERVAL)
                }
            };
            close
                .run_until_cancelled(async {
                    match pause {
                        Some(pause) => sleep(pause).await,
                        None => self.wait(&mut ready).await,
                    }
                })
                .await;
        }
        drop(self.claims.turn.lock().await);
    }

    /// Waits for one free slot, and takes all others that are free.
    async fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        let slots = &self.claims.slots;
        let mut permits = slots.clone().acquire_owned().await.ok()?;
        let others = slots.available_permits().min(MAX_CLAIMED_JOBS - 1);
        if let Ok(more) = slots.clone().try_acquire_many_owned(u32::try_from(others).unwrap_or(0)) {
            permits.merge(more);
        }
        Some(permits)
    }

    /// Claims once. Returns whether any job was ready, or `None` if another process is claiming.
    async fn round(&self, permits: OwnedSemaphorePermit) -> Result<Option<bool>> {
        let mut turn = self.claims.turn.lock().await;
        let Some(taken) = self.claims.try_claim(&mut turn, permits.num_permits()).await? else { return Ok(None) };
        let any = !taken.is_empty();
        self.claims.send_leases(taken, permits).await;
        Ok(Some(any))
    }

    /// Waits until a job is ready or, if all ready jobs are at a cap, until a run has ended.
    async fn wait(&self, ready: &mut Subscription) {
        let has_ready = store::any_ready(self.claims.db.pool()).await.unwrap_or(false);
        let _ = timeout(POLL_INTERVAL, async {
            tokio::select! {
                () = ready.changed() => {}
                () = self.room.notified(), if has_ready => {}
            }
        })
        .await;
    }
}
