//! Migrations: embedded in the binary, applied by one process at a time, never reverted.

use std::collections::BTreeSet;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, PgConnection};

use super::{Databases, Server, SystemDb};
use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// All migrations of this build.
pub const MIGRATOR: Migrator = sqlx::migrate!();

/// The table in which sqlx records applied migrations.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

impl Server {
    /// Applies all missing migrations.
    ///
    /// Refuses a database that a newer build has migrated, and one that contains tables of another program.
    pub async fn migrate(&self) -> Result<()> {
        let mut connection = self.system_connection().await?;
        // the lock covers the checks too; an early return closes the connection, which releases the lock
        connection.lock().await.map_err(explain)?;
        match applied(&mut connection).await? {
            Some(applied) => refuse_unknown(&applied)?,
            None => refuse_tables(&mut connection).await?,
        }
        MIGRATOR.run(&mut connection).await.map_err(explain)?;
        connection.close().await?;
        Ok(())
    }
}

/// Creates the partitions of this month and the next. Called at start and daily.
pub async fn ensure_partitions(db: &SystemDb, now: Timestamp) -> Result<()> {
    sqlx::query!("SELECT ensure_partitions($1)", now).execute(db.pool()).await?;
    Ok(())
}

/// Checks that the database answers and has exactly the migrations of this build.
pub async fn check_migrations(databases: &Databases) -> Result<()> {
    let mut connection = databases.system.acquire().await?;
    let applied = applied(&mut connection).await?.unwrap_or_default();
    refuse_unknown(&applied)?;
    match MIGRATOR.iter().find(|migration| !applied.contains(&migration.version)) {
        None => Ok(()),
        Some(next) => Err(Error::conflict(
            format!("The database lacks migration {} ({})", next.version, next.description),
            "Run `craft migrate`",
        )),
    }
}

/// Returns the applied versions, or `None` if the database was never migrated.
async fn applied(connection: &mut PgConnection) -> Result<Option<BTreeSet<i64>>> {
    let exists = sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "exists!""#);
    if !exists.fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    let applied = connection.list_applied_migrations(MIGRATIONS_TABLE).await.map_err(explain)?;
    Ok(Some(applied.into_iter().map(|migration| migration.version).collect()))
}

fn refuse_unknown(applied: &BTreeSet<i64>) -> Result<()> {
    let is_known = |version: &i64| MIGRATOR.version_exists(*version);
    match applied.iter().rfind(|version| !is_known(version)) {
        None => Ok(()),
        Some(_) if !applied.iter().any(is_known) => Err(foreign("its migrations are not the hub's")),
        Some(newest) => Err(Error::conflict(
            format!("The database has migration {newest}, which this build does not know"),
            "Start the newer version of craft that migrated it, or restore a backup",
        )),
    }
}

async fn refuse_tables(connection: &mut PgConnection) -> Result<()> {
    let table = sqlx::query_scalar!(
        r#"
        SELECT relname AS "name!"
        FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace
          AND relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype = 'e')
        ORDER BY relname
        LIMIT 1
        "#
    );
    match table.fetch_optional(connection).await? {
        None => Ok(()),
        Some(name) => Err(foreign(&format!("it has a table `{name}`"))),
    }
}

fn foreign(evidence: &str) -> Error {
    Error::refused(format!("The database belongs to another program ({evidence}): name an empty one in DATABASE_URL"))
}

fn explain(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMismatch(version) => Error::conflict(
            format!("Migration {version} of the database differs from this build's"),
            "Start the version of craft that applied it",
        ),
        MigrateError::Execute(error) => error.into(),
        other => Error::internal(other),
    }
}
