//! The private PostgreSQL: a real server in the data directory, reachable through its socket alone.
//!
//! Whoever needs it holds a [`Managed`]: `craft serve` by [`Managed::serve`], which also keeps a second server away from
//! the data directory, every other command by [`Managed::join`]. The first of them starts PostgreSQL or adopts one that
//! a killed process left running; each of them starts it again should it die; the last one to leave stops it.
//!
//! Three locks in `run/` carry this, all let go of by the kernel when their process ends:
//! - `server.lock`, exclusive: held by the one server while it lives;
//! - `users.lock`, shared: held by every [`Managed`];
//! - `change.lock`, exclusive: held while PostgreSQL is started or stopped, and while a user comes or goes.

mod account;
mod cluster;
mod lock;
mod postmaster;
mod programs;
mod settings;
mod setup;
mod socket;
mod supervise;

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::account::Account;
use self::cluster::Cluster;
use self::lock::{Lock, SharedLock};
pub use self::settings::Purpose;
use crate::config::{Config, DataDir};
use crate::error::{Error, Result};

/// A hold on the running private PostgreSQL. Dropped without [`Managed::stop`], it leaves PostgreSQL running.
#[derive(Debug)]
pub struct Managed {
    cluster: Arc<Cluster>,
    users: SharedLock,
    supervisor: JoinHandle<()>,
    ends_supervisor: DropGuard,
    _server: Option<Lock>,
}

impl Managed {
    /// Starts or adopts PostgreSQL as the one server of this data directory.
    pub async fn serve(config: &Config) -> Result<Self> {
        let run = open(config)?.child("run").map_err(refused)?;
        let Some(server) = Lock::try_take(&run.join("server.lock"))? else {
            return Err(Error::Conflict(format!(
                "Another craft server already uses the data directory {}: stop it, or set CRAFT_DATA_DIR to another one",
                config.storage.data_dir.display()
            )));
        };
        Ok(Self { _server: Some(server), ..Self::join(config).await? })
    }

    /// Starts PostgreSQL or joins the running one.
    pub async fn join(config: &Config) -> Result<Self> {
        Self::join_with(config, Purpose::Hub).await
    }

    /// The same, for a purpose other than the hub's own.
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
        let change = Lock::take(&cluster.change_lock).await?;
        let users = SharedLock::take(&run.join("users.lock")).await?;
        cluster.ensure_running(&change).await?;
        drop(change);
        let token = CancellationToken::new();
        let supervisor = tokio::spawn(supervise::supervise(Arc::clone(&cluster), token.clone()));
        Ok(Self { cluster, users, supervisor, ends_supervisor: token.drop_guard(), _server: None })
    }

    /// How to connect as the plain role that owns the hub's database.
    pub fn options(&self) -> Result<PgConnectOptions> {
        self.cluster.options("craft", "craft")
    }

    /// How to connect as the server's superuser (maintenance, never the hub itself).
    pub fn superuser_options(&self) -> Result<PgConnectOptions> {
        self.cluster.options("postgres", "postgres")
    }

    /// Where PostgreSQL keeps its files, its log among them.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        &self.cluster.home
    }

    /// Leaves; the last one to leave stops PostgreSQL. Close the pools before.
    pub async fn stop(self) -> Result<()> {
        drop(self.ends_supervisor);
        // it ends by itself; if it panicked, there is nothing left to wait for
        let _ = self.supervisor.await;
        let change = Lock::take(&self.cluster.change_lock).await?;
        if self.users.leave()? {
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

/// A failure of the machine, in a sentence that says what was being done.
fn failed(doing: impl std::fmt::Display, error: impl Into<anyhow::Error>) -> Error {
    let error = error.into();
    Error::upstream("postgres", format!("{doing}: {error}"), error)
}
