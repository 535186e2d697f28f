//! Argon2id hashing outside of the async threads: at most one hash per core runs at a time, and the queue is bounded.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use super::Password;
use super::hash_memory::HashMemory;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Hashes that may run or wait at a time; further requests are refused.
const MAX_PENDING_HASHES: usize = 64;

/// The memory and time that one password hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory in KiB; at least 8.
    pub memory_kib: u32,
    /// Passes over the memory; at least 1.
    pub passes: u32,
}

impl Default for HashingCost {
    /// The parameters that OWASP recommends for Argon2id, which are the defaults of the `argon2` crate.
    fn default() -> Self {
        Self { memory_kib: Params::DEFAULT.m_cost(), passes: Params::DEFAULT.t_cost() }
    }
}

impl From<HashingCost> for Params {
    fn from(cost: HashingCost) -> Self {
        Self::new(cost.memory_kib, cost.passes, Self::DEFAULT_P_COST, None).unwrap_or(Self::DEFAULT)
    }
}

/// Hashes and verifies passwords. Clones share the limits.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    params: Params,
    cores: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    memory: HashMemory,
    checks: AtomicU64,
    decoy: String,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::with_cost(HashingCost::default())
    }
}

impl Passwords {
    /// Creates a hasher whose new hashes have this cost. A stored hash is verified with its own cost. A cost that Argon2
    /// does not accept is replaced by the default.
    #[must_use]
    pub fn with_cost(cost: HashingCost) -> Self {
        let params = Params::from(cost);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Inner {
            cores: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(MAX_PENDING_HASHES)),
            memory: HashMemory::default(),
            checks: AtomicU64::new(0),
            decoy: decoy_hash(&params),
            params,
        }))
    }

    /// Returns the hash of `password` in PHC string form, with a random salt.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.secret().clone();
        let hash = self.run(move |inner| new_hash(&inner.params, &inner.memory, password.expose())).await?;
        hash.map_err(|error| Error::Internal(anyhow::anyhow!("argon2: {error}")))
    }

    /// Checks `password` against `hash`. Without a hash it returns `false` after the same amount of work.
    pub(super) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let hash = match hash {
            Some(hash) if !Password::is_overlong(password) => hash,
            _ => self.0.decoy.clone(),
        };
        // no account can have an overlong password: a short one is hashed in its place, at the same cost
        let spellings =
            if Password::is_overlong(password) { vec![Secret::new("overlong")] } else { Password::spellings(password) };
        self.0.checks.fetch_add(1, Ordering::Relaxed);
        self.run(move |inner| spellings.iter().any(|text| is_hash_of(&hash, &inner.memory, text.expose()))).await
    }

    /// Returns the number of passwords checked since the start of the process.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> Result<T> {
        let busy = || Error::Limited {
            message: "Many people are signing in at this moment. Try again in a few seconds".into(),
            retry_after: Duration::from_secs(5),
        };
        let queued = self.0.queue.clone().try_acquire_owned().map_err(|_| busy())?;
        let core = self.0.cores.clone().acquire_owned().await.map_err(Error::internal)?;
        // the permits move into the thread: a hash whose request was dropped still runs, and still counts
        let inner = Arc::clone(&self.0);
        let work = move || {
            let result = work(&inner);
            drop((core, queued));
            if inner.queue.available_permits() == MAX_PENDING_HASHES {
                inner.memory.free();
            }
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// Hashes a new password, with a random salt.
fn new_hash(params: &Params, memory: &HashMemory, password: &str) -> argon2::password_hash::Result<String> {
    let (salt, mut output) = (rand::random::<[u8; 16]>(), [0; Params::DEFAULT_OUTPUT_LEN]);
    let hasher = Argon2::from(params.clone());
    memory.lend(params.block_count(), |blocks| {
        hasher.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, blocks)
    })?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::default().into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Says whether `hash` is that of `password`. A hash that cannot be read is that of no password.
fn is_hash_of(hash: &str, memory: &HashMemory, password: &str) -> bool {
    let verify = || {
        let hash = PasswordHash::new(hash).ok()?;
        let (params, expected) = (Params::try_from(&hash).ok()?, hash.hash?);
        let version = hash.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
        let (mut output, blocks) = (vec![0; expected.len()], params.block_count());
        let hasher = Argon2::new(Algorithm::try_from(hash.algorithm.as_str()).ok()?, version, params);
        let computed = memory.lend(blocks, |blocks| {
            hasher.hash_password_into_with_memory(password.as_bytes(), hash.salt.as_deref()?, &mut output, blocks).ok()
        });
        // compares in constant time
        computed.and_then(|()| Some(Output::new(&output).ok()? == expected))
    };
    verify().unwrap_or(false)
}

/// Returns a well-formed hash that no password matches and that costs as much to verify as a real one.
fn decoy_hash(cost: &Params) -> String {
    let salt = STANDARD_NO_PAD.encode(rand::random::<[u8; 16]>());
    let hash = STANDARD_NO_PAD.encode(rand::random::<[u8; 32]>());
    format!("$argon2id$v=19$m={},t={},p={}${salt}${hash}", cost.m_cost(), cost.t_cost(), cost.p_cost())
}

#[cfg(test)]
mod tests {
    use super::{Argon2, Error, HashingCost, MAX_PENDING_HASHES, Params, Password, Passwords, Secret};

    fn password() -> Password {
        Password::choose(&Secret::new("a long walk home"), None).unwrap()
    }

    /// The part of a hash before its salt: algorithm and cost.
    fn cost(hash: &str) -> &str {
        hash.rsplitn(3, '$').last().unwrap()
    }

    #[tokio::test]
    async fn a_hash_accepts_its_password_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&password()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify(password().secret(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&Secret::new("a long walk home "), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn the_decoy_costs_as_much_as_a_real_hash() {
        for passwords in [Passwords::default(), Passwords::with_cost(HashingCost { memory_kib: 64, passes: 1 })] {
            let real = passwords.hash(&password()).await.unwrap();
            let decoy = &passwords.0.decoy;
            assert_eq!(cost(decoy), cost(&real));
            assert_eq!(decoy.len(), real.len());
            assert!(!passwords.verify(password().secret(), None).await.unwrap());
            assert_eq!(passwords.checks(), 1);
        }
    }

    #[tokio::test]
    async fn the_cost_can_be_chosen_and_an_impossible_one_is_the_default() {
        let cheap = Passwords::with_cost(HashingCost { memory_kib: 64, passes: 1 });
        let hash = cheap.hash(&password()).await.unwrap();
        assert_eq!(cost(&hash), "$argon2id$v=19$m=64,t=1,p=1");
        assert!(Passwords::default().verify(password().secret(), Some(hash)).await.unwrap());
        let impossible = Passwords::with_cost(HashingCost { memory_kib: 0, passes: 0 });
        assert_eq!(impossible.0.params, Params::DEFAULT);
        assert_eq!(Argon2::default().params(), &Params::from(HashingCost::default()));
    }

    #[tokio::test]
    async fn a_full_queue_names_the_time_to_try_again() {
        let passwords = Passwords::default();
        let taken = passwords.0.queue.try_acquire_many(u32::try_from(MAX_PENDING_HASHES).unwrap()).unwrap();
        let answer = passwords.verify(&Secret::new("a long walk home"), None).await;
        assert!(matches!(answer, Err(Error::Limited { .. })), "{answer:?}");
        drop(taken);
        assert!(!passwords.verify(&Secret::new("a long walk home"), None).await.unwrap());
    }
}
