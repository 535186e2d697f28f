//! Changing the master key while the hub runs: a new key goes before the present one, every data key is wrapped anew,
//! and what nothing needs any more is taken out.
//!
//! Each step can be cut short and taken again. Processes that run meanwhile read the keys anew when they meet a data
//! key that a newer one has wrapped, and before they make one.

use super::master::Retired;
use super::{Vault, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{SystemDb, Tx};
use crate::error::{Error, Result};

/// Data keys of one transaction.
const BATCH: i64 = 1_000;

/// What a rotation has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that wraps from now on.
    pub current: String,
    /// Those that nothing needs any more.
    pub former: Vec<String>,
    /// How many data keys were wrapped anew.
    pub rewrapped: u64,
    /// False if the former keys stand in a place that only people can change.
    pub retired: bool,
    /// What people should know of the former keys, or do: sentences.
    pub words: String,
}

impl Vault {
    /// Changes the master key, for `keeper`, who runs the hub. `progress` is told how many data keys are wrapped anew, and
    /// of how many.
    ///
    /// # Errors
    /// [`Error::Refused`] if the source has one key and cannot be written: a sentence that says how to add one.
    pub async fn rotate(
        &self,
        system: &SystemDb,
        keeper: &Actor,
        now: Timestamp,
        progress: impl FnMut(u64, u64),
    ) -> Result<Rotated> {
        // held to the end: two at once would each think that the other's new key is not known
        let mut alone = system.begin().await?;
        if !store::be_the_only_rotation(&mut alone).await? {
            return Err(Error::Conflict(
                "Another change of the master key is under way. Wait until it is done".to_owned(),
            ));
        }
        let rotated = self.rotate_alone(system, (keeper, now), progress).await;
        // however it ended, the next one may begin
        let ended = alone.commit().await;
        let rotated = rotated?;
        ended?;
        Ok(rotated)
    }

    async fn rotate_alone(
        &self,
        system: &SystemDb,
        keeper: (&Actor, Timestamp),
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Rotated> {
        let current = self.0.master.renew(system).await?;
        self.check(system).await?;
        let mut tx = system.begin().await?;
        let total = store::count_behind(&mut tx, &current).await?.unsigned_abs();
        tx.commit().await?;
        let mut rewrapped = 0;
        loop {
            let mut tx = system.begin().await?;
            let some = self.rewrap(&mut tx, &current).await?;
            tx.commit().await?;
            if some == 0 {
                break;
            }
            rewrapped += some;
            progress(rewrapped, total.max(rewrapped));
        }
        let (late, Retired { former, gone, words }) = self.retire(system, keeper, &current).await?;
        Ok(Rotated { current, former, rewrapped: rewrapped + late, retired: gone, words })
    }

    /// Wraps some anew in the caller's transaction, and says how many.
    async fn rewrap(&self, tx: &mut Tx, current: &str) -> Result<u64> {
        let behind = store::behind(tx, current, BATCH).await?;
        let rewrapped = self.0.master.rewrap(current, &behind).await?;
        let (users, wrapped): (Vec<_>, Vec<_>) =
            rewrapped.into_iter().map(|(owner, wrapped)| (owner.uuid(), wrapped)).unzip();
        store::rewrap(tx, current, &users, &wrapped).await?;
        Ok(users.len() as u64)
    }

    /// Lets go of the former keys once nothing needs them; says how many data keys were late.
    async fn retire(&self, system: &SystemDb, keeper: (&Actor, Timestamp), current: &str) -> Result<(u64, Retired)> {
        let mut late = 0;
        loop {
            let mut tx = system.begin().await?;
            store::hold_keys(&mut tx).await?;
            // committed before the key goes: cut short, a rotation leaves a key too many and never one too few
            if store::count_behind(&mut tx, current).await? == 0 {
                let retired = self.0.master.retire(current).await?;
                let action = Action::MasterKeyChanged { current: current.to_owned(), former: retired.former.clone() };
                audit::record(&mut tx, keeper.0, &action, keeper.1).await?;
                tx.commit().await?;
                return Ok((late, retired));
            }
            late += self.rewrap(&mut tx, current).await?;
            tx.commit().await?;
        }
    }
}
