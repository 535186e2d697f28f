//! A cache of data keys that Vault has unwrapped, so that opening a secret does not need a request each time.
//!
//! The cache has at most 1,000 keys, each for up to one minute; when it is full, it is emptied. The hub can therefore open secrets for up to a minute after Vault
//! withdrew its key. The entry of a key is found by the wrapped bytes, which are read from its owner's row each time: after
//! the row is deleted, nothing finds the entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::vault::envelope::SealingKey;

const CACHE_TTL: Duration = Duration::from_secs(60);
const MAX_ENTRIES: usize = 1_000;

#[derive(Debug, Default)]
struct Entries {
    keys: HashMap<[u8; 32], (SealingKey, Instant)>,
    /// A task for each insertion, which removes the expired keys.
    expiries: JoinSet<()>,
}

#[derive(Debug, Default)]
pub(super) struct UnwrappedKeyCache(Arc<Mutex<Entries>>);

impl UnwrappedKeyCache {
    pub(super) fn get(&self, aad: &str, wrapped: &[u8]) -> Option<SealingKey> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, expires_at) = entries.keys.get(&fingerprint(aad, wrapped))?;
        (Instant::now() < *expires_at).then(|| key.clone())
    }

    pub(super) fn insert(&self, aad: &str, wrapped: &[u8], key: &SealingKey) {
        let expires_at = Instant::now() + CACHE_TTL;
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.keys.len() >= MAX_ENTRIES {
            entries.keys.clear();
        }
        entries.keys.insert(fingerprint(aad, wrapped), (key.clone(), expires_at));
        let shared = Arc::downgrade(&self.0);
        // removes the entry, which wipes the key, even if no other lookup follows
        while entries.expiries.try_join_next().is_some() {}
        entries.expiries.spawn(async move {
            tokio::time::sleep_until(expires_at).await;
            if let Some(entries) = shared.upgrade() {
                let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                entries.keys.retain(|_, (_, expires_at)| Instant::now() < *expires_at);
            }
        });
    }
}

/// Hashes the wrapped bytes with their associated data: bytes that were moved to another row are not found, and Vault
/// refuses them.
fn fingerprint(aad: &str, wrapped: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(aad).chain_update([0]).chain_update(wrapped).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{CACHE_TTL, MAX_ENTRIES, UnwrappedKeyCache};
    use crate::vault::SealingKey;

    #[tokio::test(start_paused = true)]
    async fn a_key_is_cached_for_its_row_and_until_it_expires() {
        let (cache, key) = (UnwrappedKeyCache::default(), SealingKey::random());
        cache.insert("alice", b"wrapped", &key);
        assert_eq!(cache.get("alice", b"wrapped").map(|key| key.id()), Some(key.id()));
        assert!(cache.get("bob", b"wrapped").is_none() && cache.get("alice", b"other").is_none());
        tokio::time::sleep(CACHE_TTL * 2).await;
        assert!(cache.get("alice", b"wrapped").is_none());
        assert!(cache.0.lock().unwrap().keys.is_empty(), "an expired key stays in memory");
    }

    #[tokio::test(start_paused = true)]
    async fn the_cache_never_exceeds_its_maximum() {
        let (cache, key) = (UnwrappedKeyCache::default(), SealingKey::random());
        for n in 0..=MAX_ENTRIES {
            cache.insert(&n.to_string(), b"wrapped", &key);
        }
        assert!(cache.0.lock().unwrap().keys.len() <= MAX_ENTRIES);
    }
}
