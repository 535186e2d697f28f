//! HTTP callers: a kept-alive connection each, with as little work of its own as possible.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::figure::percentile;
use crate::hub::Program;

/// A caller with its kept-alive connection.
pub(crate) struct Caller {
    host: HeaderValue,
    connection: SendRequest<Full<Bytes>>,
}

/// A response, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Caller {
    pub(crate) async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        Self { host: HeaderValue::from_str(address).unwrap(), connection }
    }

    pub(crate) async fn send(&mut self, request: Request<String>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends the request and returns the response with its body unread.
    pub(crate) async fn open(&mut self, request: Request<String>) -> http::Response<hyper::body::Incoming> {
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        request.headers_mut().insert(HOST, self.host.clone());
        self.connection.ready().await.unwrap();
        self.connection.send_request(request).await.unwrap()
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &HeaderMap) -> Answer {
        self.send(get(path, headers)).await
    }
}

pub(crate) fn get(path: &str, headers: &HeaderMap) -> Request<String> {
    let mut request = Request::get(path).body(String::new()).unwrap();
    *request.headers_mut() = headers.clone();
    request
}

/// Throughput and latency under constant load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Responses a second.
    pub(crate) rate: f64,
    /// 99th percentile of the response time, in milliseconds.
    pub(crate) p99: f64,
}

/// Requests one page repeatedly from this many callers for this long; each response must be `200`.
pub(crate) async fn load(program: &Program, path: &str, headers: &HeaderMap, callers: usize, time: Duration) -> Load {
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for _ in 0..callers {
        let mut caller = Caller::connect(program.address()).await;
        let (path, headers) = (path.to_owned(), headers.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let sent = Instant::now();
                let answer = caller.get(&path, &headers).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}");
                times.push(sent.elapsed());
            }
            times
        });
    }
    let mut times: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    Load { rate, p99: percentile(&mut times, 0.99) }
}
