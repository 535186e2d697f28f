//! Data keys that Vault has unwrapped lately: opening a secret is no reason to ask it each time.
//!
//! Few and for a minute each: that long the hub opens secrets after Vault has withdrawn its key. A key is found only by
//! the wrapped bytes, which are read from its owner's row each time: where the row is gone, nothing is found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::vault::envelope::SealingKey;

const LIFE: Duration = Duration::from_secs(60);
const MOST: usize = 1_000;

type Kept = HashMap<[u8; 32], (SealingKey, Instant)>;

#[derive(Debug, Default)]
pub(super) struct Unwrapped(Arc<Mutex<Kept>>);

impl Unwrapped {
    pub(super) fn get(&self, place: &str, wrapped: &[u8]) -> Option<SealingKey> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, until) = kept.get(&print(place, wrapped))?;
        (Instant::now() < *until).then(|| key.clone())
    }

    pub(super) fn keep(&self, place: &str, wrapped: &[u8], key: &SealingKey) {
        let (print, until) = (print(place, wrapped), Instant::now() + LIFE);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(print, (key.clone(), until));
        let all = Arc::downgrade(&self.0);
        // taken out, and so wiped, though nobody asks again
        tokio::spawn(async move {
            tokio::time::sleep_until(until).await;
            if let Some(all) = all.upgrade() {
                all.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (_, until)| Instant::now() < *until);
            }
        });
    }
}

/// The place is part of it: what was moved to another's row is not found, and Vault refuses it.
fn print(place: &str, wrapped: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(place).chain_update([0]).chain_update(wrapped).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{LIFE, MOST, Unwrapped};
    use crate::vault::SealingKey;

    #[tokio::test(start_paused = true)]
    async fn a_key_is_kept_for_its_place_and_for_its_time() {
        let (cache, key) = (Unwrapped::default(), SealingKey::random());
        cache.keep("alice", b"wrapped", &key);
        assert_eq!(cache.get("alice", b"wrapped").map(|key| key.id()), Some(key.id()));
        assert!(cache.get("bob", b"wrapped").is_none() && cache.get("alice", b"other").is_none());
        tokio::time::sleep(LIFE * 2).await;
        assert!(cache.get("alice", b"wrapped").is_none());
        assert!(cache.0.lock().unwrap().is_empty(), "nobody asked, and it is gone all the same");
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_never_more_than_the_most() {
        let (cache, key) = (Unwrapped::default(), SealingKey::random());
        for n in 0..=MOST {
            cache.keep(&n.to_string(), b"wrapped", &key);
        }
        assert!(cache.0.lock().unwrap().len() <= MOST);
    }
}
