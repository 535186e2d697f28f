//! Periodic tasks of a process, which run until it stops.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::accounts;
use crate::clock::Clock;
use crate::connections::{self, TokenRefresher};
use crate::db::SystemDb;
use crate::error::Result;
use crate::jobs;
use crate::mail;
use crate::registry::RegistryMirror;
use crate::telemetry;

/// Time between two searches for tokens to refresh and keys to verify.
const REFRESH_INTERVAL: Duration = Duration::from_secs(60);

/// Time between two deletions of what has expired.
const SWEEP_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Deletes expired sessions and links, sign-ins that nobody finished, and mails that failed long ago, at once and then every day.
pub(super) async fn sweep_daily(system: SystemDb, clock: Clock, stop: CancellationToken) {
    let mut days = tokio::time::interval(SWEEP_INTERVAL);
    days.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sweeping = async {
        loop {
            days.tick().await;
            let now = clock.now();
            if let Err(error) = accounts::purge_expired(&system, now).await {
                tracing::warn!(%error, "Failed to delete expired sessions and links; the next daily sweep retries");
            }
            if let Err(error) = connections::purge_old_sign_ins(&system, now).await {
                tracing::warn!(%error, "Failed to delete sign-ins that are older than a day; the next daily sweep retries");
            }
            if let Err(error) = mail::purge_failed(&system, now).await {
                tracing::warn!(%error, "Failed to delete mails that failed a month ago; the next daily sweep retries");
            }
        }
    };
    stop.run_until_cancelled(sweeping).await;
}

/// Refreshes tokens before they expire and verifies idle keys, every minute. All processes that run jobs do this; a lease
/// keeps two processes from refreshing the same token.
pub(super) async fn refresh_credentials(refresher: TokenRefresher, stop: CancellationToken) {
    let refreshing = each_minute(|| refresher.refresh_due(), "refresh tokens");
    let verifying = each_minute(|| refresher.verify_idle_keys(), "verify keys");
    stop.run_until_cancelled(async { tokio::join!(refreshing, verifying) }).await;
}

/// Writes the trends of owners, every minute those that are due. Processes that write the same do no harm.
pub(super) async fn refresh_trends(system: SystemDb, clock: Clock, stop: CancellationToken) {
    let writing = each_minute(|| jobs::refresh_trends(&system, clock.now()), "write the trends of jobs");
    stop.run_until_cancelled(writing).await;
}

/// Reads the configured registries, each about once an hour. All processes that run jobs do this; a lease keeps two processes from
/// reading the same registry.
pub(super) async fn read_registries(mirror: RegistryMirror, stop: CancellationToken) {
    if mirror.is_on() {
        stop.run_until_cancelled(each_minute(|| mirror.read_due(), "read the MCP registries")).await;
    }
}

/// Calls `sweep` at once, then one minute after each start; `purpose` is what a failure is logged with.
async fn each_minute<Sweep>(sweep: impl Fn() -> Sweep, purpose: &str)
where
    Sweep: Future<Output = Result<usize>>,
{
    let mut minutes = tokio::time::interval(REFRESH_INTERVAL);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        if let Err(error) = Box::pin(sweep()).await {
            tracing::warn!(%error, "Failed to {purpose}; the next sweep retries in a minute");
        }
    }
}

/// Summarises recorded durations, every few seconds.
pub(super) async fn summarize_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    stop.run_until_cancelled(telemetry::summarize_regularly(metrics)).await;
}
