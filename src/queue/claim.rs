//! The claimer: one task a process, which takes as many jobs as there are free slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::engine::Settings;
use super::events::{Flusher, Journal};
use super::lease::{Lease, Running};
use super::store::claim::{self as store, Taken, Terms};
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::WorkerId;
use crate::live::{Live, Ticks};

/// Most jobs in one claim.
const LARGEST: usize = 200;

/// Another process is claiming: look again after its commit.
const BUSY: Duration = Duration::from_millis(5);

/// A lost wake-up costs this much; so does a database that is away.
const POLL: Duration = Duration::from_secs(1);

pub(super) struct Claimer {
    pub(super) db: SystemDb,
    pub(super) live: Live,
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    pub(super) worker: WorkerId,
    pub(super) slots: Arc<Semaphore>,
    pub(super) running: Running,
    pub(super) flusher: Flusher,
    /// Told after each ending: a lane that was at its cap has room.
    pub(super) room: Arc<Notify>,
    /// Lane of the last claim; the next one goes on behind it.
    pub(super) after_lane: i64,
    /// Leases with a smaller number are gone.
    pub(super) oldest_lease: i64,
}

impl Claimer {
    /// Claims until `stop`; what was claimed by then is handed over.
    pub(super) async fn run(mut self, leases: mpsc::Sender<Lease>, stop: CancellationToken) {
        let mut ready = self.live.subscribe_queue();
        while !stop.is_cancelled() {
            let Some(permits) = stop.run_until_cancelled(self.free_slots()).await.flatten() else { return };
            let pause = match self.claim(permits.num_permits(), &stop).await {
                Ok(Some(taken)) if !taken.is_empty() => {
                    self.hand_over(taken, permits, &leases).await;
                    continue;
                }
                Ok(Some(_)) => None,
                Ok(None) => Some(BUSY),
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be claimed; trying again");
                    Some(POLL)
                }
            };
            drop(permits);
            stop.run_until_cancelled(async {
                match pause {
                    Some(pause) => sleep(pause).await,
                    None => self.wait(&mut ready).await,
                }
            })
            .await;
        }
    }

    /// Waits for one free slot, and takes the others that are free.
    async fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        let mut permits = self.slots.clone().acquire_owned().await.ok()?;
        let others = self.slots.available_permits().min(LARGEST - 1);
        if let Ok(more) = self.slots.clone().try_acquire_many_owned(u32::try_from(others).unwrap_or(0)) {
            permits.merge(more);
        }
        Some(permits)
    }

    /// None if another process is claiming, or this one is stopping.
    async fn claim(&mut self, most: usize, stop: &CancellationToken) -> Result<Option<Vec<Taken>>> {
        let mut tx = self.db.begin().await?;
        if !store::lock(&mut tx).await? {
            return Ok(None);
        }
        let mut terms = Terms {
            worker: self.worker,
            most: i64::try_from(most).unwrap_or(i64::MAX),
            after_lane: self.after_lane,
            oldest_lease: self.oldest_lease,
            user_cap: i64::from(self.settings.user_cap),
            connector_cap: i64::from(self.settings.connector_cap),
            time_limit: self.settings.time_limit,
            now: self.clock.now(),
        };
        let mut taken = store::claim(&mut tx, &terms).await?;
        if taken.is_empty() && terms.after_lane > 0 {
            terms.after_lane = 0;
            taken = store::claim(&mut tx, &terms).await?;
        }
        if stop.is_cancelled() {
            return Ok(None);
        }
        tx.commit().await?;
        // fewer than there was room for: nobody was left waiting for their turn, so the next round begins anew
        let was_full = taken.len() >= most;
        self.after_lane = taken.iter().map(|it| it.lane).max().filter(|_| was_full).unwrap_or(0);
        self.oldest_lease = taken.first().map_or(self.oldest_lease, |it| it.oldest_lease);
        Ok(Some(taken))
    }

    async fn hand_over(&self, taken: Vec<Taken>, mut permits: OwnedSemaphorePermit, leases: &mpsc::Sender<Lease>) {
        for Taken { claimed, .. } in taken {
            let Some(permit) = permits.split(1) else { break };
            let (slot, stop) = self.running.enter(&claimed, permit);
            self.live.job_changed(claimed.user_id, claimed.job_id);
            let journal = Journal::new(claimed.user_id, claimed.job_id, claimed.run_no, self.flusher.clone());
            if leases.send(Lease { claimed, journal, stop, _slot: slot }).await.is_err() {
                tracing::error!("nobody takes claimed jobs; they end when their time is over");
            }
        }
    }

    /// Until something is ready, or (if all that is ready is at a cap) until something has ended.
    async fn wait(&self, ready: &mut Ticks) {
        let behind = store::any_ready(self.db.pool()).await.unwrap_or(false);
        let _ = timeout(POLL, async {
            tokio::select! {
                () = ready.changed() => {}
                () = self.room.notified(), if behind => {}
            }
        })
        .await;
    }
}
