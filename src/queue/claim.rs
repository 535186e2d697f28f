//! Claims jobs: one task in each process takes as many jobs as it has free slots. While it is idle, a job is claimed in
//! the commit that enqueues it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::Histogram;
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::enqueue_request::{EnqueueDecision, EnqueueRequest};
use super::lease::{ActiveRuns, Lease};
use super::run_events::{EventFlusher, RunEvents};
use super::settings::EngineSettings;
use super::store;
use super::store::claim::{Claim, ClaimRequest};
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
    pub(super) runs: ActiveRuns,
    pub(super) flusher: EventFlusher,
    /// The channel to the worker.
    pub(super) leases: mpsc::Sender<Lease>,
    /// Cancelled when the engine stops claiming.
    pub(super) close: CancellationToken,
    /// Locked from a claim until its leases are sent.
    pub(super) cursor: Mutex<LaneCursor>,
    /// Records how long jobs waited for their first run.
    pub(super) wait_seconds: Histogram,
}

/// The position of the last claim of this process in the round robin.
#[derive(Default)]
pub(super) struct LaneCursor {
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
        max_ready: i64,
    ) -> Result<Option<(Vec<EnqueueDecision>, Vec<JobId>)>> {
        let Ok(mut cursor) = self.cursor.try_lock() else { return Ok(None) };
        let wanted = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        let Ok(permits) = self.slots.clone().try_acquire_many_owned(wanted) else { return Ok(None) };
        if self.close.is_cancelled() {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        if !store::claim::lock(&mut tx).await? {
            return Ok(None);
        }
        let decisions = store::enqueue::write(&mut *tx, jobs, max_ready).await?;
        let claims = self.claim(&cursor, &mut tx, jobs.len()).await?;
        tx.commit().await?;
        cursor.advance(&claims, jobs.len());
        let claimed = claims.iter().map(|it| it.job.job_id).collect();
        self.send_leases(claims, permits).await;
        Ok(Some((decisions, claimed)))
    }

    /// Returns `None` if another process is claiming, or this one is stopping.
    async fn try_claim(&self, cursor: &mut LaneCursor, limit: usize) -> Result<Option<Vec<Claim>>> {
        let mut tx = self.db.begin().await?;
        if !store::claim::lock(&mut tx).await? {
            return Ok(None);
        }
        let claims = self.claim(cursor, &mut tx, limit).await?;
        if self.close.is_cancelled() {
            return Ok(None);
        }
        tx.commit().await?;
        cursor.advance(&claims, limit);
        Ok(Some(claims))
    }

    async fn claim(&self, cursor: &LaneCursor, tx: &mut Tx, limit: usize) -> Result<Vec<Claim>> {
        let mut request = ClaimRequest {
            worker: self.worker,
            slots: i64::try_from(limit).unwrap_or(i64::MAX),
            after_lane: cursor.after_lane,
            oldest_lease: cursor.oldest_lease,
            owner_cap: i64::from(self.settings.owner_cap),
            connector_cap: i64::from(self.settings.connector_cap),
            time_limit: self.settings.time_limit,
            now: self.clock.now(),
        };
        let mut claims = store::claim::claim(tx, &request).await?;
        if claims.is_empty() && request.after_lane > 0 {
            request.after_lane = 0;
            claims = store::claim::claim(tx, &request).await?;
        }
        Ok(claims)
    }

    async fn send_leases(&self, claims: Vec<Claim>, mut permits: OwnedSemaphorePermit) {
        for Claim { job, .. } in claims {
            let Some(permit) = permits.split(1) else { break };
            let (slot, stop) = self.runs.insert(&job, permit);
            self.live.notify_job(job.owner_id, job.job_id);
            if job.run_no == 1 {
                self.wait_seconds.record((job.started_at - job.job_id.made_at()).as_seconds_f64().max(0.0));
            }
            let events = RunEvents::new(job.owner_id, job.job_id, job.run_no, self.flusher.clone());
            if self
                .leases
                .send(Lease { job, events, stop, connector_kind: OnceLock::new(), _slot: slot })
                .await
                .is_err()
            {
                tracing::error!(
                    "Failed to send a claimed job to the worker: it has stopped; the job is rescued after its deadline"
                );
            }
        }
    }
}

impl LaneCursor {
    fn advance(&mut self, claims: &[Claim], limit: usize) {
        // fewer claims than free slots: no lane was left waiting, so the next round begins at the first lane
        let was_full = claims.len() >= limit;
        self.after_lane = claims.iter().map(|it| it.lane).max().filter(|_| was_full).unwrap_or(0);
        self.oldest_lease = claims.first().map_or(self.oldest_lease, |it| it.oldest_lease);
    }
}

/// The task that claims.
pub(super) struct Claimer {
    pub(super) claims: Arc<Claims>,
    /// Notified after each run: a lane that was at its cap has room.
    pub(super) run_ended: Arc<Notify>,
}

impl Claimer {
    /// Claims until the engine closes; jobs claimed by then, also by the enqueuer, are still delivered.
    pub(super) async fn run(self) {
        let close = self.claims.close.clone();
        let mut ready = self.claims.live.subscribe_queue();
        while !close.is_cancelled() {
            let Some(permits) = close.run_until_cancelled(self.free_slots()).await.flatten() else { break };
            let pause = match self.claim_once(permits).await {
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
                        None => self.wait_for_jobs(&mut ready).await,
                    }
                })
                .await;
        }
        drop(self.claims.cursor.lock().await);
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
    async fn claim_once(&self, permits: OwnedSemaphorePermit) -> Result<Option<bool>> {
        let mut cursor = self.claims.cursor.lock().await;
        let Some(claims) = self.claims.try_claim(&mut cursor, permits.num_permits()).await? else { return Ok(None) };
        let has_claimed = !claims.is_empty();
        self.claims.send_leases(claims, permits).await;
        Ok(Some(has_claimed))
    }

    /// Waits until a job is ready or, if all ready jobs are at a cap, until a run has ended.
    async fn wait_for_jobs(&self, ready: &mut Subscription) {
        let has_ready = store::job_ready::has_any(self.claims.db.pool()).await.unwrap_or(false);
        let _ = timeout(POLL_INTERVAL, async {
            tokio::select! {
                () = ready.changed() => {}
                () = self.run_ended.notified(), if has_ready => {}
            }
        })
        .await;
    }
}
