//! The version of HTTP that a new socket speaks.

use std::io::Result;

use tokio::net::TcpStream;

/// The first bytes of each HTTP/2 connection (RFC 9113, section 3.4). No method of HTTP/1 begins like this.
const HTTP2_PREFACE: &[u8] = b"PRI ";

/// Waits for the first bytes of a socket, and says whether they begin HTTP/2. The bytes stay in the socket.
///
/// hyper can find the version too. It then reads the first bytes apart, and its buffer for the rest doubles to 16 KiB, which
/// each live page keeps.
pub(super) async fn is_http2(stream: &TcpStream) -> Result<bool> {
    let mut first = [0; HTTP2_PREFACE.len()];
    let length = stream.peek(&mut first).await?;
    Ok(&first[..length] == HTTP2_PREFACE)
}
