//! Small servers on loopback: with axum, or byte by byte for those that break the protocol.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Serves `router` on a free port until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Calls `talk` with each accepted connection.
pub(crate) async fn serve_raw<F, T>(talk: T) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
    T: Fn(TcpStream) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream));
        }
    });
    address
}

/// Reads the head of a request and at most 8 KiB, and drops both.
pub(crate) async fn read_request(stream: &mut TcpStream) {
    let mut request = [0; 8192];
    assert_ne!(stream.read(&mut request).await.unwrap(), 0, "the client sent nothing");
}

/// Serves connections that read a request, send `head`, and then are silent. Returns the address, and a notification of each
/// request.
pub(crate) async fn serve_silence(head: &'static [u8]) -> (SocketAddr, Arc<Notify>) {
    let arrived = Arc::new(Notify::new());
    let notify = arrived.clone();
    let talk = move |mut stream: TcpStream| {
        let notify = notify.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(head).await.unwrap();
            notify.notify_one();
            std::future::pending::<()>().await;
        }
    };
    (serve_raw(talk).await, arrived)
}

/// Awaits a request to a silent server. Once the request has arrived, the clock is paused and leaps to the request's limit.
/// Returns the answer and the length of the leap.
pub(crate) async fn leap_to_limit<T>(request: impl Future<Output = T>, arrived: &Notify) -> (T, Duration) {
    let pause = async {
        arrived.notified().await;
        tokio::time::pause();
        Instant::now()
    };
    let request = async { (request.await, Instant::now()) };
    let ((answer, at_limit), paused) = tokio::join!(request, pause);
    tokio::time::resume();
    (answer, at_limit - paused)
}

/// Reads a request, then sends a head and `kilobytes` of body without a content length.
pub(crate) async fn send_endless_body(mut stream: TcpStream, content_type: &str, kilobytes: usize) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
    let kilobyte = [b'x'; 1000];
    read_request(&mut stream).await;
    let mut sent = stream.write_all(head.as_bytes()).await;
    for _ in 0..kilobytes {
        if sent.is_err() {
            return;
        }
        sent = stream.write_all(&kilobyte).await;
    }
}

/// Returns an address on which no server listens.
pub(crate) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
