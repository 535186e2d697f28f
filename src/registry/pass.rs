//! A pass over a registry: reads its pages one by one, and stores each before it asks for the next.
//!
//! The cursor is stored with each page, so a pass that failed, or whose process stopped, continues where it was. The first pass
//! reads all entries, later ones only what has changed. Once a week a pass reads all entries again, and marks as deleted those that
//! the registry lists no longer.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::RegistryMirror;
use super::listing::Listing;
use super::page_request::{RegistryPage, fetch_page};
use super::store_reads::{self, PassState, RunFailure};
use super::store_servers::{self, ServerRow};
use crate::clock::Timestamp;
use crate::egress::{Failure, FailureKind};
use crate::error::Result;
use crate::ids::{ListingId, RegistryRunId};

/// Time between two passes.
const PASS_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Time before a failed pass continues.
const FAILURE_RETRY_DELAY: Duration = Duration::from_secs(10 * 60);

/// Most pages of a pass. The official registry has about 300.
const MAX_PAGES: i32 = 3_000;

/// Reads a registry to the end of its pass if it is due, and no other process does. Returns whether this process did.
pub(super) async fn read_if_due(mirror: &RegistryMirror, registry: &Url) -> Result<bool> {
    let now = mirror.clock.now();
    let run = RegistryRunId::new(now);
    let Some(pass) = store_reads::claim(&mirror.system, registry.as_str(), run, now).await? else {
        return Ok(false);
    };
    let reading = PassReader { mirror, registry, run, pass };
    match reading.read_pages().await? {
        PassEnd::Finished { pass, is_full } => {
            let now = mirror.clock.now();
            let next_at = now + PASS_INTERVAL;
            store_reads::finish(&mirror.system, registry.as_str(), run, now, next_at).await?;
            tracing::info!(registry = %registry, is_full, started = %pass, "Read the registry {registry}");
        }
        PassEnd::LeaseLost => {
            tracing::info!(registry = %registry, "Stopped reading the registry {registry}: another process reads it");
        }
        PassEnd::Failed { failure, is_restart } => {
            let now = mirror.clock.now();
            let delay = failure.retry_after.unwrap_or(FAILURE_RETRY_DELAY).clamp(FAILURE_RETRY_DELAY, PASS_INTERVAL);
            let message = failure.message.with_detail_inline().to_string();
            tracing::warn!(registry = %registry, error = message, "Failed to read the registry {registry}; the next run continues");
            let failure = RunFailure { message: &message, is_restart, next_at: now + delay };
            store_reads::fail(&mirror.system, registry.as_str(), run, failure, now).await?;
        }
    }
    Ok(true)
}

/// The end of a run.
enum PassEnd {
    Finished { pass: Timestamp, is_full: bool },
    LeaseLost,
    Failed { failure: Failure, is_restart: bool },
}

/// A run that reads the pages of a registry.
struct PassReader<'a> {
    mirror: &'a RegistryMirror,
    registry: &'a Url,
    run: RegistryRunId,
    pass: PassState,
}

impl PassReader<'_> {
    async fn read_pages(mut self) -> Result<PassEnd> {
        let mut cursors = HashSet::new();
        loop {
            let (since, cursor) = (self.pass.updated_since, self.pass.cursor.as_deref());
            let fetched = fetch_page(&self.mirror.egress, self.registry, self.mirror.page_timeout, since, cursor);
            let page = match fetched.await {
                Ok(page) => page,
                Err(failure) => {
                    // a registry that refuses the request may refuse the stored cursor
                    let is_restart = failure.kind == FailureKind::Permanent;
                    return Ok(PassEnd::Failed { failure, is_restart });
                }
            };
            if let Some(next) = &page.next
                && (!cursors.insert(next.clone()) || self.pass.pages >= MAX_PAGES)
            {
                return Ok(PassEnd::Failed { failure: self.endless_list(), is_restart: true });
            }
            let is_last = page.next.is_none();
            if !self.store_page(page).await? {
                return Ok(PassEnd::LeaseLost);
            }
            if is_last {
                return Ok(PassEnd::Finished { pass: self.pass.started_at, is_full: self.pass.is_full });
            }
        }
    }

    /// Stores a page with its cursor. Returns false if another process has the lease.
    async fn store_page(&mut self, page: RegistryPage) -> Result<bool> {
        let mut rows: BTreeMap<String, ServerRow> = BTreeMap::new();
        for entry in &page.entries {
            if let Err(reason) = self.add_row(&mut rows, entry) {
                *self.pass.left_out.entry(reason.to_owned()).or_default() += 1;
            }
        }
        self.pass.cursor = page.next;
        self.pass.pages += 1;
        let rows: Vec<_> = rows.into_values().collect();
        let system = &self.mirror.system;
        Ok(store_servers::store_page(system.pool(), self.registry.as_str(), self.run, &self.pass, &rows).await?)
    }

    fn add_row(&self, rows: &mut BTreeMap<String, ServerRow>, entry: &Value) -> Result<(), &'static str> {
        let (listing, text) = Listing::parse_with_text(entry, &self.mirror.egress).map_err(|fault| fault.0)?;
        let id = ListingId::new(self.pass.started_at);
        let row = ServerRow::new(id, listing, text);
        match rows.insert(row.name.clone(), row) {
            None => Ok(()),
            Some(_) => Err("is listed twice on a page"),
        }
    }

    fn endless_list(&self) -> Failure {
        let host = self.registry.host_str().unwrap_or("The registry");
        Failure::permanent(
            "endless_list",
            format!("The list of {host} does not end: its pages lead back to each other"),
        )
        .with_advice("Tell the registry’s operator")
    }
}
