//! Maintenance by one elected process: promotes due jobs, rescues lost runs, prunes expired rows.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::rescue::rescue;
use super::run_metrics::RunMetrics;
use super::store;
use crate::clock::Clock;
use crate::db::{self, SystemDb};
use crate::error::Result;
use crate::ids::{JobId, OwnerId, WorkerId};
use crate::live::Live;
use crate::telemetry::table;

/// Due jobs wait no longer than this.
const TICK_INTERVAL: Duration = Duration::from_secs(1);

/// Ticks between two elections and two rescues; a leadership lasts 10 seconds.
const ELECTION_TICKS: u64 = 3;

/// Ticks between two prunings of drained lanes.
const LANE_PRUNE_TICKS: u64 = 15;

/// Ticks between two prunings of expired rows.
const EXPIRED_PRUNE_TICKS: u64 = 300;

/// Ticks between two checks of the partitions. A check is cheap and matters only at the end of a month.
const PARTITION_TICKS: u64 = 3_600;

/// Pause after a failure.
const FAILURE_RETRY_DELAY: Duration = Duration::from_secs(3);

/// Time without rescues after failures. While the database is unavailable no process can send a heartbeat or finish a run:
/// all get the time to do so before their runs are rescued.
const RECOVERY_TIME: Duration = Duration::from_secs(10);

/// Most due jobs in one statement.
const MAX_PROMOTED_JOBS: usize = 5_000;

/// The database as this process has met it.
#[derive(Clone, Copy, Debug, Default)]
enum Recovery {
    #[default]
    Healthy,
    Failing,
    /// Answers since this time.
    Recovering(Instant),
}

impl Recovery {
    /// Says whether all processes have had the time to send a heartbeat.
    fn is_over(self, now: Instant) -> bool {
        match self {
            Self::Healthy => true,
            Self::Failing => false,
            Self::Recovering(since) => now - since >= RECOVERY_TIME,
        }
    }

    fn record_success(&mut self, now: Instant) {
        match self {
            Self::Failing => *self = Self::Recovering(now),
            Self::Recovering(_) if self.is_over(now) => *self = Self::Healthy,
            Self::Recovering(_) | Self::Healthy => {}
        }
    }
}

/// A candidate for the leadership.
pub(super) struct Leader {
    pub(super) db: SystemDb,
    pub(super) live: Live,
    pub(super) clock: Clock,
    pub(super) worker: WorkerId,
    pub(super) metrics: RunMetrics,
}

impl Leader {
    /// Leads, or waits for the leadership, until dropped.
    pub(super) async fn run(self) {
        let mut ticks = interval(TICK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leads = false;
        let mut recovery = Recovery::default();
        let gauge = table::QUEUE_LEADER.gauges().get(&[]).clone();
        for tick in 0_u64.. {
            ticks.tick().await;
            let ticked = self.tick(tick, leads, recovery.is_over(Instant::now())).await;
            leads = matches!(ticked, Ok(true));
            gauge.set(f64::from(u8::from(leads)));
            match ticked {
                Ok(_) => recovery.record_success(Instant::now()),
                Err(error) => {
                    recovery = Recovery::Failing;
                    tracing::warn!(%error, "Failed to maintain the queue; retrying in {} s", FAILURE_RETRY_DELAY.as_secs());
                    sleep(FAILURE_RETRY_DELAY).await;
                }
            }
        }
    }

    /// Does the work that is due at this tick. Returns true if this process leads.
    async fn tick(&self, tick: u64, led: bool, may_rescue: bool) -> Result<bool> {
        let leads = if led && !tick.is_multiple_of(ELECTION_TICKS) {
            true
        } else {
            store::leader::elect(self.db.pool(), self.worker).await?
        };
        if leads {
            self.promote().await?;
            if may_rescue && tick.is_multiple_of(ELECTION_TICKS) {
                self.rescue().await?;
            }
            self.prune(tick).await?;
        }
        Ok(leads)
    }

    async fn promote(&self) -> Result<()> {
        loop {
            let limit = i64::try_from(MAX_PROMOTED_JOBS).unwrap_or(i64::MAX);
            let due = store::job_later::promote_due(self.db.pool(), self.clock.now(), limit).await?;
            self.notify_owners(&due);
            if due.len() < MAX_PROMOTED_JOBS {
                return Ok(());
            }
        }
    }

    async fn rescue(&self) -> Result<()> {
        let rescued = rescue(&self.db, &self.metrics, None, self.clock.now(), rand::random).await?;
        if !rescued.is_empty() {
            tracing::warn!(runs = rescued.len(), "Rescued {} lost runs", rescued.len());
        }
        self.notify_owners(&rescued);
        Ok(())
    }

    async fn prune(&self, tick: u64) -> Result<()> {
        if tick.is_multiple_of(LANE_PRUNE_TICKS) {
            let mut tx = self.db.begin().await?;
            let drained = store::lane::lock_drained(&mut tx).await?;
            store::lane::delete_drained(&mut tx, &drained).await?;
            tx.commit().await?;
        }
        if tick.is_multiple_of(EXPIRED_PRUNE_TICKS) {
            store::idem_key::delete_expired(self.db.pool(), self.clock.now()).await?;
            store::job_cancel::delete_finished(self.db.pool()).await?;
            store::worker::delete_silent(self.db.pool()).await?;
        }
        if tick.is_multiple_of(PARTITION_TICKS) {
            db::ensure_partitions(&self.db, self.clock.now()).await?;
        }
        Ok(())
    }

    fn notify_owners(&self, jobs: &[(OwnerId, JobId)]) {
        if !jobs.is_empty() {
            self.live.notify_queue();
        }
        for (owner, job) in jobs {
            self.live.notify_job(*owner, *job);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{RECOVERY_TIME, Recovery};

    #[test]
    fn rescues_wait_until_the_database_has_answered_for_some_time() {
        let start = Instant::now();
        let mut recovery = Recovery::default();
        recovery.record_success(start);
        assert!(recovery.is_over(start));
        recovery = Recovery::Failing;
        assert!(!recovery.is_over(start + RECOVERY_TIME));
        recovery.record_success(start);
        recovery.record_success(start + RECOVERY_TIME / 2);
        assert!(!recovery.is_over(start + RECOVERY_TIME / 2));
        assert!(recovery.is_over(start + RECOVERY_TIME));
    }
}
