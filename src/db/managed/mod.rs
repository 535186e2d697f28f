//! The private PostgreSQL: a real server in the data directory, which is reachable through its socket only.
//!
//! Each process that uses the server has a [`PrivatePostgres`]. `craft serve` gets it from [`PrivatePostgres::serve`], which also keeps a
//! second hub away from the data directory; all other commands get it from [`PrivatePostgres::join`]. The first process starts
//! PostgreSQL, or adopts a server that a killed process left running. Each process restarts the server if it dies. The
//! last process to leave stops it.
//!
//! Three locks in `run/` implement this. The kernel releases them when their process ends:
//! - `server.lock`, exclusive: held by `craft serve` while it runs;
//! - `users.lock`, shared: held by each [`PrivatePostgres`];
//! - `change.lock`, exclusive: held while PostgreSQL is started or stopped, and while a process joins or leaves.

mod account;
mod cluster;
mod lock;
mod lock_file;
mod postmaster;
mod programs;
mod settings;
mod setup;
mod socket;
mod supervise;

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::account::Account;
use self::cluster::Cluster;
use self::lock::{Lock, SharedLock};
pub use self::settings::Purpose;
use crate::config::{Config, DataDir};
use crate::error::{Error, Result};

/// A use of the running private PostgreSQL. Dropping it without [`PrivatePostgres::stop`] leaves PostgreSQL running.
#[derive(Debug)]
pub struct PrivatePostgres {
    cluster: Arc<Cluster>,
    users: SharedLock,
    supervisor: TaskTracker,
    stop_supervisor: DropGuard,
    _server: Option<Lock>,
}

impl PrivatePostgres {
    /// Starts or adopts PostgreSQL as the only `craft serve` of this data directory.
    pub async fn serve(config: &Config) -> Result<Self> {
        let run = open(config)?.child("run").map_err(refused)?;
        let Some(server) = Lock::try_acquire(&run.join("server.lock"))? else {
            return Err(Error::conflict(
                format!("Another craft server already uses the data directory {}", config.storage.data_dir.display()),
                "Stop it, or set CRAFT_DATA_DIR to another one",
            ));
        };
        Ok(Self { _server: Some(server), ..Self::join(config).await? })
    }

    /// Starts PostgreSQL, or joins the running server.
    pub async fn join(config: &Config) -> Result<Self> {
        Self::join_with(config, Purpose::Hub).await
    }

    /// Like [`PrivatePostgres::join`], for a purpose other than the hub's own.
    pub async fn join_with(config: &Config, purpose: Purpose) -> Result<Self> {
        let data_dir = open(config)?;
        let run = data_dir.child("run").map_err(refused)?;
        let cluster = Cluster {
            home: cluster_home(&data_dir)?,
            account: Account::find(data_dir.path()).await?,
            pg_bin: config.storage.pg_bin.clone(),
            purpose,
            change_lock: run.join("change.lock"),
        };
        let cluster = Arc::new(cluster);
        let change = Lock::acquire(&cluster.change_lock).await?;
        let users = SharedLock::acquire(&run.join("users.lock")).await?;
        cluster.ensure_running(&change).await?;
        drop(change);
        let (token, supervisor) = (CancellationToken::new(), TaskTracker::new());
        supervisor.spawn(supervise::supervise(Arc::clone(&cluster), token.clone()));
        Ok(Self { cluster, users, supervisor, stop_supervisor: token.drop_guard(), _server: None })
    }

    /// Returns the options to connect as the plain role that owns the hub's database.
    pub fn options(&self) -> Result<PgConnectOptions> {
        self.cluster.options("craft", "craft")
    }

    /// Returns the options to connect as the server's superuser: for maintenance, never for the hub itself.
    pub fn superuser_options(&self) -> Result<PgConnectOptions> {
        self.cluster.options("postgres", "postgres")
    }

    /// Returns the directory of PostgreSQL's files, including its log.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        &self.cluster.home
    }

    /// Leaves the server; the last process to leave stops it. Close the pools before.
    pub async fn stop(self) -> Result<()> {
        drop(self.stop_supervisor);
        self.supervisor.close();
        self.supervisor.wait().await;
        let change = Lock::acquire(&self.cluster.change_lock).await?;
        if self.users.release()? {
            self.cluster.shut_down(&change).await?;
        }
        Ok(())
    }
}

fn open(config: &Config) -> Result<DataDir> {
    config.open_data_dir().map_err(refused)
}

fn cluster_home(data_dir: &DataDir) -> Result<PathBuf> {
    data_dir.child("postgres").map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::refused(error.to_string())
}

/// Returns an error of the machine; `message` says what failed.
fn failed(message: impl std::fmt::Display, error: impl Into<anyhow::Error>) -> Error {
    let error = error.into();
    Error::upstream("postgres", format!("{message}: {error}"), error)
}
