//! PostgreSQL: two pools, and transactions that row-level security restricts to one owner.
//!
//! - [`Db`] is for pages: [`Db::enter`] opens a transaction in which row-level security shows the rows of one owner.
//! - [`SystemDb`] sees all rows. Only the worker, the queue, and look-ups before a user is known have it; a test keeps the
//!   list.
//!
//! A start calls, in this order: [`Server::reach`], which ensures that row-level security applies to the hub;
//! [`Server::migrate`]; [`Server::open`].

mod constraint;
pub mod managed;
mod migrate;
pub mod ownership;
mod pool_metrics;
mod server;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr, SqlStr};

pub use self::constraint::OnConstraint;
pub use self::migrate::{MIGRATOR, check_migrations, ensure_partitions};
pub use self::server::{PoolSizes, Server};
use crate::actor::Actor;
use crate::error::{Error, Result};

/// An open transaction. Rolls back when it is dropped without a commit.
pub type Tx = sqlx::Transaction<'static, Postgres>;

/// The pools of a database.
#[derive(Clone, Debug)]
pub struct Databases {
    /// The pool for pages.
    pub web: Db,
    /// The pool for the worker, and for look-ups before a user is known.
    pub system: SystemDb,
}

impl Databases {
    /// Closes all connections, after their current statements.
    pub async fn close(&self) {
        self.web.pool.close().await;
        self.system.pool.close().await;
    }
}

/// The pool for pages. A transaction sees the rows of one owner.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// Wraps a pool whose connections begin without `app.system`.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Opens a transaction that sees the rows of the actor's owner, and shared rows, in one round trip.
    ///
    /// The database checks that the user is the owner or a member of it. For anybody else no row is visible.
    pub async fn enter(&self, actor: &Actor) -> Result<Tx> {
        // the ids are UUIDs that we format: they cannot end the literals
        let statement = format!("BEGIN; SELECT enter('{}', '{}')", actor.user_id(), actor.owner_id());
        begin("web", &self.pool, AssertSqlSafe(statement).into_sql_str()).await
    }
}

/// The pool for the system, which sees all rows. Its connections begin with `app.system` on.
#[derive(Clone, Debug)]
pub struct SystemDb {
    pool: PgPool,
}

impl SystemDb {
    /// Wraps a pool whose connections begin with `app.system` on.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns the pool, for single statements and for listening. See [`SystemDb::acquire`] and [`SystemDb::begin`].
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Takes a connection from the pool, for statements that need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await.inspect_err(|error| pool_metrics::count_timeout("system", error))?)
    }

    /// Opens a transaction that sees all rows.
    pub async fn begin(&self) -> Result<Tx> {
        begin("system", &self.pool, "BEGIN".into_sql_str()).await
    }
}

/// Begins a transaction in a spawned task, which a cancelled request cannot interrupt.
///
/// If `BEGIN` were interrupted, the connection would return to the pool before the answer. Its next user would then work
/// inside of the open transaction, with the former user and owner, and lose all writes. A transaction of the task that
/// nobody waits for is dropped, and so rolls back.
async fn begin(name: &'static str, pool: &PgPool, statement: SqlStr) -> Result<Tx> {
    let connection = pool.acquire().await.inspect_err(|error| pool_metrics::count_timeout(name, error))?;
    match tokio::spawn(Tx::begin(connection, Some(statement))).await {
        Ok(begun) => Ok(begun?),
        Err(ended) => Err(Error::internal(ended)),
    }
}
