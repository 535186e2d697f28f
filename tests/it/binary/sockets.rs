//! Sockets of clients that are slow, silent or many: they end, and other people get their pages.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use craft::serve::{SocketLimits, serve_sockets};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hang::HANG_TIMEOUT;
use crate::support::hub::{Hub, database_url};

const HOUR: Duration = Duration::from_secs(3_600);

/// Half requests of one address, more than a process may usually have files.
const HALF_REQUESTS: usize = 1_130;

const HALF_REQUEST: &str = "GET /quick HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ";

/// Bounds that no test meets by accident.
const LIMITS: SocketLimits =
    SocketLimits { open: 100, open_by_address: 100, waiting_by_address: 100, head_timeout: HOUR, idle_timeout: HOUR };

/// A server with a quick page, and one that waits until the test lets it answer.
struct Server {
    address: SocketAddr,
    gate: Arc<Semaphore>,
    /// Permits, each for a request that waits at the gate.
    at_gate: Arc<Semaphore>,
    _stop: DropGuard,
}

impl Server {
    async fn start(limits: SocketLimits) -> Self {
        Self::behind(limits, &[]).await
    }

    async fn behind(limits: SocketLimits, proxies: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (gate, at_gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (closed_gate, arrivals) = (Arc::clone(&gate), Arc::clone(&at_gate));
        let slow = async move || {
            arrivals.add_permits(1);
            closed_gate.acquire().await.unwrap().forget();
            "slow"
        };
        let pages = Router::new().route("/quick", get(async || "quick")).route("/slow", get(slow));
        let proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        tokio::spawn(serve_sockets(listener, pages, limits, proxies, stop.clone(), Duration::ZERO));
        Self { address, gate, at_gate, _stop: stop.drop_guard() }
    }

    async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }
}

/// A client that writes HTTP by hand.
struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, text: &str) -> &mut Self {
        // the server may have closed the socket; the test reads why
        let _ = self.0.write_all(text.as_bytes()).await;
        self
    }

    async fn get(&mut self, path: &str) -> &mut Self {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).await
    }

    /// Reads until the answer has arrived whole, or the server closes the socket. Returns the status and the body.
    async fn answer(&mut self) -> (u16, String) {
        let mut text = String::new();
        while !is_whole(&text) {
            let mut bytes = [0; 4_096];
            let read = timeout(HANG_TIMEOUT, self.0.read(&mut bytes)).await.expect("no answer in time").unwrap_or(0);
            assert!(read > 0, "the server closed the socket after {text:?}");
            text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Waits until the server has closed the socket without an answer.
    async fn closed(&mut self) {
        let read = timeout(HANG_TIMEOUT, self.0.read(&mut [0; 1])).await.expect("not closed in time");
        assert!(matches!(read, Ok(0) | Err(_)), "the server answered");
    }
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

#[tokio::test]
async fn unfinished_requests_of_an_address_end_for_its_next_one() {
    let server = Server::start(SocketLimits { waiting_by_address: 8, ..LIMITS }).await;
    let mut halves = Vec::new();
    for _ in 0..50 {
        let mut client = server.connect().await;
        client.send(HALF_REQUEST).await;
        halves.push(client);
    }
    assert_eq!(server.connect().await.get("/quick").await.answer().await, (200, "quick".to_owned()));
    halves.truncate(42);
    for client in &mut halves {
        client.closed().await;
    }
}

#[tokio::test]
async fn a_socket_that_sends_no_request_ends() {
    let server = Server::start(SocketLimits { head_timeout: Duration::from_millis(10), ..LIMITS }).await;
    server.connect().await.closed().await;
    server.connect().await.send(HALF_REQUEST).await.closed().await;
    // after a whole request the idle time counts only until the next one begins
    let mut client = server.connect().await;
    assert_eq!(client.get("/quick").await.answer().await.0, 200);
    client.send(HALF_REQUEST).await.closed().await;
}

#[tokio::test]
async fn an_idle_socket_ends_and_a_request_under_way_does_not() {
    let brief = Duration::from_millis(10);
    let server = Server::start(SocketLimits { head_timeout: HOUR, idle_timeout: brief, ..LIMITS }).await;
    let mut slow = server.connect().await;
    slow.get("/slow").await;
    for _ in 0..2 {
        let mut idle = server.connect().await;
        assert_eq!(idle.get("/quick").await.answer().await.0, 200);
        idle.closed().await;
    }
    server.gate.add_permits(1);
    assert_eq!(slow.answer().await, (200, "slow".to_owned()));
    slow.closed().await;
}

#[tokio::test]
async fn a_full_server_says_so_until_a_request_ends() {
    for limits in [SocketLimits { open: 3, ..LIMITS }, SocketLimits { open_by_address: 3, ..LIMITS }] {
        let server = Server::start(limits).await;
        let mut slow = Vec::new();
        for _ in 0..3 {
            let mut client = server.connect().await;
            client.get("/slow").await;
            slow.push(client);
        }
        // a socket whose request has not begun would end for the next one
        let _all_begun = timeout(HANG_TIMEOUT, server.at_gate.acquire_many(3)).await.unwrap().unwrap();
        assert_eq!(server.connect().await.answer().await.0, 503);
        server.gate.add_permits(3);
        for client in &mut slow {
            assert_eq!(client.answer().await, (200, "slow".to_owned()));
        }
        // these sockets wait now, and the oldest ends for the next
        assert_eq!(server.connect().await.get("/quick").await.answer().await, (200, "quick".to_owned()));
        slow[0].closed().await;
        assert_eq!(slow[2].get("/quick").await.answer().await, (200, "quick".to_owned()));
    }
}

#[tokio::test]
async fn the_sockets_of_a_proxy_are_those_of_many_people() {
    let limits = SocketLimits { open_by_address: 1, waiting_by_address: 1, ..LIMITS };
    let server = Server::behind(limits, &["127.0.0.0/8"]).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = server.connect().await;
        assert_eq!(client.get("/quick").await.answer().await.0, 200);
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.get("/quick").await.answer().await.0, 200);
    }
}

#[tokio::test]
async fn the_head_of_a_request_is_bounded() {
    let server = Server::start(LIMITS).await;
    let with_header = |bytes| format!("GET /quick HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "x".repeat(bytes));
    assert_eq!(server.connect().await.send(&with_header(16_000)).await.answer().await.0, 200);
    assert_eq!(server.connect().await.send(&with_header(70_000)).await.answer().await.0, 431);
}

#[tokio::test]
async fn both_versions_of_http_are_served_on_one_port() {
    let server = Server::start(LIMITS).await;
    #[expect(clippy::disallowed_methods, reason = "a client of the hub")]
    let http2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let answer = http2.get(format!("http://{}/quick", server.address)).send().await.unwrap();
    assert_eq!((answer.version(), answer.status().as_u16()), (http::Version::HTTP_2, 200));

    // a method that begins like HTTP/2, in two pieces
    let mut client = server.connect().await;
    client.send("PRO").await.send("PFIND /quick HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.answer().await.0, 405);
}

#[tokio::test]
async fn a_flood_of_half_requests_leaves_the_pages_of_the_program_answering() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let (place, database) = (DataDirectory::new("flood"), TestDatabase::new().await);
    let craft = place.craft(&["serve"]);
    let craft = craft.as_std();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -Sn 256 && exec \"$0\" serve"]).arg(craft.get_program()).env_clear();
    limited.envs(craft.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.env("DATABASE_URL", database_url(&database.options)).current_dir(&place.0).kill_on_drop(true);
    limited
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let hub = Hub::start(limited).await;
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), hub.base.port().unwrap());

    let mut halves = Vec::new();
    for _ in 0..HALF_REQUESTS {
        let mut client = Client::connect(address).await;
        client.send(HALF_REQUEST).await;
        halves.push(client);
    }
    assert_eq!(hub.browser().get("/sign-in").await.text("h1"), "Sign in");
    assert!(hub.is_ready().await);
    assert!(!hub.log().contains("Failed to accept"), "{}", hub.log());
    an_unnamed_host_is_refused(address).await;
}

async fn an_unnamed_host_is_refused(address: SocketAddr) {
    for (request, status) in [
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost: anything\r\n\r\n", 200),
    ] {
        assert_eq!(Client::connect(address).await.send(request).await.answer().await.0, status, "{request:?}");
    }
}
