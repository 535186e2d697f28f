//! The handles that everything above the domain works with: built once, cheap to clone.

use std::ops::Deref;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use url::Url;

use crate::accounts::Passwords;
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::config::{Proxy, SignUp};
use crate::connections::TokenRefresher;
use crate::db::{Databases, Db, SystemDb};
use crate::egress::Egress;
use crate::live::Live;
use crate::mail::Mailer;
use crate::queue::Accepter;
use crate::vault::Vault;

/// What a handler can reach. A clone is a count and no copy: every extractor of every request takes one.
#[derive(Clone)]
pub struct App(Arc<Handles>);

/// The handles themselves.
#[derive(Clone)]
pub struct Handles {
    /// Rows of one user at a time.
    pub db: Db,
    /// Every row, for look-ups that precede a user.
    pub system: SystemDb,
    /// The time.
    pub clock: Clock,
    /// Seals credentials.
    pub vault: Vault,
    /// The way out.
    pub egress: Egress,
    /// Keeps credentials alive.
    pub refresher: TokenRefresher,
    /// Outgoing mail.
    pub mailer: Mailer,
    /// Mail that no page waits for.
    pub background_tasks: BackgroundTasks,
    /// Password hashes.
    pub passwords: Passwords,
    /// Takes jobs in.
    pub queue: Accepter,
    /// Hears of changes.
    pub live: Live,
    /// What the process has done, as figures.
    pub metrics: PrometheusHandle,
    /// The address under which people reach the hub.
    pub public_url: Url,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Who is believed about where a request comes from.
    pub proxies: Vec<Proxy>,
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
    /// Both pools.
    #[must_use]
    pub fn databases(&self) -> Databases {
        Databases { web: self.db.clone(), system: self.system.clone() }
    }
}
