//! Composition: everything is built here once, started, and on a signal drained and stopped in order.

mod chores;
mod database;
mod keys;

use std::future::IntoFuture;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use self::chores::{keep_alive, sweep_daily};
pub(crate) use self::database::Database;
pub(crate) use self::keys::vault;
use crate::accounts::{self, Passwords};
use crate::app::{App, Handles};
use crate::clock::Clock;
use crate::config::{AllowRule, Config};
use crate::connections::{Means, Renewals};
use crate::connectors::{self, Shipped};
use crate::db::{Databases, SystemDb};
use crate::egress::{Egress, EgressPolicy};
use crate::errands::Errands;
use crate::error::{Error, Result};
use crate::jobs::Runner;
use crate::live::Live;
use crate::mail::Mailer;
use crate::queue::{Accepter, Engine, Settings};
use crate::upstream::{self, Limits, Target};
use crate::vault::Vault;
use crate::workbench::Workbench;
use crate::{web, worker};

/// Running jobs get this long to end by themselves when the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Pages under way get this long.
const LAST_PAGES: Duration = Duration::from_secs(2);

/// What this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Pages and jobs.
    Both,
    /// Pages.
    Web,
    /// Jobs.
    Worker,
}

/// Runs until a signal. Prints the address (and, on a hub without users, the link that makes the owner's account) once
/// it can be used.
pub async fn run(config: &Config, role: Role) -> Result<()> {
    let stop = stop_signal()?;
    let database = match role {
        Role::Worker => Database::join(config).await?,
        Role::Both | Role::Web => Database::serve(config).await?,
    };
    let served = serve(config, role, &database, stop).await;
    let closed = database.close().await;
    served.and(closed)
}

async fn serve(config: &Config, role: Role, database: &Database, stop: CancellationToken) -> Result<()> {
    // before anything runs: a start that is refused has claimed no job
    let listener = match role {
        Role::Worker => None,
        Role::Both | Role::Web => Some(listen(config.access.listen).await?),
    };
    let reached = match &listener {
        Some(listener) => listener.local_addr().map_err(|error| Error::Internal(error.into()))?,
        None => config.access.listen,
    };
    let parts = Parts::build(config, database, reached).await?;
    let jobs = match role {
        Role::Web => None,
        Role::Both | Role::Worker => Some(parts.start_worker(config).await?),
    };
    let served = match listener {
        None => {
            say("Running jobs.")?;
            stop.cancelled().await;
            Ok(())
        }
        Some(listener) => parts.serve_pages(config, listener, reached, stop).await,
    };
    if let Some((engine, running)) = jobs {
        engine.shutdown(DRAIN).await;
        // it ends with the engine; a panic in it was logged where it happened
        let _ = running.await;
    }
    parts.stop().await;
    served
}

/// Everything that both pages and jobs need, built once.
struct Parts {
    pools: Databases,
    clock: Clock,
    vault: Vault,
    egress: Egress,
    renewals: Renewals,
    workbench: Workbench,
    live: Live,
    queue: Accepter,
    metrics: PrometheusHandle,
    mailer: Mailer,
    errands: Errands,
    public_url: Url,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Parts {
    /// Of a hub whose pages are reached at this address, unless the configuration knows a better one.
    async fn build(config: &Config, database: &Database, reached: SocketAddr) -> Result<Self> {
        let pools = database.pools.clone();
        let clock = Clock::real();
        let vault = vault(config)?;
        vault.start(&pools.system, clock.now()).await?;
        let egress = Egress::new(egress_policy(config)).trusting(config.outgoing.authorities());
        let workbench = Workbench::of_this_program();
        ship(&pools.system, &connectors::shipped().map_err(refused)?, &egress, &workbench, &clock).await?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = Live::start(database.server.options(), &tasks, &stop);
        let queue = Accepter::start(pools.system.clone(), live.clone(), &tasks, stop.clone());
        let metrics = metrics()?;
        let (errands, public_url) = (Errands::default(), public_url(config, reached)?);
        let mailer = mailer(config, &public_url)?;
        let renewals = Renewals::new(Means {
            system: pools.system.clone(),
            vault: vault.clone(),
            egress: egress.clone(),
            clock: clock.clone(),
            live: live.clone(),
            mailer: mailer.clone(),
            errands: errands.clone(),
            public_url: public_url.clone(),
        });
        Ok(Self {
            pools,
            clock,
            vault,
            egress,
            renewals,
            workbench,
            live,
            queue,
            metrics,
            mailer,
            errands,
            public_url,
            tasks,
            stop,
        })
    }

    async fn start_worker(&self, config: &Config) -> Result<(Engine, JoinHandle<()>)> {
        let slots = u16::try_from(config.process.workers).unwrap_or(u16::MAX);
        let settings = Settings { slots, ..Settings::default() };
        let info = format!("craft {} pid {}", env!("CARGO_PKG_VERSION"), std::process::id());
        let system = self.pools.system.clone();
        let (engine, leases) = Engine::start(system.clone(), &self.queue, self.clock.clone(), settings, &info).await?;
        self.tasks.spawn(keep_alive(self.renewals.clone(), self.stop.clone()));
        let runner = Runner {
            system,
            egress: self.egress.clone(),
            renewals: self.renewals.clone(),
            workbench: self.workbench.clone(),
            clock: self.clock.clone(),
        };
        let running = self.tasks.spawn(worker::run(engine.clone(), leases, runner));
        Ok((engine, running))
    }

    async fn serve_pages(
        &self,
        config: &Config,
        listener: TcpListener,
        bound: SocketAddr,
        stop: CancellationToken,
    ) -> Result<()> {
        self.egress.refuse_own(bound);
        let (app, public_url) = (self.app(config), &self.public_url);
        if let Some(token) = accounts::setup_link(&self.pools.system, self.clock.now()).await? {
            say(&format!("Make the owner’s account here: {public_url}setup/{token}"))?;
        }
        self.tasks.spawn(sweep_daily(self.pools.system.clone(), self.clock.clone(), self.stop.clone()));
        say(&format!("Listening on {}", public_url.as_str().trim_end_matches('/')))?;
        let service = web::framed(web::pages(), app).into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::select! {
            ended = server.into_future() => ended.map_err(|error| Error::Internal(error.into())),
            // streams of live pages would hold the process for as long as somebody looks
            () = async { stop.cancelled().await; tokio::time::sleep(LAST_PAGES).await } => Ok(()),
        }
    }

    fn app(&self, config: &Config) -> App {
        Handles {
            db: self.pools.web.clone(),
            system: self.pools.system.clone(),
            clock: self.clock.clone(),
            vault: self.vault.clone(),
            egress: self.egress.clone(),
            renewals: self.renewals.clone(),
            mailer: self.mailer.clone(),
            errands: self.errands.clone(),
            passwords: Passwords::default(),
            queue: self.queue.clone(),
            live: self.live.clone(),
            metrics: self.metrics.clone(),
            public_url: self.public_url.clone(),
            sign_up: config.access.sign_up,
            proxies: config.access.proxies.clone(),
        }
        .into()
    }

    async fn stop(self) {
        self.errands.finish().await;
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::Refused(format!("Cannot listen on {address}: {error}. Stop what uses it, or set CRAFT_LISTEN"))
    })
}

/// Stores the shipped connectors, the built-in one with the tools that this binary has.
pub async fn ship(
    system: &SystemDb,
    shipped: &[Shipped],
    egress: &Egress,
    workbench: &Workbench,
    clock: &Clock,
) -> Result<()> {
    let target = Target::Workbench(workbench.clone());
    let limits =
        Limits { deadline: tokio::time::Instant::now() + Duration::from_secs(10), max_response_bytes: 1 << 20 };
    let found = upstream::discover(egress, &target, limits).await?;
    connectors::ship(system, shipped, &found.tools, clock.now()).await
}

fn egress_policy(config: &Config) -> EgressPolicy {
    let listens_on_loopback = config.access.listen.ip().is_loopback();
    // the neighbours of a hub that strangers can reach are not its users' business
    let holds = |rule: &&AllowRule| listens_on_loopback || !rule.is_loopback();
    EgressPolicy { allow: config.outgoing.egress_allow.iter().filter(holds).cloned().collect() }
}

fn mailer(config: &Config, public_url: &Url) -> Result<Mailer> {
    let outbox = config.open_data_dir().and_then(|dir| dir.child("outbox")).map_err(refused)?;
    let from = format!("craft@{}", public_url.host_str().filter(|host| host.contains('.')).unwrap_or("localhost"));
    Mailer::new(config.outgoing.smtp_url.as_ref(), outbox, &from)
}

fn public_url(config: &Config, bound: SocketAddr) -> Result<Url> {
    match &config.access.public_url {
        Some(url) => Ok(url.clone()),
        None => Url::parse(&format!("http://{bound}")).map_err(|error| Error::Internal(error.into())),
    }
}

/// Ends when the process is asked to stop: by Ctrl-C, or by a supervisor.
fn stop_signal() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signals = [SignalKind::interrupt(), SignalKind::terminate()];
    for kind in signals {
        let mut heard = signal(kind).map_err(|error| Error::Internal(error.into()))?;
        let stop = stop.clone();
        tokio::spawn(async move {
            heard.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// Collects the figures of this process.
fn metrics() -> Result<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().map_err(|error| Error::Internal(error.into()))
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Refused(error.to_string())
}

/// A line for whoever started the process.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Error::Internal(error.into()))
}
