//! The chores that one process does for all: promote what is due, rescue what is lost, tidy up.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::rescue::rescue;
use super::store::chores as store;
use crate::clock::Clock;
use crate::db::{self, SystemDb};
use crate::error::Result;
use crate::ids::{JobId, UserId, WorkerId};
use crate::live::Live;

/// Due jobs wait no longer than this.
const TICK: Duration = Duration::from_secs(1);

/// The lead is renewed, and lost runs are looked for, every so many ticks; it lasts 10 seconds.
const RENEW: u64 = 3;

/// Drained lanes are dropped every so many ticks.
const LANES: u64 = 15;

/// What has expired is dropped every so many ticks.
const EXPIRED: u64 = 300;

/// Partitions are looked after every so many ticks: many times a day, since only a month's end needs it.
const PARTITIONS: u64 = 3_600;

/// After a failure. When the database was away, all processes fell silent: they get the time to beat again before
/// anybody is taken for dead.
const RECOVER: Duration = Duration::from_secs(10);

/// Most due jobs in one statement.
const LARGEST: usize = 5_000;

pub(super) struct Leader {
    pub(super) db: SystemDb,
    pub(super) live: Live,
    pub(super) clock: Clock,
    pub(super) worker: WorkerId,
}

impl Leader {
    /// Leads, or waits to, until dropped.
    pub(super) async fn run(self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leads = false;
        for tick in 0_u64.. {
            ticks.tick().await;
            match self.tick(tick, leads).await {
                Ok(won) => leads = won,
                Err(error) => {
                    tracing::warn!(%error, "the queue could not be looked after; trying again");
                    leads = false;
                    sleep(RECOVER).await;
                }
            }
        }
    }

    /// Does what is due at this tick; says whether this process leads.
    async fn tick(&self, tick: u64, led: bool) -> Result<bool> {
        let leads =
            if led && !tick.is_multiple_of(RENEW) { true } else { store::lead(self.db.pool(), self.worker).await? };
        if leads {
            self.promote().await?;
            if tick.is_multiple_of(RENEW) {
                self.rescue().await?;
            }
            self.tidy(tick).await?;
        }
        Ok(leads)
    }

    async fn promote(&self) -> Result<()> {
        loop {
            let due =
                store::promote(self.db.pool(), self.clock.now(), i64::try_from(LARGEST).unwrap_or(i64::MAX)).await?;
            self.tell(&due);
            if due.len() < LARGEST {
                return Ok(());
            }
        }
    }

    async fn rescue(&self) -> Result<()> {
        let rescued = rescue(&self.db, None, self.clock.now(), rand::random).await?;
        if !rescued.is_empty() {
            tracing::warn!(runs = rescued.len(), "lost runs were ended");
        }
        self.tell(&rescued);
        Ok(())
    }

    async fn tidy(&self, tick: u64) -> Result<()> {
        if tick.is_multiple_of(LANES) {
            let mut tx = self.db.begin().await?;
            let drained = store::lock_drained_lanes(&mut tx).await?;
            store::drop_lanes(&mut tx, &drained).await?;
            tx.commit().await?;
        }
        if tick.is_multiple_of(EXPIRED) {
            store::drop_keys(self.db.pool(), self.clock.now()).await?;
            store::drop_cancels(self.db.pool()).await?;
            store::drop_workers(self.db.pool()).await?;
        }
        if tick.is_multiple_of(PARTITIONS) {
            db::ensure_partitions(&self.db, self.clock.now()).await?;
        }
        Ok(())
    }

    fn tell(&self, jobs: &[(UserId, JobId)]) {
        if !jobs.is_empty() {
            self.live.wake_queue();
        }
        for (user, job) in jobs {
            self.live.job_changed(*user, *job);
        }
    }
}
