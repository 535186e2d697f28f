//! The hub's database as a process holds it: reached, brought up to date, and left as it was found.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::managed::PrivatePostgres;
use crate::db::{Databases, PoolSizes, Server, ensure_partitions};
use crate::error::Result;
use crate::secret::Secret;

/// A migrated database, and the private PostgreSQL under it, if it is private.
pub(crate) struct Database {
    managed: Option<PrivatePostgres>,
    pub(super) server: Server,
    pub(crate) pools: Databases,
}

impl Database {
    /// As the one server of the data directory.
    pub(super) async fn serve(config: &Config) -> Result<Self> {
        match &config.storage.database_url {
            Some(url) => Self::shared(url).await,
            None => Self::private(PrivatePostgres::serve(config).await?).await,
        }
    }

    /// Beside the server, if one runs.
    pub(crate) async fn join(config: &Config) -> Result<Self> {
        match &config.storage.database_url {
            Some(url) => Self::shared(url).await,
            None => Self::private(PrivatePostgres::join(config).await?).await,
        }
    }

    async fn shared(url: &Secret) -> Result<Self> {
        let server = Server::reach_url(url).await?;
        let pools = prepare(&server).await?;
        Ok(Self { managed: None, server, pools })
    }

    async fn private(managed: PrivatePostgres) -> Result<Self> {
        match reach_private(&managed).await {
            Ok((server, pools)) => Ok(Self { managed: Some(managed), server, pools }),
            Err(error) => {
                // PostgreSQL does not outlive a start that was refused
                if let Err(stuck) = managed.stop().await {
                    tracing::error!(error = %stuck, "PostgreSQL was left running");
                }
                Err(error)
            }
        }
    }

    /// Closes the pools; the last process to leave a private PostgreSQL stops it.
    pub(crate) async fn close(self) -> Result<()> {
        self.pools.close().await;
        match self.managed {
            Some(managed) => managed.stop().await,
            None => Ok(()),
        }
    }
}

async fn reach_private(managed: &PrivatePostgres) -> Result<(Server, Databases)> {
    let server = Server::reach(managed.options()?).await?;
    let pools = prepare(&server).await?;
    Ok((server, pools))
}

async fn prepare(server: &Server) -> Result<Databases> {
    if let Some(notice) = server.notice() {
        tracing::info!("{notice}");
    }
    server.migrate().await?;
    let pools = server.open(PoolSizes::default());
    ensure_partitions(&pools.system, Clock::real().now()).await?;
    Ok(pools)
}
