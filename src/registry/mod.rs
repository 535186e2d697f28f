//! MCP registries: the hub keeps a copy of what they list, and people search the copy.
//!
//! A registry says of itself that hosts should not ask it directly, and promises no uptime. So [`RegistryMirror::read_due`] reads each
//! configured registry about once an hour, and pages ask only the database. Without a configured registry nothing is read.
//!
//! A listing proves who published a server, and nothing else. Adding a server is the work of `connections`, which asks the
//! server itself.

mod inputs;
mod listing;
mod namespace;
mod page_request;
mod pass;
mod refusal;
mod remote;
mod search;
mod status;
mod store_reads;
mod store_servers;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use self::listing::{EntryFault, Listing};
pub use self::namespace::Namespace;
pub use self::refusal::Refusal;
pub use self::remote::RemoteServer;
pub use self::search::{FoundListing, ListingFilter, ListingPage, StoredListing};
pub use self::status::ListingStatus;
pub use self::store_reads::RegistryState;
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::egress::Egress;
use crate::error::Result;
use crate::ids::ListingId;

/// The copy of the configured registries; cheap to clone.
#[derive(Clone, Debug)]
pub struct RegistryMirror {
    system: SystemDb,
    egress: Egress,
    clock: Clock,
    addresses: Arc<[Url]>,
    page_timeout: Duration,
}

impl RegistryMirror {
    /// Builds the mirror of the registries at these addresses. Without any, it is off.
    #[must_use]
    pub fn new(system: SystemDb, egress: Egress, clock: Clock, addresses: &[Url]) -> Self {
        Self { system, egress, clock, addresses: addresses.into(), page_timeout: page_request::PAGE_TIMEOUT }
    }

    /// Replaces the time that a registry may take for a page, from the request to the end of the answer.
    #[must_use]
    pub const fn with_page_timeout(mut self, page_timeout: Duration) -> Self {
        self.page_timeout = page_timeout;
        self
    }

    /// Returns true if a registry is configured.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// Reads the registries that are due, one after the other. Returns their number. A lease keeps two processes from reading the
    /// same registry.
    ///
    /// # Errors
    /// Fails only if the database cannot be asked: a failure of a registry is recorded with it.
    pub async fn read_due(&self) -> Result<usize> {
        let mut read = 0;
        for address in self.addresses.iter() {
            read += usize::from(pass::read_if_due(self, address).await?);
        }
        Ok(read)
    }

    /// Returns the state of each configured registry, in the order of the setting.
    pub async fn states(&self) -> Result<Vec<RegistryState>> {
        Ok(store_reads::list(self.system.pool(), &self.keys()).await?)
    }

    /// Finds a page of listings. If the listing to begin after is none of the matches, the page is the first.
    pub async fn search(&self, filter: &ListingFilter, after: Option<ListingId>) -> Result<ListingPage> {
        let (pool, keys) = (self.system.pool(), self.keys());
        let page = search::search(pool, &keys, filter, after).await?;
        if page.is_there {
            return Ok(page);
        }
        let first = search::search(pool, &keys, filter, None).await?;
        Ok(ListingPage { is_there: false, ..first })
    }

    /// Finds a listing.
    pub async fn find(&self, id: ListingId) -> Result<Option<StoredListing>> {
        search::find(self, id).await
    }

    /// Returns the addresses as rows have them.
    fn keys(&self) -> Vec<String> {
        self.addresses.iter().map(|address| address.as_str().to_owned()).collect()
    }
}
