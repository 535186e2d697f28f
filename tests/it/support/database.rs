//! A migrated database for each test, on a private PostgreSQL that all tests of a run share.
//!
//! The first test starts the server below `target/tmp`, as the hub does but without durability, and makes two templates.
//! Each test clones one and works as the plain role that owns it, as the hub does. The server stops after the last test
//! process has ended, even if that process was killed.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use craft::clock::Clock;
use craft::config::Config;
use craft::db::managed::{PrivatePostgres, Purpose};
use craft::db::{Databases, MIGRATOR, PoolSizes, Server};
use craft::egress::{Egress, EgressPolicy};
use craft::workbench::Workbench;
use craft::{connectors, serve};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database of one test, dropped with it.
pub(crate) struct TestDatabase {
    name: String,
    pub(crate) databases: Databases,
    pub(crate) options: PgConnectOptions,
}

impl TestDatabase {
    /// Clones the migrated template.
    pub(crate) async fn new() -> Self {
        Self::cloned_from(&CLUSTER.template).await
    }

    /// Clones the template that is migrated and stores the shipped connectors.
    pub(crate) async fn with_connectors() -> Self {
        Self::cloned_from(&CLUSTER.template_with_connectors).await
    }

    /// Creates a database without any table.
    pub(crate) async fn empty() -> Self {
        Self::cloned_from("template0").await
    }

    /// Creates a database with the sample rows of each migration, inserted before the next migration runs.
    pub(crate) async fn with_samples() -> Self {
        let database = Self::empty().await;
        let pool = database.databases.system.pool();
        for migration in MIGRATOR.iter() {
            MIGRATOR.run_to(migration.version, pool).await.unwrap();
            execute(&mut pool.acquire().await.unwrap(), samples(migration.version)).await;
        }
        database
    }

    async fn cloned_from(template: &str) -> Self {
        let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut admin = CLUSTER.options.connect().await.unwrap();
        execute(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")).await;
        let options = CLUSTER.options.clone().database(&name);
        let server = Server::reach(options.clone()).await.unwrap();
        let databases = server.open(PoolSizes { web: 4, system: 4 });
        Self { name, databases, options }
    }

    /// Returns the connection options of the server's superuser for this database.
    pub(crate) fn superuser_options(&self) -> PgConnectOptions {
        CLUSTER.superuser_options.clone().database(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // the process may end before the drop: the next run drops what is left
        let _ = CLUSTER.drops.send(std::mem::take(&mut self.name));
    }
}

/// The server that all tests of this process share. A thread of its own supervises it, because a test's runtime ends
/// with the test.
struct Cluster {
    options: PgConnectOptions,
    superuser_options: PgConnectOptions,
    template: String,
    template_with_connectors: String,
    drops: UnboundedSender<String>,
}

impl Cluster {
    fn start() -> Self {
        let (ready, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let (cluster, managed, dropped) = Self::set_up().await;
                // only the superuser may end the connections of every role
                let superuser = cluster.superuser_options.connect().await.unwrap();
                ready.send(cluster).unwrap();
                drop_databases(superuser, dropped).await;
                drop(managed);
            });
        });
        receiver.recv().unwrap()
    }

    async fn set_up() -> (Self, PrivatePostgres, UnboundedReceiver<String>) {
        let data_dir = data_dir();
        let config = config_with(&data_dir);
        let managed = PrivatePostgres::join_with(&config, Purpose::Tests).await.unwrap();
        stop_after_last_user(&data_dir);
        let superuser_options = managed.superuser_options().unwrap();
        let mut superuser = superuser_options.connect().await.unwrap();
        execute(&mut superuser, "ALTER ROLE craft CREATEDB").await;
        let options = managed.options().unwrap();
        let mut admin = options.connect().await.unwrap();
        // one process at a time; the lock is released with the connection
        execute(&mut admin, "SELECT pg_advisory_lock(1)").await;
        let is_alone = drop_orphans(&mut superuser).await;
        let (template, template_with_connectors) = make_templates(&mut admin, &options, is_alone).await;
        let (drops, dropped) = unbounded_channel();
        (Self { options, superuser_options, template, template_with_connectors, drops }, managed, dropped)
    }
}

/// Returns the statements that insert sample rows after `migration`.
fn samples(migration: i64) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/migrations/{migration}.sql"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Returns the default settings with this data directory.
pub(crate) fn config_with(data_dir: &Path) -> Config {
    let data_dir = data_dir.to_str().unwrap().to_owned();
    Config::load(None, |name| (name == "CRAFT_DATA_DIR").then(|| data_dir.clone())).unwrap()
}

/// Returns the directory for servers of tests. It is below `target`, unless the tests run as root and PostgreSQL's own
/// user cannot enter the checkout.
pub(crate) fn scratch_dir() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let can_enter = |dir: &Path| std::fs::metadata(dir).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    if !rustix::process::geteuid().is_root() || target.ancestors().all(can_enter) {
        return target.to_path_buf();
    }
    let checkout = env!("CARGO_MANIFEST_DIR").trim_matches('/').replace('/', "-");
    Path::new("/var/lib/tool-connect-craft-tests").join(checkout)
}

fn data_dir() -> PathBuf {
    scratch_dir().join("pg-test")
}

/// Starts a process that waits until no test uses the server, then stops it. Without the `flock` program the server keeps
/// running, and the next run adopts it.
fn stop_after_last_user(data_dir: &Path) {
    let script =
        r#"pid=$(head -n 1 "$0") && kill -INT "$pid" && while [ -e "$0" ] && kill -0 "$pid"; do sleep 0.05; done"#;
    let _ = Command::new("flock")
        .arg(data_dir.join("run/users.lock"))
        .args(["sh", "-c", script])
        .arg(data_dir.join("postgres/data/postmaster.pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
}

/// Makes both templates unless an earlier run of this same program made them this month, since the partitions are those
/// of the month. Returns the names of the migrated template and of the one that also stores the shipped connectors. If
/// `is_alone`, no other process clones the templates that exist, and they are dropped.
async fn make_templates(admin: &mut PgConnection, options: &PgConnectOptions, is_alone: bool) -> (String, String) {
    let statement = "SELECT to_char(clock_timestamp(), 'YYYYMM_') || md5($1)";
    let suffix: String = sqlx::query_scalar(statement).bind(program_version()).fetch_one(&mut *admin).await.unwrap();
    let (migrated, shipped) = (format!("template_migrated_{suffix}"), format!("template_shipped_{suffix}"));
    let statement = "SELECT datname::text FROM pg_database WHERE datname LIKE 'template\\_%'";
    let present: Vec<String> = sqlx::query_scalar(statement).fetch_all(&mut *admin).await.unwrap();
    if !present.contains(&shipped) {
        for name in present.iter().filter(|name| is_alone || **name == migrated) {
            execute(admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        execute(admin, "DROP DATABASE IF EXISTS unfinished WITH (FORCE)").await;
        execute(admin, "CREATE DATABASE unfinished TEMPLATE template0").await;
        let server = Server::reach(options.clone().database("unfinished")).await.unwrap();
        server.migrate().await.unwrap();
        execute(admin, format!("ALTER DATABASE unfinished RENAME TO {migrated}")).await;
        execute(admin, format!("CREATE DATABASE unfinished TEMPLATE {migrated}")).await;
        store_connectors(options.clone().database("unfinished")).await;
        execute(admin, format!("ALTER DATABASE unfinished RENAME TO {shipped}")).await;
    }
    (migrated, shipped)
}

/// Returns a text that changes with the migrations and with the programs whose code stores the connectors.
fn program_version() -> String {
    let migrator = MIGRATOR;
    let checksums = migrator.iter().map(|migration| format!("{:?}", migration.checksum));
    let programs = [std::env::current_exe().unwrap(), PathBuf::from(env!("CARGO_BIN_EXE_craft"))];
    let built = programs.map(|program| format!("{:?}", std::fs::metadata(program).unwrap().modified().unwrap()));
    checksums.chain(built).collect()
}

async fn store_connectors(options: PgConnectOptions) {
    let databases = Server::reach(options).await.unwrap().open(PoolSizes { web: 1, system: 1 });
    let egress = Egress::new(EgressPolicy { allow: Vec::new() });
    let mut shipped = connectors::shipped().unwrap();
    // the tools of the catalogue have stories of their own, which ship them; so have the servers that providers host
    shipped.retain(|it| it.hosted.is_none());
    shipped.iter_mut().filter_map(|it| it.descriptor.as_mut()).for_each(|it| it.tools.clear());
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    serve::ship_connectors(&databases.system, &shipped, &egress, &workbench, &Clock::real()).await.unwrap();
    databases.close().await;
}

/// Drops the databases that ended processes left behind. Returns false if another process is still testing.
async fn drop_orphans(superuser: &mut PgConnection) -> bool {
    let statement = "SELECT datname::text FROM pg_database WHERE datname LIKE 't\\_%'";
    let names: Vec<String> = sqlx::query_scalar(statement).fetch_all(&mut *superuser).await.unwrap();
    let mut is_alone = true;
    for name in names {
        let pid = name.split('_').nth(1).and_then(|pid| pid.parse().ok()).and_then(rustix::process::Pid::from_raw);
        if pid.is_none_or(|pid| rustix::process::test_kill_process(pid).is_err()) {
            execute(superuser, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        } else {
            is_alone = false;
        }
    }
    is_alone
}

async fn drop_databases(mut superuser: PgConnection, mut dropped: UnboundedReceiver<String>) {
    while let Some(name) = dropped.recv().await {
        execute(&mut superuser, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn execute(connection: &mut PgConnection, statement: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(connection).await.unwrap();
}
