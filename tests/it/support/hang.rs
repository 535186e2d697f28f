//! The limit of waits. No test measures speed: a busy machine makes it slower, not wrong.

use std::time::Duration;

/// Far longer than anything that a test waits for, also beside a compiler: a test that waits so long hangs.
pub(crate) const HANG_TIMEOUT: Duration = Duration::from_secs(300);

/// Awaits what the test has caused; panics with `what` if the test hangs.
pub(crate) async fn in_time<F: Future>(what: &str, event: F) -> F::Output {
    let output = tokio::time::timeout(HANG_TIMEOUT, event).await;
    output.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Checks every 20 ms until the condition holds; panics with `what` if the test hangs.
pub(crate) async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let mut checks = tokio::time::interval(Duration::from_millis(20));
    let is_met = async {
        while !condition().await {
            checks.tick().await;
        }
    };
    in_time(what, is_met).await;
}
