//! A history of any size: connectors, users, connections, and jobs with their events, results and audit entries.

use craft::clock::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

/// Jobs written by one statement.
const BATCH_SIZE: u64 = 50_000;

/// A database connection that writes a history.
pub(crate) struct Past(PgConnection);

impl Past {
    /// Creates connectors, users and connections, once for a database; `owner` is the e-mail address of an existing account.
    pub(crate) async fn begin(options: PgConnectOptions, owner: &str, now: Timestamp) -> sqlx::Result<Self> {
        let mut conn = options.connect().await?;
        set(&mut conn, "seed.owner", owner).await?;
        set(&mut conn, "seed.now", &now.to_string()).await?;
        sqlx::raw_sql(include_str!("people.sql")).execute(&mut conn).await?;
        Ok(Self(conn))
    }

    /// Adds this many jobs to the history and calls `progress` with the number written so far.
    pub(crate) async fn write(&mut self, jobs: u64, mut progress: impl FnMut(u64)) -> sqlx::Result<()> {
        set(&mut self.0, "seed.of", &jobs.to_string()).await?;
        let mut written = 0;
        while written < jobs {
            let last = jobs.min(written + BATCH_SIZE);
            set(&mut self.0, "seed.first", &(written + 1).to_string()).await?;
            set(&mut self.0, "seed.last", &last.to_string()).await?;
            sqlx::raw_sql(include_str!("jobs.sql")).execute(&mut self.0).await?;
            written = last;
            progress(written);
        }
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut self.0).await?;
        Ok(())
    }
}

async fn set(conn: &mut PgConnection, name: &str, value: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT set_config($1, $2, false)").bind(name).bind(value).execute(conn).await?;
    Ok(())
}
