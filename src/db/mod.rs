//! PostgreSQL: two pools, and transactions that know whose rows they may see.
//!
//! - [`Db`] is what pages use: [`Db::as_user`] opens a transaction in which row-level security shows one user's rows.
//! - [`SystemDb`] sees all rows. The worker, the queue and look-ups that precede a user hold it, and nobody else
//!   (a test keeps the list).

use sqlx::{AssertSqlSafe, PgPool, Postgres};

use crate::actor::Actor;
use crate::error::Result;

/// An open transaction; dropped without a commit, it rolls back.
pub type Tx = sqlx::Transaction<'static, Postgres>;

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
        let begin = format!("BEGIN; SELECT set_config('app.user_id', '{}', true)", actor.user_id());
        Ok(self.pool.begin_with(AssertSqlSafe(begin)).await?)
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

    /// The pool, for single statements.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Opens a transaction that sees every row.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.pool.begin().await?)
    }
}
