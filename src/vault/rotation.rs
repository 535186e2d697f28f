//! Rotation of the master key while the hub runs: adds a new key, rewraps all data keys, and removes the former keys.
//!
//! Each step can be interrupted and repeated. Other processes read the keys again when they meet a data key that a newer
//! master key has wrapped, and before they create a data key.

use super::wrapping::RetiredKeys;
use super::{Vault, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{SystemDb, Tx};
use crate::error::{Error, Result};

/// Data keys that one transaction rewraps.
const REWRAP_BATCH_SIZE: i64 = 1_000;

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationReport {
    /// Id of the key that wraps from now on.
    pub current: String,
    /// Ids of the former keys, which no data key needs.
    pub former: Vec<String>,
    /// Number of rewrapped data keys.
    pub rewrapped: u64,
    /// True if the former keys were removed from their source; otherwise the operator has to remove them.
    pub is_former_removed: bool,
    /// Sentences for the operator about the former keys.
    pub advice: String,
}

impl Vault {
    /// Rotates the master key for `operator`. `progress` receives the number of rewrapped data keys and their total.
    ///
    /// # Errors
    /// Returns [`Error::Refused`] if the source has one key and cannot be written; the sentence says how to add a key.
    pub async fn rotate(
        &self,
        system: &SystemDb,
        operator: &Actor,
        now: Timestamp,
        progress: impl FnMut(u64, u64),
    ) -> Result<RotationReport> {
        // the lock lasts until the end: of two concurrent rotations, each would find the other's new key unknown
        let mut lock = system.begin().await?;
        if !store::try_lock_rotation(&mut lock).await? {
            return Err(Error::conflict("Another change of the master key is under way", "Wait until it is done"));
        }
        let report = self.rotate_locked(system, operator, now, progress).await;
        // the lock is released after a failure too
        let released = lock.commit().await;
        let report = report?;
        released?;
        Ok(report)
    }

    async fn rotate_locked(
        &self,
        system: &SystemDb,
        operator: &Actor,
        now: Timestamp,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<RotationReport> {
        let current = self.0.master.rotate(system).await?;
        self.check(system).await?;
        let mut tx = system.begin().await?;
        let total = store::count_outdated_keys(&mut tx, &current).await?.unsigned_abs();
        tx.commit().await?;
        let mut rewrapped = 0;
        loop {
            let mut tx = system.begin().await?;
            let count = self.rewrap(&mut tx, &current).await?;
            tx.commit().await?;
            if count == 0 {
                break;
            }
            rewrapped += count;
            progress(rewrapped, total.max(rewrapped));
        }
        let (late, retired) = self.retire(system, operator, now, &current).await?;
        let RetiredKeys { ids, is_removed, advice } = retired;
        let rewrapped = rewrapped + late;
        Ok(RotationReport { current, former: ids, rewrapped, is_former_removed: is_removed, advice })
    }

    /// Rewraps a batch in the caller's transaction. Returns the number of data keys.
    async fn rewrap(&self, tx: &mut Tx, current: &str) -> Result<u64> {
        let outdated = store::lock_outdated_keys(tx, current, REWRAP_BATCH_SIZE).await?;
        let rewrapped = self.0.master.rewrap(current, &outdated).await?;
        let (users, wrapped): (Vec<_>, Vec<_>) =
            rewrapped.into_iter().map(|(owner, wrapped)| (owner.uuid(), wrapped)).unzip();
        store::update_wrapped_keys(tx, current, &users, &wrapped).await?;
        Ok(users.len() as u64)
    }

    /// Removes the former keys as soon as no data key needs them. Also returns the number of data keys that it still had to rewrap.
    async fn retire(
        &self,
        system: &SystemDb,
        operator: &Actor,
        now: Timestamp,
        current: &str,
    ) -> Result<(u64, RetiredKeys)> {
        let mut late = 0;
        loop {
            let mut tx = system.begin().await?;
            store::lock_keys_exclusive(&mut tx).await?;
            // the rewrapped keys are committed before the former key is removed: an interruption leaves too many keys
            if store::count_outdated_keys(&mut tx, current).await? == 0 {
                let retired = self.0.master.retire(current).await?;
                let action = Action::MasterKeyChanged { current: current.to_owned(), former: retired.ids.clone() };
                audit::record(&mut tx, operator, &action, now).await?;
                tx.commit().await?;
                return Ok((late, retired));
            }
            late += self.rewrap(&mut tx, current).await?;
            tx.commit().await?;
        }
    }
}
