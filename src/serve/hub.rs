//! The composed hub: what pages and jobs share, built from parts that the configuration or a test supplies.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::recurring_tasks::{read_registries, refresh_credentials, refresh_trends, summarize_metrics, sweep_daily};
use crate::accounts::{OwnerCheck, Passwords};
use crate::app::{App, Handles};
use crate::background_tasks::BackgroundTasks;
use crate::clock::Clock;
use crate::config::{Proxy, Setting, SignUp};
use crate::connections::{Notifier, RefreshLocks, TokenRefresher};
use crate::connectors::{self, Shipped};
use crate::db::{Databases, SystemDb};
use crate::egress::Egress;
use crate::error::Result;
use crate::jobs::Runner;
use crate::live::Live;
use crate::mail::{MailSender, Mailer, Outbox};
use crate::queue::{Engine, EngineSettings, Enqueuer};
use crate::registry::RegistryMirror;
use crate::schema_form::FormCache;
use crate::upstream::{self, Limits, Target, ToolDefinition};
use crate::vault::Vault;
use crate::workbench::Workbench;
use crate::worker;

/// The built-in tools must be listed within this time.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts of a hub that the configuration decides.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// The two pools of the database.
    pub databases: Databases,
    /// Connection options of the listener for change notifications.
    pub listener: PgConnectOptions,
    /// The time.
    pub clock: Clock,
    /// Seals credentials.
    pub vault: Vault,
    /// Sends all outgoing requests.
    pub egress: Egress,
    /// Passes mail on.
    pub mailer: Mailer,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Runs the built-in tools.
    pub workbench: Workbench,
    /// Renders the metrics of this process.
    pub metrics: PrometheusHandle,
    /// The address under which people reach the hub.
    pub public_url: Url,
    /// Policy for new accounts.
    pub sign_up: SignUp,
    /// Reverse proxies whose forwarding headers are trusted.
    pub proxies: Vec<Proxy>,
    /// The settings, for administrators.
    pub settings: Vec<Setting>,
    /// Addresses of the MCP registries to read.
    pub registries: Vec<Url>,
}

/// A hub whose listener and queue run. Its engine and its pages are started separately.
pub struct Hub {
    /// The handles of pages and jobs.
    pub app: App,
    /// Sends the mail of the outbox.
    pub mail_sender: MailSender,
    workbench: Workbench,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Hub {
    /// Builds the handles, and starts the listener and the acceptance of jobs. Needs a Tokio runtime.
    #[must_use]
    pub fn build(dependencies: Dependencies) -> Self {
        let Dependencies { databases, listener, clock, vault, egress, mailer, passwords, workbench, .. } = dependencies;
        let Dependencies { metrics, public_url, sign_up, proxies, settings, registries, .. } = dependencies;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(summarize_metrics(metrics.clone(), stop.clone()));
        let live = Live::start(listener, &tasks, &stop);
        let queue = Enqueuer::start(databases.system.clone(), live.clone(), &tasks, stop.clone());
        let background_tasks = BackgroundTasks::default();
        let has_mail_server = mailer.has_server();
        let outbox =
            Outbox { vault: vault.clone(), live: live.clone(), public_url: public_url.clone(), has_mail_server };
        let mail_sender = MailSender::new(databases.system.clone(), &outbox, mailer, clock.clone());
        let refresher = TokenRefresher {
            system: databases.system.clone(),
            vault: vault.clone(),
            egress: egress.clone(),
            clock: clock.clone(),
            live: live.clone(),
            background_tasks: background_tasks.clone(),
            notifier: Notifier {
                system: databases.system.clone(),
                clock: clock.clone(),
                live: live.clone(),
                outbox: outbox.clone(),
                background_tasks: background_tasks.clone(),
            },
            locks: RefreshLocks::default(),
        };
        let (db, system) = (databases.web, databases.system);
        let registry = RegistryMirror::new(system.clone(), egress.clone(), clock.clone(), &registries);
        let handles = Handles {
            db,
            system,
            clock,
            vault,
            egress,
            refresher,
            outbox,
            background_tasks,
            passwords,
            owner: OwnerCheck::default(),
            queue,
            live,
            metrics,
            public_url,
            sign_up,
            proxies,
            settings,
            forms: FormCache::default(),
            registry,
        };
        Self { app: handles.into(), mail_sender, workbench, tasks, stop }
    }

    /// Stores these connectors, and the tools that the built-in one has in this binary.
    pub async fn ship_connectors(&self, shipped: impl Iterator<Item = Result<Shipped>> + Send) -> Result<()> {
        let app = &self.app;
        let builtin = builtin_tools(&app.egress, &self.workbench).await?;
        connectors::ship(&app.system, shipped, &builtin, app.clock.now()).await
    }

    /// Starts to run jobs; `info` names the process in the table of workers. The task ends after the engine's shutdown.
    pub async fn start_worker(&self, settings: EngineSettings, info: &str) -> Result<(Engine, JoinHandle<()>)> {
        let app = &self.app;
        let (engine, leases) = Engine::start(app.system.clone(), &app.queue, app.clock.clone(), settings, info).await?;
        let runner = Runner {
            system: app.system.clone(),
            egress: app.egress.clone(),
            refresher: app.refresher.clone(),
            vault: app.vault.clone(),
            workbench: self.workbench.clone(),
            clock: app.clock.clone(),
        };
        let running = self.tasks.spawn(worker::run(engine.clone(), leases, runner));
        Ok((engine, running))
    }

    /// Starts to refresh tokens, to verify idle keys, to write trends and to read registries, every minute what is due.
    pub(super) fn start_refresh(&self) {
        self.tasks.spawn(refresh_credentials(self.app.refresher.clone(), self.stop.clone()));
        self.tasks.spawn(refresh_trends(self.app.system.clone(), self.app.clock.clone(), self.stop.clone()));
        self.tasks.spawn(read_registries(self.app.registry.clone(), self.stop.clone()));
    }

    /// Starts to send mail as it becomes due.
    pub fn start_mail(&self) {
        self.tasks.spawn(self.mail_sender.clone().run(self.stop.clone()));
    }

    /// Starts to delete expired sessions and links, sign-ins that nobody finished, and mails that failed long ago, every day.
    pub(super) fn start_daily_sweep(&self) {
        self.tasks.spawn(sweep_daily(self.app.system.clone(), self.app.clock.clone(), self.stop.clone()));
    }

    /// Finishes the background tasks, then stops everything that the hub started.
    pub async fn stop(self) {
        self.app.background_tasks.finish().await;
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.workbench.stop().await;
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Stores the shipped connectors, the built-in one with the tools that this binary has.
pub async fn ship_connectors(
    system: &SystemDb,
    shipped: &[Shipped],
    egress: &Egress,
    workbench: &Workbench,
    clock: &Clock,
) -> Result<()> {
    let builtin = builtin_tools(egress, workbench).await?;
    connectors::ship(system, shipped.iter().map(Ok), &builtin, clock.now()).await
}

/// Returns the tools that this binary has.
async fn builtin_tools(egress: &Egress, workbench: &Workbench) -> Result<Vec<ToolDefinition>> {
    let target = Target::Workbench(workbench.clone());
    let limits = Limits { deadline: tokio::time::Instant::now() + DISCOVERY_TIMEOUT, max_response_bytes: 1 << 20 };
    Ok(upstream::discover(egress, &target, limits).await?.tools)
}
