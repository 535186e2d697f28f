//! The HTTP server of the pages: accepts sockets within bounds, and ends those that keep the server waiting.
//!
//! `axum::serve` has no timeouts and no bounds, so a client could hold every file of the process with unfinished requests.
//! Each socket here is either waiting for a request or has one under way. Only waiting sockets are ended, by age or to make
//! room; live streams and slow downloads are not.

mod file_limit;
mod limits;
mod page_service;
mod request_guard;
mod socket;
mod sockets;
mod version;
mod watched_stream;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(super) use self::file_limit::raise_file_limit;
pub use self::limits::SocketLimits;
use self::page_service::PageService;
use self::socket::Socket;
use self::sockets::Sockets;
use self::version::is_http2;
use self::watched_stream::WatchedStream;
use crate::config::Proxy;

/// Largest head of a request in bytes: its address and all headers. A larger one is answered with 431.
const MAX_HEAD_BYTES: u32 = 32 * 1024;

/// Requests under way on one HTTP/2 socket.
const MAX_STREAMS_BY_SOCKET: u32 = 100;

/// Time between two pings of an HTTP/2 client, and time for its answer.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Time between two searches for sockets that wait too long.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

const MIN_ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);
const MAX_ACCEPT_RETRY_DELAY: Duration = Duration::from_secs(1);

/// The answer to a socket that finds no room.
const NO_ROOM: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Serves `pages` until `stop`, then lets requests under way end for as long as `drain`. Sockets of `proxies` carry the
/// requests of many people, so their addresses have no bound of their own.
pub async fn serve_sockets(
    listener: TcpListener,
    pages: Router,
    limits: SocketLimits,
    proxies: Vec<Proxy>,
    stop: CancellationToken,
    drain: Duration,
) {
    let server = Server { pages, sockets: Sockets::new(limits, proxies), stop: stop.clone() };
    let tasks = TaskTracker::new();
    tasks.spawn(stop.clone().run_until_cancelled_owned(sweep(Arc::clone(&server.sockets))));
    stop.run_until_cancelled(server.accept(&listener, &tasks)).await;
    drop(listener);
    tasks.close();
    // after that the streams of live pages would keep the process alive
    let _ = tokio::time::timeout(drain, tasks.wait()).await;
}

struct Server {
    pages: Router,
    sockets: Arc<Sockets>,
    stop: CancellationToken,
}

impl Server {
    async fn accept(&self, listener: &TcpListener, tasks: &TaskTracker) {
        loop {
            let (stream, peer) = accept_next(listener).await;
            match Socket::open(&self.sockets, peer.ip()) {
                Some(socket) => drop(tasks.spawn(self.serve(stream, peer, socket))),
                // the answer is lost if the client has sent its request already, as the socket closes before that is read
                None => drop(stream.try_write(NO_ROOM)),
            }
        }
    }

    /// Serves one socket until the client or the hub ends it.
    fn serve(&self, stream: TcpStream, peer: SocketAddr, socket: Arc<Socket>) -> impl Future<Output = ()> + use<> {
        // without this, small pieces of live pages wait for the acknowledgement of earlier ones
        let _ = stream.set_nodelay(true);
        let pages = PageService::new(self.pages.clone(), peer, Arc::clone(&socket));
        let stop = self.stop.clone();
        async move {
            let builder = tokio::select! {
                version = is_http2(&stream) => match version {
                    Ok(true) => builder().http2_only(),
                    Ok(false) => builder().http1_only(),
                    Err(_) => return,
                },
                () = socket.ended() => return,
                () = stop.cancelled() => return,
            };
            let stream = TokioIo::new(WatchedStream::new(stream, Arc::clone(&socket)));
            let mut connection = pin!(builder.serve_connection(stream, pages));
            tokio::select! {
                // an error is that of a client: a request that is no HTTP, or a lost socket
                _ = connection.as_mut() => return,
                () = socket.ended() => return,
                () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            tokio::select! {
                _ = connection => {}
                () = socket.ended() => {}
            }
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // the sweep ends sockets that wait for a head, in either version
    builder.http1().header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .max_concurrent_streams(MAX_STREAMS_BY_SOCKET)
        .max_header_list_size(MAX_HEAD_BYTES);
    builder
}

/// Accepts the next socket. If the machine has no more files or memory, tries again after a delay that doubles.
async fn accept_next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut delay = MIN_ACCEPT_RETRY_DELAY;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                let milliseconds = delay.as_millis();
                tracing::warn!(%error, "Failed to accept a socket; retrying in {milliseconds} ms");
                sleep(delay).await;
                delay = (delay * 2).min(MAX_ACCEPT_RETRY_DELAY);
            }
        }
    }
}

/// Says whether a socket was lost before it was accepted.
fn is_of_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn sweep(sockets: Arc<Sockets>) {
    let mut ticks = interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        sockets.end_overdue(Instant::now());
    }
}
