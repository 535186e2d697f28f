//! What is done after the answer is given: nobody waits for it, so how long it takes tells nobody anything.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};

/// More at a time are refused: each holds a connection to the database or to the mail server.
const MOST: usize = 200;

/// Runs errands beside the pages; clones share one list, which the process finishes before it ends.
#[derive(Clone, Debug, Default)]
pub struct Errands(TaskTracker);

impl Errands {
    /// Begins one; if it fails, the log says so.
    ///
    /// # Errors
    /// [`Error::Limited`] if too many are under way, whomever they are for.
    pub fn begin(&self, what: &'static str, errand: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
        if self.0.len() >= MOST {
            let message =
                "The hub has more mail to send than it can. Nothing was sent. Try again in a minute".to_owned();
            return Err(Error::Limited { message, retry_after: Duration::from_secs(60) });
        }
        self.0.spawn(async move {
            if let Err(error) = errand.await {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(what, %error, cause, "an errand failed");
            }
        });
        Ok(())
    }

    /// Returns once none is under way.
    pub async fn finish(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Errands, MOST};
    use crate::error::Error;
    use std::future::pending;

    #[tokio::test]
    async fn more_than_can_be_done_are_refused() {
        let errands = Errands::default();
        for _ in 0..MOST {
            errands.begin("a test", pending()).unwrap();
        }
        assert!(matches!(errands.begin("a test", pending()), Err(Error::Limited { .. })));
    }
}
