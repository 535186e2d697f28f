//! Changing the master key while the hub runs: a new key goes before the present one, every data key is wrapped anew,
//! and what nothing needs any more is taken out.
//!
//! Each step can be cut short and taken again. Processes that run meanwhile read the keys anew when they meet a data
//! key that a newer one has wrapped, and before they make one.

use anyhow::Context;

use super::envelope::SealingKey;
use super::{Vault, key_place, store};
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
}

impl Vault {
    /// Changes the master key. `progress` is told how many data keys are wrapped anew, and of how many.
    ///
    /// # Errors
    /// [`Error::Refused`] if the source has one key and cannot be written: a sentence that says how to add one.
    pub async fn rotate(&self, system: &SystemDb, mut progress: impl FnMut(u64, u64)) -> Result<Rotated> {
        // held to the end: two at once would each think that the other's new key is not known
        let mut alone = system.begin().await?;
        if !store::be_the_only_rotation(&mut alone).await? {
            return Err(Error::Conflict(
                "Another change of the master key is under way. Wait until it is done".to_owned(),
            ));
        }
        self.add_key().await?;
        self.check(system).await?;
        let mut tx = system.begin().await?;
        let total = store::count_behind(&mut tx, &self.keys().current().id()).await?.unsigned_abs();
        tx.commit().await?;
        let mut rewrapped = 0;
        loop {
            let mut tx = system.begin().await?;
            let some = self.rewrap(&mut tx).await?;
            tx.commit().await?;
            if some == 0 {
                break;
            }
            rewrapped += some;
            progress(rewrapped, total.max(rewrapped));
        }
        let (rest, retired) = self.retire(system).await?;
        let keys = self.keys();
        let former = keys.former().iter().map(SealingKey::id).collect();
        if retired {
            self.keys_anew().await?;
        }
        alone.commit().await?;
        Ok(Rotated { current: keys.current().id(), former, rewrapped: rewrapped + rest, retired })
    }

    /// Puts a new key before the present one, unless that was done before.
    async fn add_key(&self) -> Result<()> {
        let keys = self.keys_anew().await?;
        if !keys.former().is_empty() {
            return Ok(());
        }
        if !self.0.source.write(&keys.behind(SealingKey::random()))? {
            return Err(Error::Refused(
                "The master key comes from a place that this command cannot change. Make a new key (openssl rand -hex \
                 32), put it before the present one with a comma between them, restart the hub with both, and run this \
                 again."
                    .to_owned(),
            ));
        }
        self.keys_anew().await?;
        Ok(())
    }

    /// Wraps some anew in the caller's transaction, and says how many.
    async fn rewrap(&self, tx: &mut Tx) -> Result<u64> {
        let keys = self.keys();
        let current = keys.current();
        let behind = store::behind(tx, &current.id(), BATCH).await?;
        let mut wrapped = Vec::with_capacity(behind.len());
        for key in &behind {
            let data_key = self.unwrap(key.user_id, &key.wrapped).await?;
            let anew = current.seal(data_key.bytes(), &key_place(key.user_id));
            wrapped.push(anew.context("a data key could not be wrapped")?);
        }
        let users: Vec<_> = behind.iter().map(|key| key.user_id.uuid()).collect();
        store::rewrap(tx, &current.id(), &users, &wrapped).await?;
        Ok(users.len() as u64)
    }

    /// Takes the former keys out of their source once nothing needs them; says how many data keys were late.
    async fn retire(&self, system: &SystemDb) -> Result<(u64, bool)> {
        let mut late = 0;
        loop {
            let mut tx = system.begin().await?;
            store::hold_keys(&mut tx).await?;
            let keys = self.keys();
            // committed before the key goes: cut short, a rotation leaves a key too many and never one too few
            if store::count_behind(&mut tx, &keys.current().id()).await? == 0 {
                let retired = self.0.source.write(&keys.without_former())?;
                tx.commit().await?;
                return Ok((late, retired));
            }
            late += self.rewrap(&mut tx).await?;
            tx.commit().await?;
        }
    }
}
