//! What must not be lost is stored although the database is away for a moment.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};

/// The first pause; the next ones are longer.
const PAUSE: Duration = Duration::from_millis(100);

/// No try begins later than this after the first.
const PATIENCE: Duration = Duration::from_secs(15);

/// Stores what exists nowhere else, such as a token that its provider gives once: what fails through no fault of what is
/// stored is tried again for some seconds. `store` begins its own transaction, and finds out whether the last one was
/// committed although nobody heard of it.
pub(super) async fn retry_while_unavailable<T, Stored>(mut store: impl FnMut() -> Stored) -> Result<T>
where
    Stored: Future<Output = Result<T>>,
{
    let (begun, mut pause) = (Instant::now(), PAUSE);
    loop {
        match store().await {
            Err(error @ (Error::Unavailable(_) | Error::Locked(_) | Error::Internal(_)))
                if begun.elapsed() + pause < PATIENCE =>
            {
                tracing::warn!(%error, "tokens could not be stored; it is tried again at once");
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::retry_while_unavailable;
    use crate::error::{Error, Result};

    /// Fails as `error` says, and then not any more.
    async fn tried(times: u32, error: fn() -> Error) -> (u32, Result<()>) {
        let mut tries = 0;
        let ended = retry_while_unavailable(|| {
            tries += 1;
            let came = if tries > times { Ok(()) } else { Err(error()) };
            async { came }
        });
        let ended = ended.await;
        (tries, ended)
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_comes_back_within_seconds_is_waited_for_and_no_longer() {
        let away = || Error::Unavailable(anyhow::anyhow!("away"));
        assert!(matches!(tried(5, away).await, (6, Ok(()))));
        let (tries, ended) = tried(u32::MAX, away).await;
        assert!(ended.is_err() && tries < 25, "{tries}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_fail_again_is_told_at_once() {
        assert!(matches!(tried(5, || Error::Conflict(String::new())).await, (1, Err(Error::Conflict(_)))));
    }
}
