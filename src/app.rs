//! The handles of pages and jobs: built once, cheap to clone.

use std::ops::Deref;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use url::Url;

use crate::accounts::{OwnerCheck, Passwords};
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::config::{Proxy, Setting, SignUp};
use crate::connections::TokenRefresher;
use crate::db::{Databases, Db, SystemDb};
use crate::egress::Egress;
use crate::live::Live;
use crate::mail::Outbox;
use crate::queue::Enqueuer;
use crate::registry::RegistryMirror;
use crate::schema_form::FormCache;
use crate::vault::Vault;

/// The state of all handlers. A clone only counts a reference.
#[derive(Clone)]
pub struct App(Arc<Handles>);

/// The handles.
#[derive(Clone)]
pub struct Handles {
    /// Rows of one user at a time.
    pub db: Db,
    /// All rows, for look-ups before a user is known.
    pub system: SystemDb,
    /// The time.
    pub clock: Clock,
    /// Seals credentials.
    pub vault: Vault,
    /// Sends all outgoing requests.
    pub egress: Egress,
    /// Keeps credentials alive.
    pub refresher: TokenRefresher,
    /// Accepts mail.
    pub outbox: Outbox,
    /// Work that no page waits for.
    pub background_tasks: BackgroundTasks,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Finds out if the hub has an owner.
    pub owner: OwnerCheck,
    /// Accepts jobs.
    pub queue: Enqueuer,
    /// Receives change notifications.
    pub live: Live,
    /// Renders the metrics of this process.
    pub metrics: PrometheusHandle,
    /// The address under which people reach the hub.
    pub public_url: Url,
    /// Policy for new accounts.
    pub sign_up: SignUp,
    /// Reverse proxies whose forwarding headers are trusted.
    pub proxies: Vec<Proxy>,
    /// The settings of this process, each with its source.
    pub settings: Vec<Setting>,
    /// The compiled forms of tools.
    pub forms: FormCache,
    /// The copy of the configured MCP registries.
    pub registry: RegistryMirror,
}

impl From<Handles> for App {
    fn from(handles: Handles) -> Self {
        Self(Arc::new(handles))
    }
}

impl Deref for App {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl Handles {
    /// Returns both pools.
    #[must_use]
    pub fn databases(&self) -> Databases {
        Databases { web: self.db.clone(), system: self.system.clone() }
    }
}
