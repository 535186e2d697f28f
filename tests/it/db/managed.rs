//! Lifecycle of the private PostgreSQL: start, restart, adoption and stop.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use craft::db::managed::{PrivatePostgres, Purpose};
use craft::db::{Databases, PoolSizes, Server};
use rustix::process::{Signal, kill_process};

use crate::support::data_directory::DataDirectory;
use crate::support::database::config_with;
use crate::support::hang::wait_until;

/// Variable that makes the test `run_server_until_killed` run a server, in the directory that it names.
const SERVER_DIRECTORY: &str = "CRAFT_TEST_STAND_IN";

#[tokio::test]
async fn a_second_hub_is_refused_and_the_last_process_stops_postgres() {
    let place = DataDirectory::new("owner");
    let server = PrivatePostgres::serve(&place.config()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place.0), mode(&place.0.join("postgres"))), (0o711, 0o700));

    let refusal = PrivatePostgres::serve(&place.config()).await.unwrap_err().to_string();
    assert!(refusal.starts_with("Another craft server already uses the data directory /"), "{refusal}");
    assert!(refusal.contains(place.0.to_str().unwrap()), "{refusal}");

    let command = PrivatePostgres::join(&place.config()).await.unwrap();
    let postmaster = place.postmaster();
    server.stop().await.unwrap();
    assert_eq!(place.postmaster(), postmaster, "the command still uses PostgreSQL");
    assert_eq!(
        query_text(&command, "SELECT current_user || ' ' || current_setting('is_superuser')").await,
        "craft off"
    );
    assert_eq!(
        query_text(&command, "SELECT current_setting('fsync') || current_setting('listen_addresses')").await,
        "on"
    );

    command.stop().await.unwrap();
    assert_eq!(place.postmaster(), None, "no process uses PostgreSQL");

    a_server_that_does_not_start_is_explained_by_its_log(&place).await;
    files_of_another_version_are_refused(&place).await;
}

async fn a_server_that_does_not_start_is_explained_by_its_log(place: &DataDirectory) {
    let settings = place.data().join("postgresql.auto.conf");
    std::fs::write(&settings, "no_such_setting = 1\n").unwrap();
    let refusal = PrivatePostgres::join(&place.config()).await.unwrap_err().to_string();
    assert!(refusal.contains("did not start") && refusal.contains("no_such_setting"), "{refusal}");
    std::fs::write(&settings, "").unwrap();
}

async fn files_of_another_version_are_refused(place: &DataDirectory) {
    std::fs::write(place.data().join("PG_VERSION"), "99\n").unwrap();
    let refusal = PrivatePostgres::join(&place.config()).await.unwrap_err().to_string();
    assert!(
        refusal.contains("PostgreSQL 99 created the data directory") && refusal.contains("install postgresql-99"),
        "{refusal}"
    );
}

#[tokio::test]
async fn killed_postgres_is_restarted_and_pools_reconnect() {
    let place = DataDirectory::new("killed");
    let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
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
async fn the_next_hub_adopts_postgres_of_a_killed_hub() {
    let place = DataDirectory::new("adopted");
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "db::managed::run_server_until_killed"])
        .env(SERVER_DIRECTORY, &place.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the server is up", async || place.0.join("up").exists()).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let orphaned = place.postmaster().unwrap();
    let next = PrivatePostgres::serve(&place.config()).await.unwrap();
    assert_eq!(query_text(&next, "SELECT 'here'").await, "here");
    assert_eq!(place.postmaster(), Some(orphaned), "the running PostgreSQL was adopted");
    next.stop().await.unwrap();
    assert_eq!(place.postmaster(), None);
}

/// Runs the server process that the test above kills; without the variable, this is no test.
#[tokio::test]
async fn run_server_until_killed() {
    let Some(directory) = std::env::var_os(SERVER_DIRECTORY).map(PathBuf::from) else { return };
    let _managed = PrivatePostgres::serve(&config_with(&directory)).await.unwrap();
    std::fs::write(directory.join("up"), "").unwrap();
    std::future::pending::<()>().await;
}

/// The lock files that a kill of the hub and its PostgreSQL leaves.
struct StaleLocks {
    files: [(PathBuf, String); 2],
}

impl StaleLocks {
    /// Starts and stops PostgreSQL, and remembers its lock files.
    async fn collect(place: &DataDirectory) -> Self {
        let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
        let socket = managed.options().unwrap().get_socket().unwrap().join(".s.PGSQL.5432.lock");
        let files = [place.data().join("postmaster.pid"), socket];
        let files = files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()));
        managed.stop().await.unwrap();
        Self { files }
    }

    /// Writes one of the files with another process in its first line.
    fn write(&self, which: usize, pid: &str) {
        let (path, text) = &self.files[which];
        let rest = text.split_once('\n').unwrap().1;
        self.write_text(which, &format!("{pid}\n{rest}"));
        assert!(path.exists());
    }

    fn write_text(&self, which: usize, text: &str) {
        let (path, _) = &self.files[which];
        std::fs::write(path, text).unwrap();
        let owner = std::fs::metadata(path.parent().unwrap()).unwrap();
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

#[tokio::test]
async fn locks_that_name_a_process_of_something_else_do_not_keep_the_hub_from_starting() {
    let place = DataDirectory::new("stale-locks");
    let locks = StaleLocks::collect(&place).await;
    // PostgreSQL minds only processes of its own user
    let owner = std::fs::metadata(place.data()).unwrap();
    let mut foreign = Command::new("sleep").arg("600").uid(owner.uid()).gid(owner.gid()).spawn().unwrap();
    let foreign_pid = foreign.id().to_string();
    for which in [0, 1] {
        locks.write(which, &foreign_pid);
        let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
        assert_eq!(query_text(&managed, "SELECT 'here'").await, "here");
        managed.stop().await.unwrap();
        for text in ["", "nonsense\n"] {
            locks.write_text(which, text);
            let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
            managed.stop().await.unwrap();
        }
    }
    assert!(foreign.try_wait().unwrap().is_none(), "a process of something else was stopped");
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}

#[tokio::test]
async fn a_lock_stays_while_a_server_of_another_container_answers() {
    let place = DataDirectory::new("other-container");
    let locks = StaleLocks::collect(&place).await;
    let dead = Command::new("true").spawn().unwrap();
    let number = dead.id().to_string();
    dead.wait_with_output().unwrap();
    locks.write(0, &number);
    let socket = locks.files[1].0.with_extension("");
    let listener = UnixListener::bind(&socket).unwrap();
    let refusal = PrivatePostgres::join(&place.config()).await.unwrap_err().to_string();
    assert!(refusal.starts_with("Another PostgreSQL already uses /"), "{refusal}");
    assert!(std::fs::read_to_string(&locks.files[0].0).unwrap().starts_with(&number));
    drop(listener);
    std::fs::remove_file(socket).unwrap();
    PrivatePostgres::join(&place.config()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_data_directory_may_have_any_name() {
    let place = DataDirectory::new("a \"b\", 'c' %d$e\\f=g");
    let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
    assert_eq!(query_text(&managed, "SELECT 'here'").await, "here");
    managed.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_data_directory_path_moves_the_socket_to_tmp() {
    let place = DataDirectory::new(&"deep".repeat(25));
    let managed = PrivatePostgres::join_with(&place.config(), Purpose::Tests).await.unwrap();
    let options = managed.options().unwrap();
    let socket = options.get_socket().unwrap().clone();
    assert!(socket.starts_with("/tmp"), "{}", socket.display());
    assert_eq!(query_text(&managed, "SELECT 'here'").await, "here");
    managed.stop().await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn missing_programs_are_reported_with_their_setting() {
    let place = DataDirectory::new("programs");
    let mut config = place.config();
    config.storage.pg_bin = Some(PathBuf::from("/nowhere"));
    let refusal = PrivatePostgres::join(&config).await.unwrap_err().to_string();
    assert_eq!(refusal, "CRAFT_PG_BIN: there is no PostgreSQL in /nowhere");
}

async fn open(managed: &PrivatePostgres) -> Databases {
    let server = Server::reach(managed.options().unwrap()).await.unwrap();
    assert_eq!(server.notice(), None, "the role is bound by row-level security");
    server.open(PoolSizes { web: 1, system: 1 })
}

async fn query_text(managed: &PrivatePostgres, statement: &'static str) -> String {
    let databases = open(managed).await;
    let text = sqlx::query_scalar(statement).fetch_one(databases.system.pool()).await.unwrap();
    databases.close().await;
    text
}

async fn answers(databases: &Databases) -> bool {
    sqlx::query("SELECT 1").execute(databases.system.pool()).await.is_ok()
}
