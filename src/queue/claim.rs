//! The claimer: one task a process, which takes as many jobs as there are free slots. A job that is handed in while it
//! rests is claimed in the commit that accepts it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::accept::{Accept, Verdict};
use super::engine::Settings;
use super::events::{Flusher, Journal};
use super::lease::{Lease, Running};
use super::store::accept;
use super::store::claim::{self as store, Taken, Terms};
use crate::clock::Clock;
use crate::db::{SystemDb, Tx};
use crate::error::Result;
use crate::ids::{JobId, WorkerId};
use crate::live::{Live, Ticks};

/// Most jobs in one claim.
const LARGEST: usize = 200;

/// Another process is claiming: look again after its commit.
const BUSY: Duration = Duration::from_millis(5);

/// A lost wake-up costs this much; so does a database that is away.
const POLL: Duration = Duration::from_secs(1);

/// The claims of a process: made by its claimer, and by its accepter while the claimer rests.
pub(super) struct Claims {
    pub(super) db: SystemDb,
    pub(super) live: Live,
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    pub(super) worker: WorkerId,
    pub(super) slots: Arc<Semaphore>,
    pub(super) running: Running,
    pub(super) flusher: Flusher,
    /// Where claimed jobs go.
    pub(super) leases: mpsc::Sender<Lease>,
    /// No more claims.
    pub(super) close: CancellationToken,
    /// Held from the claim until what it took is handed over.
    pub(super) turn: Mutex<Turn>,
}

/// Where the last claim of this process stopped.
#[derive(Default)]
pub(super) struct Turn {
    /// Its lane; the next claim goes on behind it.
    after_lane: i64,
    /// Leases with a smaller number are gone.
    oldest_lease: i64,
}

impl Claims {
    /// Accepts `jobs` and claims as many in one commit. None, and nothing is written, unless this process could claim
    /// at once: then they are for the queue.
    pub(super) async fn accept(&self, jobs: &[Accept], most_ready: i64) -> Result<Option<(Vec<Verdict>, Vec<JobId>)>> {
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
        let verdicts = accept::write(&mut *tx, jobs, most_ready).await?;
        let taken = self.claim(&turn, &mut tx, jobs.len()).await?;
        tx.commit().await?;
        turn.moved(&taken, jobs.len());
        let claimed = taken.iter().map(|it| it.claimed.job_id).collect();
        self.hand_over(taken, permits).await;
        Ok(Some((verdicts, claimed)))
    }

    /// None if another process is claiming, or this one is stopping.
    async fn take(&self, turn: &mut Turn, most: usize) -> Result<Option<Vec<Taken>>> {
        let mut tx = self.db.begin().await?;
        if !store::lock(&mut tx).await? {
            return Ok(None);
        }
        let taken = self.claim(turn, &mut tx, most).await?;
        if self.close.is_cancelled() {
            return Ok(None);
        }
        tx.commit().await?;
        turn.moved(&taken, most);
        Ok(Some(taken))
    }

    async fn claim(&self, turn: &Turn, tx: &mut Tx, most: usize) -> Result<Vec<Taken>> {
        let mut terms = Terms {
            worker: self.worker,
            most: i64::try_from(most).unwrap_or(i64::MAX),
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

    async fn hand_over(&self, taken: Vec<Taken>, mut permits: OwnedSemaphorePermit) {
        for Taken { claimed, .. } in taken {
            let Some(permit) = permits.split(1) else { break };
            let (slot, stop) = self.running.enter(&claimed, permit);
            self.live.job_changed(claimed.user_id, claimed.job_id);
            let journal = Journal::new(claimed.user_id, claimed.job_id, claimed.run_no, self.flusher.clone());
            if self.leases.send(Lease { claimed, journal, stop, _slot: slot }).await.is_err() {
                tracing::error!("nobody takes claimed jobs; they end when their time is over");
            }
        }
    }
}

impl Turn {
    fn moved(&mut self, taken: &[Taken], most: usize) {
        // fewer than there was room for: nobody was left waiting for their turn, so the next round begins anew
        let was_full = taken.len() >= most;
        self.after_lane = taken.iter().map(|it| it.lane).max().filter(|_| was_full).unwrap_or(0);
        self.oldest_lease = taken.first().map_or(self.oldest_lease, |it| it.oldest_lease);
    }
}

/// The task.
pub(super) struct Claimer {
    pub(super) claims: Arc<Claims>,
    /// Told after each ending: a lane that was at its cap has room.
    pub(super) room: Arc<Notify>,
}

impl Claimer {
    /// Claims until it is told to close; what was claimed by then, by the accepter too, is handed over.
    pub(super) async fn run(self) {
        let close = self.claims.close.clone();
        let mut ready = self.claims.live.subscribe_queue();
        while !close.is_cancelled() {
            let Some(permits) = close.run_until_cancelled(self.free_slots()).await.flatten() else { break };
            let pause = match self.round(permits).await {
                Ok(Some(true)) => continue,
                Ok(Some(false)) => None,
                Ok(None) => Some(BUSY),
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be claimed; trying again");
                    Some(POLL)
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

    /// Waits for one free slot, and takes the others that are free.
    async fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        let slots = &self.claims.slots;
        let mut permits = slots.clone().acquire_owned().await.ok()?;
        let others = slots.available_permits().min(LARGEST - 1);
        if let Ok(more) = slots.clone().try_acquire_many_owned(u32::try_from(others).unwrap_or(0)) {
            permits.merge(more);
        }
        Some(permits)
    }

    /// Whether there was anything; None if another process is claiming.
    async fn round(&self, permits: OwnedSemaphorePermit) -> Result<Option<bool>> {
        let mut turn = self.claims.turn.lock().await;
        let Some(taken) = self.claims.take(&mut turn, permits.num_permits()).await? else { return Ok(None) };
        let any = !taken.is_empty();
        self.claims.hand_over(taken, permits).await;
        Ok(Some(any))
    }

    /// Until something is ready, or (if all that is ready is at a cap) until something has ended.
    async fn wait(&self, ready: &mut Ticks) {
        let behind = store::any_ready(self.claims.db.pool()).await.unwrap_or(false);
        let _ = timeout(POLL, async {
            tokio::select! {
                () = ready.changed() => {}
                () = self.room.notified(), if behind => {}
            }
        })
        .await;
    }
}
