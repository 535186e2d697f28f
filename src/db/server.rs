//! Connections to a PostgreSQL server that is new enough, and on which row-level security applies to the hub.
//!
//! A superuser, or a role with BYPASSRLS, sees all rows in spite of the policies. With such a login, each connection
//! changes to a plain role that owns the tables. The role is set in the start-up packet: before the first statement, and
//! `RESET` does not undo it.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Databases, Db, SystemDb};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Version 15 introduced `security_invoker` views and `NULLS NOT DISTINCT`.
const MIN_VERSION: i32 = 150_000;
/// Error class of a server that is unreachable or refuses the connection.
const UNREACHABLE: &str = "unreachable";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is pinged before it is used: the server may have restarted.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Maximum number of connections of each pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolSizes {
    /// Connections for pages.
    pub web: u32,
    /// Connections for the worker and look-ups.
    pub system: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { web: 16, system: 12 }
    }
}

/// A server that was reached and can be used.
#[derive(Clone, Debug)]
pub struct Server {
    options: PgConnectOptions,
    notice: Option<String>,
}

/// The role and version that a new connection reports.
struct Login {
    name: String,
    version: i32,
    bypasses_rls: bool,
    plain_owner: Option<String>,
}

impl Server {
    /// Reaches the server of `DATABASE_URL`.
    pub async fn reach_url(url: &Secret) -> Result<Self> {
        let options: PgConnectOptions = url.expose().parse().map_err(|error: sqlx::Error| {
            let message = format!(
                "DATABASE_URL cannot be understood ({error}): \
                 write it as postgres://user:password@host:5432/database"
            );
            Error::upstream(UNREACHABLE, message, anyhow::Error::from(error))
        })?;
        Self::reach(options).await.map_err(|error| match error {
            Error::Upstream { class: UNREACHABLE, message, source } => {
                Error::Upstream { class: UNREACHABLE, message: message.with_advice("Check DATABASE_URL"), source }
            }
            other => other,
        })
    }

    /// Reaches a server. If row-level security does not apply to the login, creates a plain role.
    pub async fn reach(options: PgConnectOptions) -> Result<Self> {
        let options = options.application_name("craft");
        let (mut connection, login) = connect(&options).await?;
        let server = if login.bypasses_rls {
            let owner = match login.plain_owner {
                Some(owner) => owner,
                None => create_owner_role(&mut connection, &options).await?,
            };
            let notice = format!(
                "Row-level security does not bind the database login `{}`; every connection works as `{owner}` instead",
                login.name
            );
            Self { options: options.options([("role", &owner)]), notice: Some(notice) }
        } else {
            Self { options, notice: None }
        };
        connection.close().await?;
        Ok(server)
    }

    /// Returns a note for the operator about the login.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Returns the options of a system connection outside of the pools, for listening.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone().options([("app.system", "on")])
    }

    /// Opens both pools, which connect at first use.
    #[must_use]
    pub fn open(&self, sizes: PoolSizes) -> Databases {
        // set here because later options override DATABASE_URL and PGOPTIONS. Statements are short and planned once: jit and
        // custom plans cost more than they save. The queue's tables grow and empty within seconds. A plan that was made while
        // a table was empty must not scan it whole later, so sequential scans are off. Disks are fast at random reads
        let common = self.options.clone().options([
            ("idle_in_transaction_session_timeout", "30s"),
            ("jit", "off"),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("random_page_cost", "1.1"),
        ]);
        let web = common.clone().options([("app.system", "off")]);
        let system = common.options([("app.system", "on")]);
        Databases {
            web: Db::new(pool(sizes.web).connect_lazy_with(web)),
            system: SystemDb::new(pool(sizes.system).connect_lazy_with(system)),
        }
    }

    /// Opens a system connection for migrations.
    pub(super) async fn system_connection(&self) -> Result<PgConnection> {
        let options = self.options.clone().options([("app.system", "on")]);
        Ok(connect(&options).await?.0)
    }
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

async fn connect(options: &PgConnectOptions) -> Result<(PgConnection, Login)> {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
    let connected = connected.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
    let mut connection = connected.map_err(|error| unreachable(options, error))?;
    let login = sqlx::query_as!(
        Login,
        r#"
        SELECT current_user::text AS "name!",
               current_setting('server_version_num')::integer AS "version!",
               rolsuper OR rolbypassrls AS "bypasses_rls!",
               (SELECT o.rolname
                FROM pg_class t
                JOIN pg_roles o ON o.oid = t.relowner
                WHERE t.oid = to_regclass('_sqlx_migrations') AND NOT (o.rolsuper OR o.rolbypassrls)) AS plain_owner
        FROM pg_roles
        WHERE rolname = current_user
        "#
    )
    .fetch_one(&mut connection)
    .await?;
    if login.version < MIN_VERSION {
        let (found, needed) = (login.version / 10_000, MIN_VERSION / 10_000);
        return Err(Error::refused(format!(
            "PostgreSQL at {} is version {found}; version {needed} or newer is needed",
            address(options)
        )));
    }
    Ok((connection, login))
}

/// Creates the plain role, gives it the tables of earlier starts, and checks that row-level security applies to it.
async fn create_owner_role(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<String> {
    const OWNER: &str = "craft_owner";
    sqlx::raw_sql(include_str!("owner.sql")).execute(connection).await.map_err(|error| {
        let message =
            format!("A plain role to own the tables cannot be created on PostgreSQL at {}: {error}", address(options));
        Error::upstream("no_owner_role", message, anyhow::Error::from(error))
    })?;
    let (stepped_down, login) = connect(&options.clone().options([("role", OWNER)])).await?;
    stepped_down.close().await?;
    if login.bypasses_rls {
        return Err(Error::refused(format!(
            "The database role `{OWNER}` is a superuser or has BYPASSRLS: remove that with \
             ALTER ROLE {OWNER} NOSUPERUSER NOBYPASSRLS"
        )));
    }
    Ok(OWNER.to_owned())
}

/// Returns the server's address, without user and password.
pub(super) fn address(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

fn unreachable(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let address = address(options);
    let message = match &error {
        sqlx::Error::Database(refusal) => {
            format!("PostgreSQL at {address} refuses the connection: {}", refusal.message())
        }
        other => format!("PostgreSQL at {address} cannot be reached: {other}"),
    };
    Error::upstream(UNREACHABLE, message, anyhow::Error::from(error))
}
