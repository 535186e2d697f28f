//! Retries a database write that cannot be repeated elsewhere, such as storing a rotated token.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};

const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);

const MAX_RETRY_DELAY: Duration = Duration::from_secs(1);

/// Time after the first attempt in which further attempts start.
pub(super) const RETRY_TIMEOUT: Duration = Duration::from_secs(15);

/// Calls `store` until it succeeds, its error is not a temporary one, or the timeout is reached. `store` begins its own
/// transaction. It must detect that the last attempt was committed although the answer was lost.
pub(super) async fn retry_while_unavailable<T, Stored>(mut store: impl FnMut() -> Stored) -> Result<T>
where
    Stored: Future<Output = Result<T>>,
{
    let (started, mut delay) = (Instant::now(), FIRST_RETRY_DELAY);
    loop {
        match store().await {
            Err(error @ (Error::Unavailable(_) | Error::Locked(_) | Error::Internal(_)))
                if started.elapsed() + delay < RETRY_TIMEOUT =>
            {
                tracing::warn!(%error, "Failed to store issued tokens; retrying in {} ms", delay.as_millis());
                sleep(delay).await;
                delay = (delay * 2).min(MAX_RETRY_DELAY);
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::retry_while_unavailable;
    use crate::error::{Error, Result};

    /// Fails `failures` times, then succeeds. Returns the number of attempts.
    async fn attempt(failures: u32, error: fn() -> Error) -> (u32, Result<()>) {
        let mut attempts = 0;
        let result = retry_while_unavailable(|| {
            attempts += 1;
            let result = if attempts > failures { Ok(()) } else { Err(error()) };
            async { result }
        });
        let result = result.await;
        (attempts, result)
    }

    #[tokio::test(start_paused = true)]
    async fn a_temporary_error_is_retried_for_some_seconds() {
        let unavailable = || Error::Unavailable(anyhow::anyhow!("no connection"));
        assert!(matches!(attempt(5, unavailable).await, (6, Ok(()))));
        let (attempts, result) = attempt(u32::MAX, unavailable).await;
        assert!(result.is_err() && attempts < 25, "{attempts}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_permanent_error_is_returned_at_once() {
        assert!(matches!(
            attempt(5, || Error::conflict("taken", "Choose another")).await,
            (1, Err(Error::Conflict(_)))
        ));
    }
}
