//! A database for one group of figures, durable as in production, under `/var/tmp` (`/tmp` may be in memory).

use std::path::{Path, PathBuf};

use craft::clock::{Clock, Timestamp};
use craft::config::Config;
use craft::db::managed::PrivatePostgres;
use craft::db::{Databases, PoolSizes, Server, ensure_partitions};
use sqlx::{AssertSqlSafe, PgPool};

/// A migrated database on a private PostgreSQL.
pub(crate) struct BenchDatabase {
    dir: PathBuf,
    managed: PrivatePostgres,
    pub(crate) server: Server,
    pub(crate) pools: Databases,
    pub(crate) clock: Clock,
}

impl BenchDatabase {
    pub(crate) async fn new() -> Self {
        let dir = PathBuf::from(format!("/var/tmp/craft-budgets-{}", std::process::id()));
        let text = dir.to_str().unwrap().to_owned();
        let config = Config::load(None, |name| (name == "CRAFT_DATA_DIR").then(|| text.clone())).unwrap();
        let managed = PrivatePostgres::serve(&config).await.unwrap();
        let server = Server::reach(managed.options().unwrap()).await.unwrap();
        server.migrate().await.unwrap();
        let pools = server.open(PoolSizes::default());
        let clock = Clock::real();
        ensure_partitions(&pools.system, clock.now()).await.unwrap();
        Self { dir, managed, server, pools, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The pool that sees every row.
    pub(crate) fn pool(&self) -> &PgPool {
        self.pools.system.pool()
    }

    /// Returns the URL for other processes.
    pub(crate) fn url(&self) -> String {
        let options = self.server.options();
        let socket = options.get_socket().unwrap().display();
        format!("postgres:///craft?host={socket}&port={}&user=craft", options.get_port())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) async fn execute(&self, statements: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(statements.into())).execute(self.pool()).await.unwrap();
    }

    pub(crate) async fn close(self) {
        self.pools.close().await;
        self.managed.stop().await.unwrap();
        std::fs::remove_dir_all(&self.dir).unwrap();
    }
}
