//! What a process does by the clock, until it is told to stop.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::accounts;
use crate::clock::Clock;
use crate::connections::{self, Renewals};
use crate::db::SystemDb;
use crate::error::Result;

/// Between two looks for tokens that are about to end.
const MINUTE: Duration = Duration::from_secs(60);

/// Between two sweeps.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Forgets what has expired, now and every day, until told to stop.
pub(super) async fn sweep_daily(system: SystemDb, clock: Clock, stop: CancellationToken) {
    let mut days = tokio::time::interval(DAY);
    days.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sweeping = async {
        loop {
            days.tick().await;
            if let Err(error) = accounts::sweep(&system, clock.now()).await {
                tracing::warn!(%error, "what has expired could not be forgotten; it is tried again in a day");
            }
        }
    };
    stop.run_until_cancelled(sweeping).await;
}

/// Renews tokens before they end, and verifies what nobody uses, until told to stop. Every process that runs jobs does; a
/// lease keeps two from one token.
pub(super) async fn keep_alive(renewals: Renewals, stop: CancellationToken) {
    let renewing = each_minute(|| connections::sweep(&renewals), "tokens could not be renewed");
    let verifying = each_minute(|| connections::verify_idle(&renewals), "keys could not be verified");
    stop.run_until_cancelled(async { tokio::join!(renewing, verifying) }).await;
}

/// Sweeps now and a minute after each tick, without an end.
async fn each_minute<Swept>(sweep: impl Fn() -> Swept, told: &str)
where
    Swept: Future<Output = Result<usize>>,
{
    let mut minutes = tokio::time::interval(MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        if let Err(error) = Box::pin(sweep()).await {
            tracing::warn!(%error, "{told}; it is tried again in a minute");
        }
    }
}
