//! A server to work on: new enough, and one where row-level security binds us.
//!
//! A superuser, or a role with BYPASSRLS, would see every row whatever the policies say. Given such a login, every
//! connection steps down to a plain role that owns the tables, in its start-up packet: before its first statement, and
//! a `RESET` does not undo it.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Databases, Db, SystemDb};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Views with the caller's rights and `NULLS NOT DISTINCT` came with 15.
const OLDEST_VERSION: i32 = 150_000;
/// The class of a server that is not there, or turns us away.
const UNREACHABLE: &str = "unreachable";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is tried before it is handed out: the server may have restarted.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How many connections each pool may hold.
#[derive(Clone, Copy, Debug)]
pub struct PoolSizes {
    /// For pages.
    pub web: u32,
    /// For the worker and look-ups.
    pub system: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { web: 16, system: 12 }
    }
}

/// A server that was reached and suits us.
#[derive(Clone, Debug)]
pub struct Server {
    options: PgConnectOptions,
    notice: Option<String>,
}

/// What a connection tells about itself.
struct Login {
    name: String,
    version: i32,
    is_unbound: bool,
    plain_owner: Option<String>,
}

impl Server {
    /// Reaches the server that `DATABASE_URL` names.
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

    /// Reaches a server, and prepares a plain role on it if the login is not bound by row-level security.
    pub async fn reach(options: PgConnectOptions) -> Result<Self> {
        let options = options.application_name("craft");
        let (mut connection, login) = connect(&options).await?;
        let server = if login.is_unbound {
            let owner = match login.plain_owner {
                Some(owner) => owner,
                None => make_owner(&mut connection, &options).await?,
            };
            let notice = format!(
                "The database login `{}` is not bound by row-level security; every connection works as `{owner}` instead",
                login.name
            );
            Self { options: options.options([("role", &owner)]), notice: Some(notice) }
        } else {
            Self { options, notice: None }
        };
        connection.close().await?;
        Ok(server)
    }

    /// What the operator should know about the login, if anything.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// How to connect outside of the pools, as a system connection: for listening.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone().options([("app.system", "on")])
    }

    /// Both pools; they connect when first used.
    #[must_use]
    pub fn open(&self, sizes: PoolSizes) -> Databases {
        // set here whatever DATABASE_URL or PGOPTIONS say: the last word counts. Statements are short and planned once:
        // compiling one (jit), or planning it again for its values, takes longer than running it. The queue's tables
        // swell and empty within seconds: a plan made while one was empty must not read it whole later, so none does
        // where an index serves; and as no disc has to turn, a page read through an index costs about what any other does
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

    /// One connection of its own that sees every row, for migrations.
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
                if meta.idle_for > TRUSTED_IDLE {
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
               rolsuper OR rolbypassrls AS "is_unbound!",
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
    if login.version < OLDEST_VERSION {
        let (found, needed) = (login.version / 10_000, OLDEST_VERSION / 10_000);
        return Err(Error::refused(format!(
            "PostgreSQL at {} is version {found}; version {needed} or newer is needed",
            place(options)
        )));
    }
    Ok((connection, login))
}

/// Makes the plain role, lets it own what an earlier start made, and checks that it is what it should be.
async fn make_owner(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<String> {
    const OWNER: &str = "craft_owner";
    sqlx::raw_sql(include_str!("owner.sql")).execute(connection).await.map_err(|error| {
        let message =
            format!("A plain role to own the tables cannot be made on PostgreSQL at {}: {error}", place(options));
        Error::upstream("no_owner_role", message, anyhow::Error::from(error))
    })?;
    let (stepped_down, login) = connect(&options.clone().options([("role", OWNER)])).await?;
    stepped_down.close().await?;
    if login.is_unbound {
        return Err(Error::refused(format!(
            "The database role `{OWNER}` is a superuser or has BYPASSRLS: take that away with \
             ALTER ROLE {OWNER} NOSUPERUSER NOBYPASSRLS"
        )));
    }
    Ok(OWNER.to_owned())
}

/// The server's place without user and password.
pub(super) fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

fn unreachable(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let place = place(options);
    let message = match &error {
        sqlx::Error::Database(refusal) => {
            format!("PostgreSQL at {place} refuses the connection: {}", refusal.message())
        }
        other => format!("PostgreSQL at {place} cannot be reached: {other}"),
    };
    Error::upstream(UNREACHABLE, message, anyhow::Error::from(error))
}
