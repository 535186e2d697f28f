//! Creation of a new cluster's files, and of the hub's role and database.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use sqlx::PgConnection;

use super::account::Account;
use super::failed;
use super::programs::Programs;
use super::settings::Purpose;
use crate::error::Result;

/// Returns the major version that created the cluster, or `None` if there is no cluster.
pub(super) fn version(data: &Path) -> Option<u32> {
    std::fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Runs `initdb` in a temporary directory and renames the result. A killed start leaves no incomplete cluster.
pub(super) async fn create_cluster(
    home: &Path,
    data: &Path,
    programs: &Programs,
    account: &Account,
    purpose: Purpose,
) -> Result<()> {
    let unfinished = home.join("data.new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)
            .map_err(|error| failed("An unfinished cluster cannot be removed", error))?;
    }
    let mut initdb = account.command(&programs.path("initdb"), home);
    initdb.arg("-D").arg(&unfinished);
    initdb.args(["-U", "postgres", "-A", "peer", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
    if purpose == Purpose::Tests {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().await.map_err(|error| failed("initdb cannot be run", error))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(failed("PostgreSQL's files cannot be created", anyhow::Error::msg(reason)));
    }
    std::fs::rename(&unfinished, data).map_err(|error| failed("PostgreSQL's files cannot be renamed", error))
}

/// Creates `log/` in the cluster's home.
pub(super) fn create_log_dir(log: &Path, account: &Account) -> Result<()> {
    if !log.is_dir() {
        let created = DirBuilder::new().mode(0o700).create(log);
        created.map_err(|error| failed("PostgreSQL's log directory cannot be created", error))?;
        account.take_ownership(log)?;
    }
    Ok(())
}

/// Writes the access rules: only the user that runs craft may connect, as the two roles, through the socket. Called at
/// each start, because the directory may have been given to another user.
///
/// Debian's own cluster runs as `postgres` too, so that user may not connect.
pub(super) fn write_access_rules(data: &Path, account: &Account) -> Result<()> {
    let name = account.own_name.replace('"', "\"\"");
    let access = "local all craft peer map=craft\nlocal all postgres peer map=craft\n";
    let names = format!("craft \"{name}\" craft\ncraft \"{name}\" postgres\n");
    for (file, text) in [("pg_hba.conf", access), ("pg_ident.conf", names.as_str())] {
        let path = data.join(file);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(|error| failed(format_args!("{} cannot be written", path.display()), error))?;
        account.take_ownership(&path)?;
    }
    Ok(())
}

/// Creates the role and the database of the hub if they are missing. `connection` is the superuser's.
pub(super) async fn create_database(connection: &mut PgConnection) -> Result<()> {
    let has_role = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'craft') AS "has!""#);
    if !has_role.fetch_one(&mut *connection).await? {
        run(connection, "CREATE ROLE craft LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").await?;
    }
    let has_database =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'craft') AS "has!""#);
    if !has_database.fetch_one(&mut *connection).await? {
        run(connection, "CREATE DATABASE craft OWNER craft").await?;
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, statement: &'static str) -> Result<()> {
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}
