//! The program itself, in a process of its own, seen from outside: what it prints, what it answers, how it ends.

use std::os::unix::fs::DirBuilderExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use url::Url;

use super::browser::Browser;
use super::place::Place;
use super::test_app::PASSWORD;

/// Far longer than a start or a stop takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `craft serve`; killed when dropped, as by a power cut.
pub(crate) struct Hub {
    child: Child,
    pub(crate) base: Url,
    /// The link that makes the owner's account, if it was printed.
    pub(crate) setup: Option<Url>,
    log: Log,
    /// Whoever stops reading breaks the pipe.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// A program that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// `craft` with these arguments in this data directory, away from the settings of whoever runs the tests.
    pub(crate) fn craft(&self, arguments: &[&str]) -> Command {
        if !self.0.is_dir() {
            // PostgreSQL's own user must be able to pass
            std::fs::DirBuilder::new().recursive(true).mode(0o711).create(&self.0).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_craft"));
        command.args(arguments).current_dir(&self.0).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("CRAFT_DATA_DIR", &self.0);
        command.env("CRAFT_LISTEN", "127.0.0.1:0").env("CRAFT_EGRESS_ALLOW", "127.0.0.0/8");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// `craft serve` on its own private PostgreSQL.
    pub(crate) async fn serve(&self) -> Hub {
        Hub::start(self.craft(&["serve"])).await
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.craft(arguments), "").await
    }
}

impl Hub {
    /// Starts it, and returns once it says where it listens.
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Log::keep(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut setup = None;
        let base = loop {
            let line = timeout(PATIENCE, stdout.next_line()).await.expect("it takes too long to start").unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended before it listened:\n{}", log.text()));
            if let Some(link) = line.strip_prefix("Make the owner’s account here: ") {
                setup = Some(Url::parse(link).unwrap());
            } else if let Some(base) = line.strip_prefix("Listening on ") {
                break Url::parse(base).unwrap();
            }
        };
        Self { child, base, setup, log, _stdout: stdout }
    }

    /// Somebody who is not signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::at(self.base.clone())
    }

    /// Makes the owner's account through the link that was printed; signed in.
    pub(crate) async fn owner(&self) -> Browser {
        let link = self.setup.as_ref().expect("no set-up link was printed");
        let browser = self.browser();
        let form = browser.get(link.path()).await;
        let fields = [("email", "owner@example.com"), ("display_name", "Olive"), ("password", PASSWORD)];
        let page = browser.submit(&form, "main form", fields).await;
        assert_eq!(page.path(), craft::web::HOME, "{}", page.text("main"));
        browser
    }

    /// Whether it says that it can work.
    pub(crate) async fn is_ready(&self) -> bool {
        self.browser().get("/readyz").await.status == StatusCode::OK
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// As a supervisor stops it.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.end(Signal::TERM).await
    }

    /// As a power cut does.
    pub(crate) async fn kill(&mut self) {
        self.end(Signal::KILL).await;
    }

    async fn end(&mut self, signal: Signal) -> ExitStatus {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it has ended already");
        kill_process(pid, signal).unwrap();
        timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap()
    }
}

impl Ended {
    /// Runs it to its end, with `input` typed.
    pub(crate) async fn of(mut command: Command, input: &str) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // one that does not read is no matter
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = timeout(PATIENCE, child.wait_with_output()).await.expect("it does not end").unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The one line in which it says why it did not do what it was asked to.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "not one line:\n{}", self.stderr);
        self.stderr.trim_end().strip_prefix("craft: ").expect("not of craft")
    }
}

/// A database in the words of `DATABASE_URL`.
pub(crate) fn url_of(database: &PgConnectOptions) -> String {
    let (name, user) = (database.get_database().unwrap(), database.get_username());
    let (socket, port) = (database.get_socket().unwrap().display(), database.get_port());
    format!("postgres:///{name}?host={socket}&port={port}&user={user}")
}

/// What a child says, kept while it lives.
struct Log(Arc<Mutex<String>>);

impl Log {
    fn keep(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(String::new()));
        let keeps = Arc::clone(&kept);
        let mut lines = BufReader::new(stream).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = keeps.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self(kept)
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}
