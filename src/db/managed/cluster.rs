//! A PostgreSQL cluster: how it is started, checked for readiness, and stopped. Callers hold the change lock.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::time::Instant;

use super::account::Account;
use super::lock::Lock;
use super::postmaster::Postmaster;
use super::programs::Programs;
use super::settings::{Purpose, settings};
use super::{failed, lock_file, setup, socket};
use crate::error::{Error, Result};

/// Time to become ready, restarted by each answer "not yet": recovery after a crash can take long.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a fast shutdown, which writes a checkpoint.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for an immediate shutdown.
const QUIT_TIMEOUT: Duration = Duration::from_secs(10);
const READY_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The cluster of one data directory.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) home: PathBuf,
    pub(super) account: Account,
    pub(super) pg_bin: Option<PathBuf>,
    pub(super) purpose: Purpose,
    pub(super) change_lock: PathBuf,
}

impl Cluster {
    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(super) fn options(&self, role: &str, database: &str) -> Result<PgConnectOptions> {
        let socket = socket::directory(&self.home, &self.account)?;
        let options = PgConnectOptions::new_without_pgpass().socket(socket).port(5432).ssl_mode(PgSslMode::Disable);
        Ok(options.username(role).database(database))
    }

    /// Adopts the running server, or starts one. Returns when it answers and the hub's database exists.
    pub(super) async fn ensure_running(&self, _change: &Lock) -> Result<()> {
        self.account.take_ownership(&self.home)?;
        if Postmaster::find(&self.data()).is_some()
            && let Some(connection) = self.wait_ready(None).await?
        {
            return self.finish(connection).await;
        }
        // no server was running, or it was about to stop
        self.release_locks().await?;
        let mut child = self.spawn().await?;
        let ready = self.wait_ready(Some(&mut child)).await?;
        let Some(connection) = ready else { return Err(self.start_failure()) };
        // the server outlives this value; the runtime collects its exit status
        drop(child);
        self.finish(connection).await
    }

    /// Stops the server: a fast shutdown first, which ends open statements, then an immediate one.
    pub(super) async fn shut_down(&self, _change: &Lock) -> Result<()> {
        let data = self.data();
        for (signal, timeout) in [(Signal::INT, STOP_TIMEOUT), (Signal::QUIT, QUIT_TIMEOUT)] {
            let Some(postmaster) = Postmaster::find(&data) else { break };
            postmaster.signal(signal)?;
            postmaster.wait_for_exit(&data, timeout).await;
        }
        if Postmaster::find(&data).is_some() {
            return Err(Error::refused(format!("PostgreSQL in {} does not stop", self.home.display())));
        }
        socket::clear(&self.home, &self.account);
        Ok(())
    }

    async fn finish(&self, mut connection: PgConnection) -> Result<()> {
        setup::create_database(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    /// Makes lock files harmless that a killed server has left. Whoever starts or stops the server holds the change lock.
    async fn release_locks(&self) -> Result<()> {
        let socket = socket::directory(&self.home, &self.account)?;
        let locks = [self.data().join("postmaster.pid"), socket::lock_file(&socket)];
        if !locks.iter().any(|lock| lock.exists()) {
            return Ok(());
        }
        // such a server runs in another container: its number means nothing here
        if UnixStream::connect(socket::file(&socket)).await.is_ok() {
            return Err(Error::conflict(
                format!("Another PostgreSQL already uses {}", self.home.display()),
                "Stop it, or set CRAFT_DATA_DIR to another directory",
            ));
        }
        for lock in locks {
            lock_file::release(&lock, &self.account)?;
        }
        Ok(())
    }

    async fn spawn(&self) -> Result<Child> {
        let (data, log) = (self.data(), self.home.join("log"));
        let programs = Programs::find(self.pg_bin.as_deref(), setup::version(&data)).await?;
        if setup::version(&data).is_none() {
            setup::create_cluster(&self.home, &data, &programs, &self.account, self.purpose).await?;
        }
        setup::create_log_dir(&log, &self.account)?;
        setup::write_access_rules(&data, &self.account)?;
        let socket = socket::directory(&self.home, &self.account)?;
        let cannot_log = |error| failed("PostgreSQL's log cannot be written", error);
        let start_log = File::create(log.join("start.log")).map_err(cannot_log)?;
        let mut postgres = self.account.command(&programs.path("postgres"), &self.home);
        postgres.arg("-D").arg(&data);
        for setting in settings(self.purpose, &socket, &log) {
            postgres.arg("-c").arg(setting);
        }
        postgres.stdout(start_log.try_clone().map_err(cannot_log)?).stderr(start_log);
        postgres.spawn().map_err(|error| failed("PostgreSQL cannot be started", error))
    }

    /// Waits until the server answers; returns `None` if it stopped instead. `child` is the server, if this process started it.
    async fn wait_ready(&self, mut child: Option<&mut Child>) -> Result<Option<PgConnection>> {
        let options = self.options("postgres", "postgres")?;
        let mut deadline = Instant::now() + READY_TIMEOUT;
        loop {
            match options.connect().await {
                Ok(connection) => return Ok(Some(connection)),
                Err(sqlx::Error::Database(answer)) if answer.code().as_deref() == Some("57P03") => {
                    deadline = Instant::now() + READY_TIMEOUT;
                }
                Err(sqlx::Error::Database(answer)) => return Err(failed("PostgreSQL refuses the hub", answer)),
                Err(_) => {}
            }
            if Instant::now() > deadline {
                return Err(self.start_failure());
            }
            let has_ended = match &mut child {
                Some(child) => child.try_wait().is_ok_and(|status| status.is_some()),
                None => Postmaster::find(&self.data()).is_none(),
            };
            if has_ended {
                return Ok(None);
            }
            tokio::time::sleep(READY_POLL_INTERVAL).await;
        }
    }

    /// Returns an error with the last lines of PostgreSQL's log.
    fn start_failure(&self) -> Error {
        let log = self.home.join("log");
        let lines = last_lines(&log, 5).unwrap_or_else(|| "it left no log".to_owned());
        let message = format!("PostgreSQL did not start (log in {})", log.display());
        failed(message, anyhow::Error::msg(lines))
    }
}

/// Returns the last lines of the newest file in `log`.
fn last_lines(log: &Path, count: usize) -> Option<String> {
    let files = std::fs::read_dir(log).ok()?.flatten();
    let written = files.filter_map(|file| {
        let meta = file.metadata().ok().filter(|meta| meta.len() > 0)?;
        Some((meta.modified().ok()?, file.path()))
    });
    let (_, newest) = written.max()?;
    let text = String::from_utf8_lossy(&std::fs::read(newest).ok()?).into_owned();
    let lines: Vec<_> = text.lines().collect();
    Some(lines.get(lines.len().saturating_sub(count)..)?.join("\n"))
}
