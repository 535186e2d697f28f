//! A running hub for one test: its own database, a fixed clock, mail in a folder, and a worker. Its pages are called in
//! process.
//!
//! ```ignore
//! let app = TestApp::new().await;
//! let alice = app.alice().await;
//! let page = alice.get("/jobs").await;
//! assert_eq!(page.text("h1"), "Jobs");
//! let next = alice.submit(&page, "form[role=search]", [("status", "failed")]).await;
//! ```

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use craft::accounts::{self, HashingCost, NewAccount, NewUser, Passwords, User, Visitor};
use craft::app::App;
use craft::clock::Clock;
use craft::config::SignUp;
use craft::egress::{Egress, EgressPolicy};
use craft::ids::{JobId, OwnerId};
use craft::mail::Mailer;
use craft::queue::EngineSettings;
use craft::secret::Secret;
use craft::serve::{Dependencies, Hub};
use craft::vault::{SealingKey, Vault};
use craft::workbench::Workbench;
use craft::{db, serve, web};
use metrics_exporter_prometheus::PrometheusBuilder;
use sqlx::AssertSqlSafe;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::browser::Browser;
use super::database::TestDatabase;
use super::hang::HANG_TIMEOUT;
use super::listener;
use super::page::Page;
use super::session::{insert_session, record_account, record_session};
use super::space::{Space, is_in_organisations};

/// The password of every persona.
pub(crate) const PASSWORD: &str = "a lantern over the harbour";

/// The cost of a hash in tests, which hash far more passwords than a hub does.
const HASHING_COST: HashingCost = HashingCost { memory_kib: 64, passes: 1 };

/// A running hub. It is composed as by `serve`, on the runtime of the test.
pub(crate) struct TestApp {
    pub(crate) app: App,
    router: Router,
    /// Cancelled when the hub stops.
    pub(crate) stop: CancellationToken,
    mail_folder: PathBuf,
    dependencies: Dependencies,
    hub: Hub,
    /// Dropped last, with its database.
    _database: TestDatabase,
}

impl TestApp {
    /// Starts a hub with the shipped connectors, open to sign-ups.
    pub(crate) async fn new() -> Self {
        Self::build(|_| {}, Router::new()).await
    }

    /// Starts a hub with some of its dependencies changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Dependencies)) -> Self {
        Self::build(change, Router::new()).await
    }

    /// Starts a hub that serves `pages` too, inside of the layers that all pages have.
    pub(crate) async fn serving(pages: Router<App>) -> Self {
        Self::build(|_| {}, pages).await
    }

    async fn build(change: impl FnOnce(&mut Dependencies), pages: Router<App>) -> Self {
        start_logging();
        let database = TestDatabase::with_connectors().await;
        let mail_folder = std::env::temp_dir().join(format!("craft-outbox-{}", uuid::Uuid::new_v4()));
        let mut dependencies = Dependencies {
            databases: database.databases.clone(),
            listener: database.options.clone(),
            // the present month has its partitions
            clock: Clock::fixed(Clock::real().now()),
            vault: Vault::from(SealingKey::random()),
            egress: egress_allowing(&["127.0.0.0/8"]),
            mailer: Mailer::new(None, mail_folder.clone(), "hub@localhost").unwrap(),
            passwords: Passwords::with_cost(HASHING_COST),
            workbench: Workbench::new(env!("CARGO_BIN_EXE_craft")),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            public_url: Url::parse("http://127.0.0.1:8080").unwrap(),
            sign_up: SignUp::Open,
            proxies: Vec::new(),
            settings: Vec::new(),
            registries: Vec::new(),
        };
        change(&mut dependencies);
        let hub = Hub::build(dependencies.clone());
        hub.start_worker(EngineSettings { slots: 4, ..EngineSettings::default() }, "a test").await.unwrap();
        let stop = CancellationToken::new();
        let router = serve::router(web::pages().merge(pages), hub.app.clone(), stop.clone());
        Self { app: hub.app.clone(), router, stop, mail_folder, dependencies, hub, _database: database }
    }

    /// Starts a hub that listens at its public address.
    pub(crate) async fn at_its_address() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let public_url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let app = Self::with(|it| it.public_url = public_url).await;
        let router = app.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        app
    }

    /// Composes the handles of another process, which shares the database and the clock, and runs no jobs.
    pub(crate) fn second_process(&self) -> Hub {
        self.second_process_with(|_| {})
    }

    /// Composes the handles of another process, with some of its dependencies changed.
    pub(crate) fn second_process_with(&self, change: impl FnOnce(&mut Dependencies)) -> Hub {
        let mut dependencies = self.dependencies.clone();
        change(&mut dependencies);
        Hub::build(dependencies)
    }

    /// Serves the hub on a free port of loopback; returns its address.
    pub(crate) async fn listen(&self) -> Url {
        let address = listener::serve(self.router.clone()).await;
        Url::parse(&format!("http://{address}")).unwrap()
    }

    /// Opens a browser in which nobody is signed in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(self.router.clone(), self.app.public_url.clone())
    }

    /// Opens a browser at the pages of another process, which has these handles.
    pub(crate) fn browser_of(&self, app: App) -> Browser {
        Browser::new(serve::router(web::pages(), app, CancellationToken::new()), self.app.public_url.clone())
    }

    /// Signs in an ordinary user.
    pub(crate) async fn alice(&self) -> Browser {
        self.persona("alice", false).await
    }

    /// Signs in another ordinary user.
    pub(crate) async fn bob(&self) -> Browser {
        self.persona("bob", false).await
    }

    /// Signs in an administrator.
    pub(crate) async fn owner(&self) -> Browser {
        self.persona("owner", true).await
    }

    /// Creates the confirmed account `name`@example.com with [`PASSWORD`].
    pub(crate) async fn account(&self, name: &str, is_admin: bool) -> User {
        let new = NewUser::parse(&format!("{name}@example.com"), name, &Secret::new(PASSWORD)).unwrap();
        let (visitor, now) = (Visitor::from_command_line(), self.app.clock.now());
        let account = NewAccount { user: &new, visitor: &visitor };
        accounts::create(&self.app.system, &self.app.passwords, account, is_admin, now).await.unwrap()
    }

    /// Creates an account and signs it in, in the person's own space.
    pub(crate) async fn persona_with_account(&self, name: &str) -> (User, Browser) {
        let user = self.account(name, false).await;
        let browser = self.stranger();
        insert_session(&self.app, &browser, user.id).await;
        (user, browser)
    }

    /// Creates an account and signs it in without the sign-in page.
    pub(crate) async fn persona(&self, name: &str, is_admin: bool) -> Browser {
        let user = self.account(name, is_admin).await;
        let mut browser = self.stranger();
        insert_session(&self.app, &browser, user.id).await;
        if is_in_organisations() {
            browser.set_space(Space::create(&self.app, name, user.id).await);
            let owner = self.owner_of(name).await;
            record_account(&self.app, user.id, owner).await;
            record_session(&self.app, user.id, owner).await;
        }
        browser
    }

    /// Writes entries as of sign-ins into the log of the persona `name`.
    pub(crate) async fn record_sign_ins(&self, name: &str, count: usize) {
        let statement = sqlx::query_scalar("SELECT id FROM users WHERE email = $1 || '@example.com'");
        let user = statement.bind(name).fetch_one(self.app.system.pool()).await.unwrap();
        let owner = self.owner_of(name).await;
        for _ in 0..count {
            record_session(&self.app, user, owner).await;
        }
    }

    /// Returns the owner of the rows that the persona `name` works on.
    pub(crate) async fn owner_of(&self, name: &str) -> OwnerId {
        let statement = if is_in_organisations() {
            "SELECT id FROM organisations WHERE slug = 'space-of-' || $1"
        } else {
            "SELECT id FROM users WHERE email = $1 || '@example.com'"
        };
        sqlx::query_scalar(statement).bind(name).fetch_one(self.app.system.pool()).await.unwrap()
    }

    /// Adds the MCP server at `url` through the page; returns the path of the new connector.
    pub(crate) async fn add_server(&self, browser: &Browser, name: &str, url: &Url) -> String {
        browser.add_server(name, url).await
    }

    /// Runs a tool through its page; returns the job's id at once.
    pub(crate) async fn start<const N: usize>(
        &self,
        browser: &Browser,
        tool: &str,
        fields: [(&str, &str); N],
    ) -> JobId {
        browser.start(tool, fields).await
    }

    /// Runs a tool through its page; returns the page of the finished job.
    pub(crate) async fn run<const N: usize>(&self, browser: &Browser, tool: &str, fields: [(&str, &str); N]) -> Page {
        let job = self.start(browser, tool, fields).await;
        self.wait_until_finished(browser, job).await
    }

    /// Waits until the job has finished; returns its page.
    pub(crate) async fn wait_until_finished(&self, browser: &Browser, job: JobId) -> Page {
        self.wait_for_job(browser, job, |job| job["finished_at"].is_string()).await;
        browser.get(&format!("/jobs/{job}")).await
    }

    /// Waits until the job, as JSON, satisfies `is_so`. Checks again after each change.
    pub(crate) async fn wait_for_job(&self, browser: &Browser, job: JobId, is_so: impl Fn(&serde_json::Value) -> bool) {
        let mut changes = self.app.live.subscribe_job(job);
        let reached = async {
            while !is_so(&browser.get(&format!("/jobs/{job}.json")).await.json()) {
                changes.changed().await;
            }
        };
        let is_in_time = tokio::time::timeout(HANG_TIMEOUT, reached).await.is_ok();
        assert!(is_in_time, "the job stayed {}", browser.get(&format!("/jobs/{job}.json")).await.body);
    }

    /// Advances the clock and creates the partitions of the months that it reaches.
    pub(crate) async fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        db::ensure_partitions(&self.app.system, self.app.clock.now()).await.unwrap();
    }

    /// Finishes the background tasks, then sends the mails that are due.
    pub(crate) async fn send_mail(&self) {
        self.app.background_tasks.finish().await;
        self.hub.mail_sender.send_due().await.unwrap();
    }

    /// Sends the mails that are due, and returns every mail so far, oldest first.
    pub(crate) async fn mails(&self) -> Vec<String> {
        self.send_mail().await;
        let Ok(entries) = std::fs::read_dir(&self.mail_folder) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// Returns the path of the only link in the newest mail, after the mails that are due were sent.
    pub(crate) async fn newest_mailed_link(&self) -> String {
        let link = self.link_in(&self.mails().await.pop().expect("no mail was sent"));
        if is_in_organisations() { Space::strip_any(&link) } else { link }
    }

    /// Returns the path of the only link in a mail.
    pub(crate) fn link_in(&self, mail: &str) -> String {
        // a long line is wrapped
        let mail = mail.replace("=\r\n", "").replace("=\n", "");
        let base = self.app.public_url.as_str().trim_end_matches('/');
        let mut links = mail.split_whitespace().filter_map(|word| word.strip_prefix(base));
        let link = links.next().expect("the mail has no link").to_owned();
        assert_eq!(links.next(), None, "the mail has a second link");
        link
    }

    /// Returns the tables that contain `text`, as text or as bytes.
    pub(crate) async fn tables_with(&self, text: &str) -> Vec<String> {
        let pool = self.app.system.pool();
        let all = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
        let mut found = Vec::new();
        for table in sqlx::query_scalar::<_, String>(all).fetch_all(pool).await.unwrap() {
            let holds = format!(
                "SELECT EXISTS (SELECT FROM {table} t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, encode($1::bytea, 'hex')) > 0)"
            );
            let holds = sqlx::query_scalar::<_, bool>(AssertSqlSafe(holds)).bind(text);
            if holds.fetch_one(pool).await.unwrap() {
                found.push(table);
            }
        }
        found
    }

    /// Returns the actions in the audit log, oldest first, as `action` or `action!class`.
    pub(crate) async fn audit_actions(&self) -> Vec<String> {
        // the log of a persona is that of their organisation there
        let statement = "SELECT action || COALESCE('!' || error_class, '') FROM audit_entries
                         WHERE NOT ($1 AND owner_id IN (SELECT user_id FROM memberships)) ORDER BY id";
        sqlx::query_scalar(statement).bind(is_in_organisations()).fetch_all(self.app.system.pool()).await.unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // the folder is missing if no mail was sent
        let _ = std::fs::remove_dir_all(&self.mail_folder);
    }
}

/// Builds an egress client that may also reach these private addresses.
pub(crate) fn egress_allowing(rules: &[&str]) -> Egress {
    Egress::new(EgressPolicy { allow: rules.iter().map(|rule| rule.parse().unwrap()).collect() })
}

/// Prints the hub's log with the test's output if `CRAFT_LOG` is set.
fn start_logging() {
    #[expect(clippy::disallowed_methods, reason = "a variable of the test run, not of the hub")]
    let Ok(filter) = std::env::var("CRAFT_LOG") else { return };
    // fails if an earlier test of this process has started the log already
    let _ = tracing_subscriber::fmt().with_env_filter(craft::config::log_filter(&filter)).with_test_writer().try_init();
}
