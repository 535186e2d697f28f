//! The HTTP client of the exporter of spans, over egress.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use url::Url;

use super::{Egress, EgressPolicy, Request};
use crate::config::{AllowRule, Authorities};

/// Largest answer of a collector that is read.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Sends requests to one collector, and nowhere else but to the public internet. The operator named the collector, so it
/// may have a private address, which connectors may not reach.
#[derive(Clone, Debug)]
pub struct OtlpClient {
    egress: Egress,
    headers: HeaderMap,
    timeout: Duration,
    /// Runs the requests: the exporter calls from a thread of its own.
    runtime: Handle,
}

impl OtlpClient {
    /// Makes a client for `collector`, which adds `headers` to each request. Needs a Tokio runtime.
    ///
    /// # Errors
    /// Returns a sentence if the address names no host and port.
    pub fn new(
        collector: &Url,
        authorities: Authorities,
        headers: HeaderMap,
        timeout: Duration,
    ) -> Result<Self, String> {
        let (host, port) =
            (collector.host_str().unwrap_or_default(), collector.port_or_known_default().unwrap_or_default());
        let rule: AllowRule = format!("{host}:{port}").parse()?;
        let egress = Egress::new(EgressPolicy { allow: vec![rule] }).with_authorities(authorities);
        Ok(Self { egress, headers, timeout, runtime: Handle::current() })
    }
}

#[async_trait]
impl HttpClient for OtlpClient {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let mut outgoing = Request::new(parts.method, Url::parse(&parts.uri.to_string())?)
            .timeout(self.timeout)
            .max_response_bytes(MAX_RESPONSE_BYTES);
        outgoing.headers = parts.headers;
        outgoing.headers.extend(self.headers.clone());
        outgoing.body = Some(body);
        let egress = self.egress.clone();
        let exchange = async move {
            let response = egress.send(outgoing).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, super::Error>((status, headers, response.bytes().await?))
        };
        let (status, headers, body) =
            self.runtime.spawn(exchange).await?.map_err(|error| error.message().with_detail_inline().to_string())?;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
