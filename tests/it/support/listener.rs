//! Small servers on loopback: with axum, or byte by byte for those that break the protocol.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
