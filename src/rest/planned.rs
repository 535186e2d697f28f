//! A request as it is sent, and as people and tests see it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;

use super::credential::ApiCredential;

/// A request as it is sent, without its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parts of an HTTP request")]
pub struct PlannedRequest {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<PlannedBody>,
}

/// The body of a request as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of an HTTP body")]
pub struct PlannedBody {
    pub content_type: HeaderValue,
    pub bytes: Bytes,
}

impl PlannedRequest {
    /// Adds headers that the request does not set itself.
    #[must_use]
    pub fn with_default_headers(mut self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        for (name, value) in headers {
            if !self.headers.iter().any(|(set, _)| *set == name) {
                self.headers.push((name, value));
            }
        }
        self
    }

    /// Returns the request as JSON for people and tests: method, URL, headers and the body as text.
    #[must_use]
    pub fn to_json(&self, credential: &ApiCredential) -> Value {
        let (url, headers) = self.with_credential(credential);
        json!({"method": self.method.as_str(), "url": url, "headers": headers, "body": self.body_text()})
    }

    /// Returns the request as people know it: the first line, headers, and the body after an empty line.
    #[must_use]
    pub fn to_text(&self, credential: &ApiCredential) -> String {
        let (url, headers) = self.with_credential(credential);
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("\n{name}: {value}")).collect();
        let body = self.body_text().map(|body| format!("\n\n{body}")).unwrap_or_default();
        format!("{} {url}{}{body}", self.method, headers.concat())
    }

    fn body_text(&self) -> Option<String> {
        self.body.as_ref().map(|body| String::from_utf8_lossy(&body.bytes).into_owned())
    }

    /// Returns the URL and the headers with the credential in its place.
    fn with_credential(&self, credential: &ApiCredential) -> (String, BTreeMap<String, String>) {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut headers: BTreeMap<_, _> =
            self.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let mut url = self.url.clone();
        credential.write_into_url(&mut url);
        if let ApiCredential::Header { name, value } = credential {
            headers.insert(name.as_str().to_owned(), value.expose().to_owned());
        }
        if let Some(body) = &self.body {
            headers.insert("content-type".to_owned(), text(&body.content_type));
        }
        (credential.url_text(url), headers)
    }
}
