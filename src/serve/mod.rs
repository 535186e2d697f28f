//! Composition of the process: builds the hub from the configuration, serves pages and runs jobs, and drains both in
//! order when a signal asks the process to stop.
//!
//! The command line calls it. No other module may import it: what pages and jobs share is in `app`.

mod database;
mod http_server;
mod hub;
mod keys;
mod recurring_tasks;
mod router;
mod traces;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) use self::database::Database;
use self::http_server::raise_file_limit;
pub use self::http_server::{SocketLimits, serve_sockets};
pub use self::hub::{Dependencies, Hub, ship_connectors};
pub(crate) use self::keys::vault;
pub use self::router::router;
pub(crate) use self::traces::traces;
use crate::accounts::{self, Passwords};
use crate::clock::Clock;
use crate::config::{AllowRule, Config};
use crate::connectors;
use crate::egress::{Egress, EgressPolicy};
use crate::error::{Error, Result};
use crate::mail::Mailer;
use crate::queue::EngineSettings;
use crate::telemetry;
use crate::web;
use crate::workbench::Workbench;

/// Running jobs may take this long to finish after the process was asked to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Requests under way may take this long to finish after the process was asked to stop.
const REQUEST_DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The work of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serves pages and runs jobs.
    Both,
    /// Serves pages.
    Web,
    /// Runs jobs.
    Worker,
}

/// Runs until a signal. Prints the address of the pages and, on a hub without users, the link that creates the owner's
/// account, as soon as both can be used.
pub async fn run(config: &Config, role: Role) -> Result<()> {
    let stop = CancellationToken::new();
    // the handlers end with this function
    let _handlers = cancel_on_signal(&stop)?;
    let files = raise_file_limit();
    let database = match role {
        Role::Worker => Database::join(config).await?,
        Role::Both | Role::Web => Database::serve(config).await?,
    };
    let served = serve(config, role, &database, files, stop).await;
    let closed = database.close().await;
    served.and(closed)
}

async fn serve(config: &Config, role: Role, database: &Database, files: u64, stop: CancellationToken) -> Result<()> {
    // before the worker starts: a process that cannot bind has claimed no job
    let listener = match role {
        Role::Worker => None,
        Role::Both | Role::Web => Some(listen(config.access.listen).await?),
    };
    let address = match &listener {
        Some(listener) => listener.local_addr().map_err(Error::internal)?,
        None => config.access.listen,
    };
    let outbox = config.outgoing.smtp_url.is_none().then(|| outbox_folder(config)).transpose()?;
    let hub = Hub::build(dependencies(config, database, address).await?);
    hub.ship_connectors(connectors::parse_shipped().map(|it| it.map_err(refused))).await?;
    if sends_mail(role, config.outgoing.smtp_url.is_some()) {
        hub.start_mail();
    }
    let worker = match role {
        Role::Web => None,
        Role::Both | Role::Worker => {
            hub.start_refresh();
            let slots = u16::try_from(config.process.workers).unwrap_or(u16::MAX);
            let info = format!("craft {} pid {}", env!("CARGO_PKG_VERSION"), std::process::id());
            Some(hub.start_worker(EngineSettings { slots, ..EngineSettings::default() }, &info).await?)
        }
    };
    let served = match listener {
        None => {
            print_line("Running jobs.")?;
            stop.cancelled().await;
            Ok(())
        }
        Some(listener) => serve_pages(&hub, listener, SocketLimits::for_files(files), outbox, stop).await,
    };
    if let Some((engine, running)) = worker {
        engine.shutdown(DRAIN_TIMEOUT).await;
        // the task ends with the engine; a panic in it was logged where it happened
        let _ = running.await;
    }
    hub.stop().await;
    served
}

/// Builds the parts of the hub. `address` is where the pages listen; a configured public URL takes precedence.
async fn dependencies(config: &Config, database: &Database, address: SocketAddr) -> Result<Dependencies> {
    // before every part that takes handles of its metrics
    let metrics = telemetry::install()?;
    let databases = database.pools.clone();
    let clock = Clock::real();
    let vault = vault(config)?;
    vault.start(&databases.system, clock.now()).await?;
    let public_url = public_url(config, address)?;
    Ok(Dependencies {
        databases,
        listener: database.server.options(),
        clock,
        vault,
        egress: Egress::new(egress_policy(config)).with_authorities(config.outgoing.authorities()),
        mailer: mailer(config, &public_url)?,
        passwords: Passwords::default(),
        workbench: Workbench::from_current_program(),
        metrics,
        public_url,
        sign_up: config.access.sign_up,
        proxies: config.access.proxies.clone(),
        settings: config.settings.clone(),
        registries: config.outgoing.registry_urls.clone(),
    })
}

/// Returns the lines that a start prints. The set-up link is the last, in a block of its own.
fn greeting(public_url: &Url, setup_token: Option<&str>, outbox: Option<&Path>) -> String {
    let mut lines = Vec::new();
    if let Some(outbox) = outbox {
        let outbox = outbox.display();
        lines.push(format!("This hub has no mail server (CRAFT_SMTP_URL). Each message becomes a file in {outbox}"));
    }
    if setup_token.is_some() {
        lines.push("This hub has no owner yet".to_owned());
    }
    lines.push(format!("Listening on {}", public_url.as_str().trim_end_matches('/')));
    if let Some(token) = setup_token {
        lines.push(format!("\n  Open this link to create the owner’s account:\n\n  {public_url}setup/{token}\n"));
    }
    lines.join("\n")
}

async fn serve_pages(
    hub: &Hub,
    listener: TcpListener,
    limits: SocketLimits,
    outbox_folder: Option<PathBuf>,
    stop: CancellationToken,
) -> Result<()> {
    let app = &hub.app;
    app.egress.block_own_address(listener.local_addr().map_err(Error::internal)?);
    let setup_token = accounts::issue_setup_link(&app.system, app.clock.now()).await?;
    hub.start_daily_sweep();
    print_line(&greeting(&app.public_url, setup_token.as_deref(), outbox_folder.as_deref()))?;
    let routes = router(web::pages(), app.clone(), stop.clone());
    serve_sockets(listener, routes, limits, app.proxies.clone(), stop, REQUEST_DRAIN_TIMEOUT).await;
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::refused(format!("Cannot listen on {address}: {error}. Stop what uses it, or set CRAFT_LISTEN"))
    })
}

/// Returns the configured allow-list. A hub that listens beyond loopback must not let its users reach loopback services.
fn egress_policy(config: &Config) -> EgressPolicy {
    let listens_on_loopback = config.access.listen.ip().is_loopback();
    let is_allowed = |rule: &&AllowRule| listens_on_loopback || !rule.is_loopback();
    EgressPolicy { allow: config.outgoing.egress_allow.iter().filter(is_allowed).cloned().collect() }
}

/// Reports whether a process sends mail. On another machine than the pages, mails in a folder would be found by nobody.
fn sends_mail(role: Role, has_mail_server: bool) -> bool {
    role != Role::Worker || has_mail_server
}

/// Returns the folder of mails that no server sends.
fn outbox_folder(config: &Config) -> Result<PathBuf> {
    config.open_data_dir().and_then(|dir| dir.child("outbox")).map_err(refused)
}

fn mailer(config: &Config, public_url: &Url) -> Result<Mailer> {
    let outbox = outbox_folder(config)?;
    let from = format!("craft@{}", public_url.host_str().filter(|host| host.contains('.')).unwrap_or("localhost"));
    Mailer::new(config.outgoing.smtp_url.as_ref(), outbox, &from)
}

fn public_url(config: &Config, address: SocketAddr) -> Result<Url> {
    match &config.access.public_url {
        Some(url) => Ok(url.clone()),
        None => Url::parse(&format!("http://{address}")).map_err(Error::internal),
    }
}

/// Cancels `stop` on Ctrl-C and on the signal that supervisors send, until the returned tasks are dropped.
fn cancel_on_signal(stop: &CancellationToken) -> Result<JoinSet<()>> {
    let mut handlers = JoinSet::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut signals = signal(kind).map_err(Error::internal)?;
        let stop = stop.clone();
        handlers.spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(handlers)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::refused(error.to_string())
}

/// Prints a line for the person who started the process.
fn print_line(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::{Role, sends_mail};

    #[test]
    fn only_a_worker_without_a_mail_server_leaves_mail_to_the_pages() {
        for has_mail_server in [false, true] {
            for role in [Role::Both, Role::Web] {
                assert!(sends_mail(role, has_mail_server), "{role:?}");
            }
            assert_eq!(sends_mail(Role::Worker, has_mail_server), has_mail_server);
        }
    }
}
