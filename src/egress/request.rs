//! A request as plain data, so that callers need no HTTP client of their own.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use super::client_certificate::ClientCertificate;
use crate::secret::Secret;

/// A request, and the bounds of its response.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) client_certificate: Option<ClientCertificate>,
    pub(super) timeout: Duration,
    pub(super) max_response_bytes: usize,
}

impl Request {
    /// Builds a request without headers or body, with 30 seconds and 10 MB for its response.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            client_certificate: None,
            timeout: Duration::from_secs(30),
            max_response_bytes: 10_000_000,
        }
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the URL.
    #[must_use]
    pub fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    /// Sets `Authorization: Bearer …`, as [`Request::secret_header`] does.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        self.secret_header(header::AUTHORIZATION, &Secret::new(format!("Bearer {}", token.expose())))
    }

    /// Sets a header, marked as sensitive. A value that no header can hold is left out; the server then answers as for any
    /// request without one.
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::try_from(value.expose()) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets the client certificate, presented if the server asks for one.
    #[must_use]
    pub fn client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.client_certificate = Some(certificate);
        self
    }

    /// Sets the body and its media type.
    #[must_use]
    pub fn body(self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.typed_body(HeaderValue::from_static(content_type), body)
    }

    /// Sets the body and its media type, which may have parameters.
    #[must_use]
    pub fn typed_body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, content_type);
        self.body = Some(body.into());
        self
    }

    /// Sets the time for the whole exchange, body included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the limit of the response in bytes, after decompression.
    #[must_use]
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_response_bytes = limit;
        self
    }
}
