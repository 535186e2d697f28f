//! The private PostgreSQL, told as what happens to its processes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use craft::db::managed::{Managed, Purpose};
use craft::db::{Databases, PoolSizes, Server};
use rustix::process::{Signal, kill_process};

use crate::support::data_directory::{DataDirectory, wait_until};
use crate::support::database::config_with;

/// Tells the stand-in below that it is one, and where.
const STAND_IN: &str = "CRAFT_TEST_STAND_IN";

#[tokio::test]
async fn one_server_owns_the_data_directory_and_the_last_to_leave_stops_postgres() {
    let place = DataDirectory::new("owner");
    let server = Managed::serve(&place.config()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place.0), mode(&place.0.join("postgres"))), (0o711, 0o700));

    let refusal = Managed::serve(&place.config()).await.unwrap_err().to_string();
    assert!(refusal.starts_with("Another craft server already uses the data directory /"), "{refusal}");
    assert!(refusal.contains(place.0.to_str().unwrap()), "{refusal}");

    let command = Managed::join(&place.config()).await.unwrap();
    let started = place.postmaster();
    server.stop().await.unwrap();
    assert_eq!(place.postmaster(), started, "the command still needs it");
    assert_eq!(ask(&command, "SELECT current_user || ' ' || current_setting('is_superuser')").await, "craft off");
    assert_eq!(ask(&command, "SELECT current_setting('fsync') || current_setting('listen_addresses')").await, "on");

    command.stop().await.unwrap();
    assert_eq!(place.postmaster(), None, "nobody needs it any more");

    a_server_that_does_not_start_is_explained_by_its_log(&place).await;
    files_of_another_version_are_refused(&place).await;
}

async fn a_server_that_does_not_start_is_explained_by_its_log(place: &DataDirectory) {
    let settings = place.data().join("postgresql.auto.conf");
    std::fs::write(&settings, "no_such_setting = 1\n").unwrap();
    let refusal = Managed::join(&place.config()).await.unwrap_err().to_string();
    assert!(refusal.contains("did not start") && refusal.contains("no_such_setting"), "{refusal}");
    std::fs::write(&settings, "").unwrap();
}

async fn files_of_another_version_are_refused(place: &DataDirectory) {
    std::fs::write(place.data().join("PG_VERSION"), "99\n").unwrap();
    let refusal = Managed::join(&place.config()).await.unwrap_err().to_string();
    assert!(
        refusal.contains("PostgreSQL 99 created the data directory") && refusal.contains("install postgresql-99"),
        "{refusal}"
    );
}

#[tokio::test]
async fn postgres_that_is_killed_is_started_again_and_pools_find_it() {
    let place = DataDirectory::new("killed");
    let managed = Managed::join_with(&place.config(), Purpose::Tests).await.unwrap();
    let databases = open(&managed).await;
    assert!(answers(&databases).await);
    let first = place.postmaster().unwrap();
    kill_process(first, Signal::KILL).unwrap();
    wait_until("PostgreSQL answers again", async || answers(&databases).await && place.postmaster() != Some(first))
        .await;
    databases.close().await;
    managed.stop().await.unwrap();
    assert_eq!(place.postmaster(), None);
}

#[tokio::test]
async fn postgres_of_a_killed_server_is_adopted_by_the_next() {
    let place = DataDirectory::new("adopted");
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "db::managed::stand_in_for_a_server_that_is_killed"])
        .env(STAND_IN, &place.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the server is up", async || place.0.join("up").exists()).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let orphan = place.postmaster().unwrap();
    let next = Managed::serve(&place.config()).await.unwrap();
    assert_eq!(ask(&next, "SELECT 'here'").await, "here");
    assert_eq!(place.postmaster(), Some(orphan), "it was adopted, not started anew");
    next.stop().await.unwrap();
    assert_eq!(place.postmaster(), None);
}

/// Not a test of its own: the server process that the test above kills.
#[tokio::test]
async fn stand_in_for_a_server_that_is_killed() {
    let Some(directory) = std::env::var_os(STAND_IN).map(PathBuf::from) else { return };
    let _managed = Managed::serve(&config_with(&directory)).await.unwrap();
    std::fs::write(directory.join("up"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_data_directory_too_deep_for_a_socket_has_it_elsewhere() {
    let place = DataDirectory::new(&"deep".repeat(25));
    let managed = Managed::join_with(&place.config(), Purpose::Tests).await.unwrap();
    let options = managed.options().unwrap();
    let socket = options.get_socket().unwrap().clone();
    assert!(socket.starts_with("/tmp"), "{}", socket.display());
    assert_eq!(ask(&managed, "SELECT 'here'").await, "here");
    managed.stop().await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn missing_programs_are_named_by_the_setting() {
    let place = DataDirectory::new("programs");
    let mut config = place.config();
    config.storage.pg_bin = Some(PathBuf::from("/nowhere"));
    let refusal = Managed::join(&config).await.unwrap_err().to_string();
    assert_eq!(refusal, "CRAFT_PG_BIN: there is no PostgreSQL in /nowhere");
}

async fn open(managed: &Managed) -> Databases {
    let server = Server::reach(managed.options().unwrap()).await.unwrap();
    assert_eq!(server.notice(), None, "the role is bound by row-level security");
    server.open(PoolSizes { web: 1, system: 1 })
}

async fn ask(managed: &Managed, question: &'static str) -> String {
    let databases = open(managed).await;
    let answer = sqlx::query_scalar(question).fetch_one(databases.system.pool()).await.unwrap();
    databases.close().await;
    answer
}

async fn answers(databases: &Databases) -> bool {
    sqlx::query("SELECT 1").execute(databases.system.pool()).await.is_ok()
}
