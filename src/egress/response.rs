//! A response whose body is read within its limit, at once or as a stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::{HeaderMap, StatusCode};

use super::error::Error;
use crate::telemetry::table::EGRESS_BODY_FAULTS;

/// A response with status and headers; the body has not been read yet. Redirects are responses like any other.
#[derive(Debug)]
pub struct Response {
    pub(super) inner: reqwest::Response,
    pub(super) host: String,
    pub(super) timeout: Duration,
    pub(super) limit: usize,
}

impl Response {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// Returns the media type in lower case, without its parameters; empty if there is none.
    pub fn media_type(&self) -> String {
        let value = self.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }

    /// Lowers the limit.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    /// Reads the whole body.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        if self.inner.content_length().is_some_and(|length| length > self.limit as u64) {
            return Err(Error::TooLarge { host: self.host, limit: self.limit });
        }
        let body = self.stream().try_fold(BytesMut::new(), |mut body, chunk| async move {
            body.extend_from_slice(&chunk);
            Ok(body)
        });
        Ok(body.await?.freeze())
    }

    /// Streams the body. The stream ends with an error as soon as the limit is passed.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let Self { inner, host, timeout, limit } = self;
        let mut received = 0_usize;
        inner
            .bytes_stream()
            .map(move |chunk| {
                let chunk = chunk.map_err(|error| broken(host.clone(), timeout, error))?;
                received = received.saturating_add(chunk.len());
                if received > limit { Err(Error::TooLarge { host: host.clone(), limit }) } else { Ok(chunk) }
            })
            .inspect_err(count_body_fault)
    }
}

/// Counts an answer whose body did not arrive whole.
fn count_body_fault(error: &Error) {
    EGRESS_BODY_FAULTS.increment(&[error.class()]);
}

fn broken(host: String, after: Duration, error: reqwest::Error) -> Error {
    if error.is_timeout() {
        Error::Timeout { host, after }
    } else {
        Error::Broken { host, source: anyhow::Error::new(error.without_url()) }
    }
}
