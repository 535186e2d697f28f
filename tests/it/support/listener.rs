//! Small servers on loopback: well-behaved ones by axum, others byte by byte.

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

/// Hands each accepted connection to `talk`.
pub(crate) async fn raw<F, T>(talk: T) -> SocketAddr
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

/// Reads a request's head and a little of its body; what it says does not matter here.
pub(crate) async fn hear(stream: &mut TcpStream) {
    let mut heard = [0; 8192];
    assert_ne!(stream.read(&mut heard).await.unwrap(), 0, "nobody spoke");
}

/// Hears a request, then writes a head and `kilobytes` of body, without ever saying how long it will be.
pub(crate) async fn flood(mut stream: TcpStream, content_type: &str, kilobytes: usize) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
    let kilobyte = [b'x'; 1000];
    hear(&mut stream).await;
    let mut sent = stream.write_all(head.as_bytes()).await;
    for _ in 0..kilobytes {
        if sent.is_err() {
            return;
        }
        sent = stream.write_all(&kilobyte).await;
    }
}

/// A port on which nothing listens.
pub(crate) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
