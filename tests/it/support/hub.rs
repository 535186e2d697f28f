//! The program in a process of its own, seen from outside: its output, its answers and its exit.

use std::os::unix::fs::DirBuilderExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use url::Url;

use super::browser::Browser;
use super::data_directory::DataDirectory;
use super::hang::in_time;
use super::test_app::PASSWORD;

/// A running `craft serve`; killed when dropped, as by a power cut.
pub(crate) struct Hub {
    child: Child,
    pub(crate) base: Url,
    /// The link that creates the owner's account, if the program printed it.
    pub(crate) setup: Option<Url>,
    /// The lines of standard output from the start to the last.
    pub(crate) greeting: Vec<String>,
    log: Log,
    /// Kept open: the program fails to print to a closed pipe.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// The output of a program that has exited.
pub(crate) struct FinishedProgram {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl DataDirectory {
    /// Returns the command `craft` with these arguments in this data directory, without the environment of the tests.
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

    /// Starts `craft serve` with its own private PostgreSQL.
    pub(crate) async fn serve(&self) -> Hub {
        Hub::start(self.craft(&["serve"])).await
    }

    /// Runs `craft` with these arguments until it exits.
    pub(crate) async fn run(&self, arguments: &[&str]) -> FinishedProgram {
        FinishedProgram::run(self.craft(arguments), "").await
    }
}

impl Hub {
    /// Starts the program and waits until it prints its address.
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Log::collect(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        // the set-up link is the last line, and only a hub without an owner has one
        let is_whole = |lines: &[String]| {
            let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
            has("Listening on ") && (!has("This hub has no owner yet") || has("  http"))
        };
        while !is_whole(&greeting) {
            let line = in_time("the hub starts", stdout.next_line()).await.unwrap();
            greeting.push(line.unwrap_or_else(|| panic!("the hub exited before it listened:\n{}", log.text())));
        }
        let find = |start: &str| greeting.iter().find_map(|line| line.strip_prefix(start));
        let base = Url::parse(find("Listening on ").unwrap()).unwrap();
        let setup =
            greeting.last().filter(|line| line.contains("/setup/")).map(|link| Url::parse(link.trim()).unwrap());
        Self { child, base, setup, greeting, log, _stdout: stdout }
    }

    /// Opens a browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::for_url(self.base.clone())
    }

    /// Creates the owner's account through the printed link; returns the browser that is signed in.
    pub(crate) async fn owner(&self) -> Browser {
        let link = self.setup.as_ref().expect("no set-up link was printed");
        let browser = self.browser();
        let form = browser.get(link.path()).await;
        let fields = [("email", "owner@example.com"), ("display_name", "Olive"), ("password", PASSWORD)];
        let page = browser.submit(&form, "main form", fields).await;
        assert_eq!(page.path(), craft::web::HOME, "{}", page.text("main"));
        browser
    }

    /// Returns true if the hub reports that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        self.browser().get("/readyz").await.status == StatusCode::OK
    }

    /// Returns the log so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Stops the hub as a supervisor does, and waits.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.send_signal(Signal::TERM).await
    }

    /// Kills the hub, and waits.
    pub(crate) async fn kill(&mut self) {
        self.send_signal(Signal::KILL).await;
    }

    async fn send_signal(&mut self, signal: Signal) -> ExitStatus {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("the hub should run");
        kill_process(pid, signal).unwrap();
        in_time("the hub exits", self.child.wait()).await.unwrap()
    }
}

impl FinishedProgram {
    /// Runs a command with `input` on its standard input until it exits.
    pub(crate) async fn run(mut command: Command, input: &str) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // the program need not read its input
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = in_time("the program exits", child.wait_with_output()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Returns the only line of a failed program, without its prefix.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "not one line:\n{}", self.stderr);
        self.stderr.trim_end().strip_prefix("craft: ").expect("the line should begin with the name of the program")
    }
}

/// Returns these options as a `DATABASE_URL`.
pub(crate) fn database_url(database: &PgConnectOptions) -> String {
    let (name, user) = (database.get_database().unwrap(), database.get_username());
    let (socket, port) = (database.get_socket().unwrap().display(), database.get_port());
    format!("postgres:///{name}?host={socket}&port={port}&user={user}")
}

/// The error output of a child process so far.
struct Log(Arc<Mutex<String>>);

impl Log {
    fn collect(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let log = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&log);
        let mut lines = BufReader::new(stream).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = log.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self(collected)
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}
