//! Argon2id off the async threads, with bounded memory: at most one hash a core at a time, and a bounded queue.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use super::Password;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Hashes that may run or wait; whoever comes later is told to try again.
const QUEUE: usize = 64;

/// Makes and checks password hashes; clones share the bounds.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    running: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    checks: AtomicU64,
    decoy: String,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Inner {
            running: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(QUEUE)),
            checks: AtomicU64::new(0),
            decoy: decoy(),
        }))
    }
}

impl Passwords {
    /// The hash to keep, in PHC string form, with a salt of its own.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.secret().clone();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(anyhow::anyhow!("argon2: {error}")))
        })
        .await?
    }

    /// Whether `password` is the one behind `hash`. Without a hash the answer is no, after the same work.
    pub(super) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let hash = match hash {
            Some(hash) if !Password::is_overlong(password) => hash,
            _ => self.0.decoy.clone(),
        };
        // what no account can have is not worth hashing, but costs the same
        let password = if Password::is_overlong(password) { Secret::new("overlong") } else { password.clone() };
        self.0.checks.fetch_add(1, Ordering::Relaxed);
        self.run(move || Argon2::default().verify_password(password.expose().as_bytes(), hash.as_str()).is_ok()).await
    }

    /// Passwords checked since start, right or wrong.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || Error::Limited {
            message: "Many people are signing in at this moment. Try again in a few seconds".to_owned(),
            retry_after: Duration::from_secs(5),
        };
        let place = self.0.queue.clone().try_acquire_owned().map_err(|_| busy())?;
        let core = self.0.running.clone().acquire_owned().await.map_err(|error| Error::Internal(error.into()))?;
        // the permits go along: a hash whose request was given up still runs, and still counts
        let work = move || {
            let done = work();
            drop((core, place));
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.into()))
    }
}

/// A hash of nothing: well-formed, with the cost of a real one, and no password leads to it.
fn decoy() -> String {
    let salt = STANDARD_NO_PAD.encode(rand::random::<[u8; 16]>());
    let hash = STANDARD_NO_PAD.encode(rand::random::<[u8; 32]>());
    let cost = Params::DEFAULT;
    format!("$argon2id$v=19$m={},t={},p={}${salt}${hash}", cost.m_cost(), cost.t_cost(), cost.p_cost())
}

#[cfg(test)]
mod tests {
    use super::{Error, Password, Passwords, QUEUE, Secret, decoy};

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let passwords = Passwords::default();
        let mine = Secret::new("a long walk home");
        let hash = passwords.hash(&Password::choose(&mine, None).unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify(&mine, Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&Secret::new("a long walk home "), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn the_decoy_costs_what_a_real_hash_costs() {
        let passwords = Passwords::default();
        let password = Password::choose(&Secret::new("a long walk home"), None).unwrap();
        let real = passwords.hash(&password).await.unwrap();
        let decoy = decoy();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().map(ToOwned::to_owned);
        assert_eq!(cost(&decoy), cost(&real));
        assert_eq!(decoy.len(), real.len());
        assert!(!passwords.verify(password.secret(), None).await.unwrap());
        assert_eq!(passwords.checks(), 1);
    }

    #[tokio::test]
    async fn a_full_queue_says_when_to_try_again() {
        let passwords = Passwords::default();
        let taken = passwords.0.queue.try_acquire_many(u32::try_from(QUEUE).unwrap()).unwrap();
        let answer = passwords.verify(&Secret::new("a long walk home"), None).await;
        assert!(matches!(answer, Err(Error::Limited { .. })), "{answer:?}");
        drop(taken);
        assert!(!passwords.verify(&Secret::new("a long walk home"), None).await.unwrap());
    }
}
