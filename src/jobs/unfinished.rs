//! The unfinished jobs of an owner, which pages show before the finished ones, and the numbers of the views of the list.

use sqlx::PgConnection;

use super::store_counts::{self, UnfinishedKeys};
use super::store_rows::JobRow;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::JobId;

/// Most unfinished jobs that stand before the finished ones.
pub const MAX_PINNED: usize = 20;

/// The limit of a statement that reads [`MAX_PINNED`] jobs: the last row shows that there are more.
pub(super) const PINNED_LIMIT: i64 = 21;

/// Most jobs that a view counts one by one.
pub const MAX_COUNTED: usize = 99;

/// The limit of a count up to [`MAX_COUNTED`]: the last key shows that there are more.
const COUNT_LIMIT: i64 = 100;

/// Numbers of an owner's jobs, for the views of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Jobs that run; counted up to [`MAX_COUNTED`] and one.
    pub running: usize,
    /// Jobs that wait for their owner; counted likewise.
    pub needs_owner: usize,
    /// Jobs that wait for a worker or for a time; counted likewise.
    pub waiting: usize,
    /// Jobs that failed or ended as unknown in the asked time.
    pub failed: u64,
}

impl From<&UnfinishedKeys> for JobCounts {
    fn from(keys: &UnfinishedKeys) -> Self {
        Self {
            running: keys.running.len(),
            needs_owner: keys.needs_owner.len(),
            waiting: keys.waiting.len(),
            failed: keys.failed.unsigned_abs(),
        }
    }
}

/// Returns the numbers of the actor's jobs, in the caller's transaction. Failures count from `since` on.
pub async fn count(conn: &mut PgConnection, actor: &Actor, since: Timestamp) -> Result<JobCounts> {
    Ok(JobCounts::from(&read_keys(conn, actor, since).await?))
}

pub(super) async fn read_keys(conn: &mut PgConnection, actor: &Actor, since: Timestamp) -> Result<UnfinishedKeys> {
    Ok(store_counts::unfinished_keys(conn, actor.owner_id(), since, COUNT_LIMIT).await?)
}

/// The unfinished jobs that stand before the finished ones.
#[derive(Clone, Debug, Default)]
pub struct PinnedJobs {
    /// At most [`MAX_PINNED`], newest first.
    pub rows: Vec<JobRow>,
    /// True if further jobs run or wait.
    pub has_more: bool,
}

impl UnfinishedKeys {
    /// Returns the keys to pin, those of running jobs first, and whether there are more.
    pub(super) fn choose_pinned(&self) -> (Vec<JobId>, bool) {
        (self.in_order().take(MAX_PINNED).collect(), self.in_order().nth(MAX_PINNED).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNT_LIMIT, MAX_COUNTED, MAX_PINNED, PINNED_LIMIT, UnfinishedKeys};
    use uuid::Uuid;

    #[test]
    fn running_jobs_are_pinned_before_waiting_ones() {
        let ids = |n: usize| vec![Uuid::nil(); n];
        let keys = UnfinishedKeys { running: ids(2), needs_owner: ids(1), waiting: ids(MAX_PINNED), failed: 0 };
        let (pinned, has_more) = keys.choose_pinned();
        assert_eq!((pinned.len(), has_more), (MAX_PINNED, true));
        let few = UnfinishedKeys { waiting: ids(MAX_PINNED - 3), ..keys };
        assert!(!few.choose_pinned().1);
        assert_eq!(usize::try_from(COUNT_LIMIT).unwrap(), MAX_COUNTED + 1);
        assert_eq!(usize::try_from(PINNED_LIMIT).unwrap(), MAX_PINNED + 1);
    }
}
