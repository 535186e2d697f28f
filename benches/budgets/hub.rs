//! Programs in processes of their own: the hub, and bare peers of it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::caller::Caller;
use crate::database::BenchDatabase;

/// E-mail address of the account that requests the pages.
pub(crate) const OWNER: &str = "owner@example.com";

const PASSWORD: &str = "a lantern over the harbour";

/// A listening program; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) base: Url,
    /// Time from its start to the line with its address.
    pub(crate) start: Duration,
}

impl Program {
    /// Starts `craft` with these arguments on the database.
    pub(crate) async fn hub(database: &BenchDatabase, arguments: &[&str]) -> Self {
        let mut command = craft(database);
        command.args(arguments).env("CRAFT_LISTEN", "127.0.0.1:0").env("CRAFT_EGRESS_ALLOW", "127.0.0.0/8");
        Self::start(command).await
    }

    /// Starts this program again, as the peer of that name.
    pub(crate) async fn bare(database: &BenchDatabase, name: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(name).env("DATABASE_URL", database.url());
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("the program ended before it listened");
            if let Some(base) = line.strip_prefix("Listening on ") {
                let (start, base) = (started.elapsed(), Url::parse(base).unwrap());
                // the program would fail on a closed pipe
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Self { child, base, start };
            }
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.base[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    }

    /// Makes the headers of a viewer who signed in at another process fit this one, whose port is in the cookies' names.
    pub(crate) fn adopt(&self, viewer: &mut HeaderMap) {
        let cookies = viewer[COOKIE].to_str().unwrap().split("; ").map(|cookie| {
            let (name, value) = cookie.split_once('=').unwrap();
            let (name, _port) = name.rsplit_once('-').unwrap();
            format!("{name}-{}={value}", self.base.port().unwrap())
        });
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        viewer.insert(COOKIE, HeaderValue::from_str(&cookies).unwrap());
    }

    /// Signs in and returns the headers for the next requests.
    pub(crate) async fn sign_in(&self, email: &str) -> HeaderMap {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", email), ("password", PASSWORD)])
            .finish();
        let origin = self.base.origin().ascii_serialization();
        let request = Request::post("/sign-in")
            .header(ORIGIN, origin)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .unwrap();
        let answer = Caller::connect(self.address()).await.send(request).await;
        assert!(answer.status.is_redirection(), "the sign-in got the status {}", answer.status);
        let cookies = answer.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
        let cookies: Vec<_> = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())])
    }
}

/// Creates the account that requests the pages.
pub(crate) async fn make_owner(database: &BenchDatabase) {
    let mut command = craft(database);
    command.args(["user", "create", "--password-stdin", "--email", OWNER]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).await.unwrap();
    assert!(child.wait().await.unwrap().success(), "the account was not created");
}

fn craft(database: &BenchDatabase) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_craft"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.env("CRAFT_DATA_DIR", database.dir()).env("DATABASE_URL", database.url());
    command
}
