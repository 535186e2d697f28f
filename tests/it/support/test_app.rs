//! The hub in a test: a database of its own, a clock that stands still, mail in a folder, jobs that run, and the
//! router called in process.
//!
//! ```ignore
//! let app = TestApp::new().await;
//! let alice = app.alice().await;
//! let page = alice.get("/jobs").await;
//! assert_eq!(page.text("h1"), "Jobs");
//! let next = alice.submit(&page, "form[role=search]", [("status", "failed")]).await;
//! ```

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use craft::accounts::{self, HashingCost, NewUser, Passwords, User, Visitor};
use craft::app::{App, Handles};
use craft::background_tasks::BackgroundTasks;
use craft::clock::Clock;
use craft::config::SignUp;
use craft::connections::{Notifier, RefreshLocks, TokenRefresher};
use craft::egress::{Egress, EgressPolicy};
use craft::ids::JobId;
use craft::jobs::Runner;
use craft::live::Live;
use craft::mail::Mailer;
use craft::queue::{Accepter, Engine, Settings};
use craft::secret::Secret;
use craft::vault::{SealingKey, Vault};
use craft::workbench::Workbench;
use craft::{db, web, worker};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use super::browser::Browser;
use super::database::TestDatabase;
use super::page::Page;
use super::session::insert_session;

/// Far longer than any job here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every persona's password.
pub(crate) const PASSWORD: &str = "a lantern over the harbour";

/// Cheap, because the tests check far more passwords than people do.
const HASHING_COST: HashingCost = HashingCost { memory_kib: 64, passes: 1 };

/// A running hub.
pub(crate) struct TestApp {
    pub(crate) app: App,
    router: Router,
    outbox: PathBuf,
    _stop: DropGuard,
    /// Dropped last, with its database.
    database: TestDatabase,
}

impl TestApp {
    /// As shipped, but open to sign-ups.
    pub(crate) async fn new() -> Self {
        Self::build(|_| {}, Router::new()).await
    }

    /// With some handles or settings changed before the router is made.
    pub(crate) async fn with(change: impl FnOnce(&mut Handles)) -> Self {
        Self::build(change, Router::new()).await
    }

    /// With further pages, inside of the layers that all pages have.
    pub(crate) async fn serving(pages: Router<App>) -> Self {
        Self::build(|_| {}, pages).await
    }

    async fn build(change: impl FnOnce(&mut Handles), pages: Router<App>) -> Self {
        let database = TestDatabase::with_connectors().await;
        let outbox = std::env::temp_dir().join(format!("craft-outbox-{}", uuid::Uuid::new_v4()));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let system = database.databases.system.clone();
        let live = Live::start(database.options.clone(), &tasks, &stop);
        let (clock, vault, egress) =
            // the present month has its partitions
            (Clock::fixed(Clock::real().now()), Vault::from(SealingKey::random()), allowing(&["127.0.0.0/8"]));
        let notifier = Notifier {
            system: system.clone(),
            clock,
            live: live.clone(),
            mailer: Mailer::new(None, outbox.clone(), "hub@localhost").unwrap(),
            background_tasks: BackgroundTasks::default(),
            public_url: Url::parse("http://127.0.0.1:8080").unwrap(),
        };
        let refresher = TokenRefresher {
            system: system.clone(),
            vault,
            egress,
            clock: notifier.clock.clone(),
            live: live.clone(),
            background_tasks: notifier.background_tasks.clone(),
            notifier: notifier.clone(),
            locks: RefreshLocks::default(),
        };
        let mut handles = Handles {
            db: database.databases.web.clone(),
            system: system.clone(),
            clock: notifier.clock,
            vault: refresher.vault.clone(),
            egress: refresher.egress.clone(),
            refresher,
            mailer: notifier.mailer,
            background_tasks: notifier.background_tasks,
            passwords: Passwords::with_cost(HASHING_COST),
            queue: Accepter::start(system, live.clone(), &tasks, stop.clone()),
            live,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            public_url: notifier.public_url,
            sign_up: SignUp::Open,
            proxies: Vec::new(),
        };
        change(&mut handles);
        handles.refresher = refresher_of(&handles);
        let app = App::from(handles);
        run_jobs(&app).await;
        let router = web::with_layers(web::pages().merge(pages), app.clone());
        Self { app, router, outbox, _stop: stop.drop_guard(), database }
    }

    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(self.router.clone(), self.app.public_url.clone())
    }

    /// Somebody at the pages of another process, which has these handles.
    pub(crate) fn browser_of(&self, app: App) -> Browser {
        Browser::new(web::with_layers(web::pages(), app), self.app.public_url.clone())
    }

    /// Signed in, an ordinary user.
    pub(crate) async fn alice(&self) -> Browser {
        self.persona("alice", false).await
    }

    /// Signed in, another ordinary user.
    pub(crate) async fn bob(&self) -> Browser {
        self.persona("bob", false).await
    }

    /// Signed in, administers the hub.
    pub(crate) async fn owner(&self) -> Browser {
        self.persona("owner", true).await
    }

    /// Makes `name`@example.com, confirmed, with [`PASSWORD`].
    pub(crate) async fn account(&self, name: &str, is_admin: bool) -> User {
        let new = NewUser::parse(&format!("{name}@example.com"), name, &Secret::new(PASSWORD)).unwrap();
        let (visitor, now) = (Visitor::at_command_line(), self.app.clock.now());
        accounts::create(&self.app.system, &self.app.passwords, &new, is_admin, &visitor, now).await.unwrap()
    }

    /// Signed in, by any name.
    pub(crate) async fn persona(&self, name: &str, is_admin: bool) -> Browser {
        let user = self.account(name, is_admin).await;
        let browser = self.stranger();
        insert_session(&self.app, &browser, user.id).await;
        browser
    }

    /// Adds the MCP server at `url` through the page, and returns the place of the new connector.
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

    /// Runs a tool through its page and returns the job's page once it is over.
    pub(crate) async fn run<const N: usize>(&self, browser: &Browser, tool: &str, fields: [(&str, &str); N]) -> Page {
        let job = self.start(browser, tool, fields).await;
        self.ended(browser, job).await
    }

    /// The job's page, once the job is over.
    pub(crate) async fn ended(&self, browser: &Browser, job: JobId) -> Page {
        self.until(browser, job, |job| job["finished_at"].is_string()).await;
        browser.get(&format!("/jobs/{job}")).await
    }

    /// Returns once the job, as JSON, is as `is_so` wants it; each look follows a change.
    pub(crate) async fn until(&self, browser: &Browser, job: JobId, is_so: impl Fn(&serde_json::Value) -> bool) {
        let mut changes = self.app.live.subscribe_job(job);
        let look = async {
            while !is_so(&browser.get(&format!("/jobs/{job}.json")).await.json()) {
                changes.changed().await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, look).await;
        assert!(seen.is_ok(), "waited in vain for {}", browser.get(&format!("/jobs/{job}.json")).await.body);
    }

    /// Lets time pass; the months it reaches get their partitions.
    pub(crate) async fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        db::ensure_partitions(&self.app.system, self.app.clock.now()).await.unwrap();
    }

    /// Every mail so far, oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.outbox) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// Every mail so far, with those that nobody waits for.
    pub(crate) async fn all_mails(&self) -> Vec<String> {
        self.app.background_tasks.finish().await;
        self.mails()
    }

    /// Takes the database away, or gives it back.
    pub(crate) async fn let_connect(&self, allowed: bool) {
        self.database.let_connect(allowed).await;
    }

    /// The path of the one link in the newest mail.
    pub(crate) fn mailed_link(&self) -> String {
        let mail = self.mails().pop().expect("no mail was sent");
        let base = self.app.public_url.as_str().trim_end_matches('/');
        let mut links = mail.split_whitespace().filter_map(|word| word.strip_prefix(base));
        let link = links.next().expect("the mail has no link").to_owned();
        assert_eq!(links.next(), None, "the mail has a second link");
        link
    }

    /// The actions in the audit log, oldest first, as `action` or `action!class`.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let statement = "SELECT action || COALESCE('!' || error_class, '') FROM audit_entries ORDER BY id";
        sqlx::query_scalar(statement).fetch_all(self.app.system.pool()).await.unwrap()
    }
}

/// Those of another process, which shares the database and nothing else.
pub(crate) fn refresher_of(handles: &Handles) -> TokenRefresher {
    TokenRefresher {
        system: handles.system.clone(),
        vault: handles.vault.clone(),
        egress: handles.egress.clone(),
        clock: handles.clock.clone(),
        live: handles.live.clone(),
        background_tasks: handles.background_tasks.clone(),
        notifier: Notifier {
            system: handles.system.clone(),
            clock: handles.clock.clone(),
            live: handles.live.clone(),
            mailer: handles.mailer.clone(),
            background_tasks: handles.background_tasks.clone(),
            public_url: handles.public_url.clone(),
        },
        locks: RefreshLocks::default(),
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // it is missing if no mail was sent
        let _ = std::fs::remove_dir_all(&self.outbox);
    }
}

/// The way out, with these private addresses allowed.
pub(crate) fn allowing(rules: &[&str]) -> Egress {
    Egress::new(EgressPolicy { allow: rules.iter().map(|rule| rule.parse().unwrap()).collect() })
}

/// Starts a worker on the runtime of the test.
async fn run_jobs(app: &App) {
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    let settings = Settings { slots: 4, ..Settings::default() };
    let (engine, leases) =
        Engine::start(app.system.clone(), &app.queue, app.clock.clone(), settings, "a test").await.unwrap();
    let runner = Runner {
        system: app.system.clone(),
        egress: app.egress.clone(),
        refresher: app.refresher.clone(),
        workbench,
        clock: app.clock.clone(),
    };
    tokio::spawn(worker::run(engine, leases, runner));
}
