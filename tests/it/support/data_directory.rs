//! The data directory of one test, in which real processes work.

use std::path::PathBuf;

use craft::config::Config;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use uuid::Uuid;

use super::database::{config_with, scratch_dir};

/// Removed on drop, after the PostgreSQL that runs in it was killed.
pub(crate) struct DataDirectory(pub(crate) PathBuf);

impl DataDirectory {
    pub(crate) fn new(name: &str) -> Self {
        let path = scratch_dir().join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn config(&self) -> Config {
        config_with(&self.0)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("postgres/data")
    }

    /// Returns the process id in `postmaster.pid`, if the file exists.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
    }
}

/// The queue in the private PostgreSQL, beside the hub.
impl DataDirectory {
    async fn connect(&self) -> PgConnection {
        let home = self.0.join("postgres");
        let socket =
            std::fs::read_to_string(home.join("socket.path")).map_or_else(|_| home.join("socket"), PathBuf::from);
        let options = PgConnectOptions::new_without_pgpass().socket(socket).username("craft").database("craft");
        options.connect().await.unwrap()
    }

    /// Returns the workers that the queue knows.
    pub(crate) async fn workers(&self) -> Vec<Uuid> {
        sqlx::query_scalar("SELECT id FROM worker").fetch_all(&mut self.connect().await).await.unwrap()
    }

    /// Counts these killed workers as dead at once, without the 20 seconds of silence.
    pub(crate) async fn bury(&self, workers: &[Uuid]) {
        let mut connection = self.connect().await;
        for statement in ["DELETE FROM worker WHERE id = ANY($1)", "DELETE FROM leader WHERE worker_id = ANY($1)"] {
            sqlx::query(statement).bind(workers).execute(&mut connection).await.unwrap();
        }
    }
}

impl Drop for DataDirectory {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
