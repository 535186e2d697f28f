//! PostgreSQL: two pools, and transactions that know whose rows they may see.
//!
//! - [`Db`] is what pages use: [`Db::as_user`] opens a transaction in which row-level security shows one user's rows.
//! - [`SystemDb`] sees all rows. The worker, the queue and look-ups that precede a user hold it, and nobody else
//!   (a test keeps the list).
//!
//! From start to pools: [`Server::reach`] (a server that row-level security binds us on), [`Server::migrate`],
//! [`Server::open`].

mod constraint;
pub mod managed;
mod migrate;
pub mod ownership;
mod server;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr, SqlStr};

pub use self::constraint::OnConstraint;
pub use self::migrate::{MIGRATOR, ensure_partitions, ready};
pub use self::server::{PoolSizes, Server};
use crate::actor::Actor;
use crate::error::{Error, Result};

/// An open transaction; dropped without a commit, it rolls back.
pub type Tx = sqlx::Transaction<'static, Postgres>;

/// Both pools of one database.
#[derive(Clone, Debug)]
pub struct Databases {
    /// For pages.
    pub web: Db,
    /// For the worker, and for look-ups that precede a user.
    pub system: SystemDb,
}

impl Databases {
    /// Closes all connections, once what runs on them has ended.
    pub async fn close(&self) {
        self.web.pool.close().await;
        self.system.pool.close().await;
    }
}

/// The pool of the pages: rows of one user at a time.
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

    /// Opens a transaction that sees the actor's rows and what is shared, in one round trip.
    pub async fn as_user(&self, actor: &Actor) -> Result<Tx> {
        // the id is a UUID, rendered by us: nothing in it can end the literal
        let statement = format!("BEGIN; SET LOCAL app.user_id = '{}'", actor.user_id());
        begin(&self.pool, AssertSqlSafe(statement).into_sql_str()).await
    }
}

/// The pool of the system: every row. Its connections begin with `app.system` on.
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

    /// The pool, for single statements and for listening. See [`SystemDb::acquire`] and [`SystemDb::begin`].
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Takes a connection from the pool, for statements that need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Opens a transaction that sees every row.
    pub async fn begin(&self) -> Result<Tx> {
        begin(&self.pool, "BEGIN".into_sql_str()).await
    }
}

/// Begins in a task of its own, which a cancelled request cannot cut short.
///
/// Cut short, `BEGIN` would be answered after the connection went back to the pool: its next user would stand inside
/// the open transaction, with the former `app.user_id`, and lose what they write. The task's transaction, when nobody
/// waits for it any more, is dropped and so rolls back.
async fn begin(pool: &PgPool, statement: SqlStr) -> Result<Tx> {
    let connection = pool.acquire().await?;
    match tokio::spawn(Tx::begin(connection, Some(statement))).await {
        Ok(begun) => Ok(begun?),
        Err(ended) => Err(Error::internal(ended)),
    }
}
