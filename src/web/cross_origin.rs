//! Rejects requests that another site makes a browser send. Forms need no tokens, because browsers declare the source.
//!
//! Safe methods pass, since they change nothing. For other methods the first header present decides: `Sec-Fetch-Site`
//! (every browser since 2023), `Origin` (sent with every POST before that), `Referer` (text browsers). Without any of the
//! three only a request without cookies passes: a program that acts with its own credentials.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{COOKIE, HOST, ORIGIN, REFERER};
use http::{HeaderMap, HeaderName, StatusCode};
use url::Url;

use super::error::Error;

/// The public host of the hub, with its port unless it is the default one.
#[derive(Clone, Debug)]
pub(super) struct PublicHost(String);

impl PublicHost {
    pub(super) fn new(public_url: &Url) -> Self {
        Self(host_of(public_url))
    }
}

/// Middleware that rejects cross-origin requests with 403.
pub(super) async fn refuse(State(public): State<PublicHost>, request: Request, next: Next) -> Response {
    if is_same_origin(&request, &public) {
        return next.run(request).await;
    }
    Error::new(
        StatusCode::FORBIDDEN,
        "This request came from another site, so it was stopped. Open the page here and send it again.",
    )
    .into_response()
}

fn is_same_origin(request: &Request, public: &PublicHost) -> bool {
    if request.method().is_safe() {
        return true;
    }
    let headers = request.headers();
    if let Some(site) = text(headers, &HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    let source = text(headers, &ORIGIN).or_else(|| text(headers, &REFERER));
    match source {
        Some(source) => Url::parse(source).is_ok_and(|url| is_our_host(&host_of(&url), request, public)),
        None => !headers.contains_key(COOKIE),
    }
}

/// Compares hosts without the scheme: behind a proxy that ends TLS the hub sees http and the browser https.
fn is_our_host(host: &str, request: &Request, public: &PublicHost) -> bool {
    let host_header =
        request.uri().authority().map(http::uri::Authority::as_str).or_else(|| text(request.headers(), &HOST));
    !host.is_empty()
        && (host == public.0 || host_header.is_some_and(|host_header| host_header.eq_ignore_ascii_case(host)))
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns the header as text. A header that is not text is treated as present and wrong.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{PublicHost, is_same_origin};
    use axum::body::Body;
    use axum::extract::Request;
    use url::Url;

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/jobs").header("host", "127.0.0.1:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let public = PublicHost::new(&Url::parse("https://hub.example").unwrap());
        is_same_origin(&request.body(Body::empty()).unwrap(), &public)
    }

    #[test]
    fn safe_methods_pass_from_anywhere() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(passes(method, &[("sec-fetch-site", "cross-site"), ("cookie", "s=1")]), "{method}");
        }
    }

    #[test]
    fn sec_fetch_site_decides_first() {
        assert!(passes("POST", &[("sec-fetch-site", "same-origin")]));
        assert!(passes("POST", &[("sec-fetch-site", "none")]));
        assert!(!passes("POST", &[("sec-fetch-site", "same-site")]));
        assert!(!passes("POST", &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080")]));
    }

    #[test]
    fn an_origin_must_be_this_host_or_the_public_one() {
        assert!(passes("POST", &[("origin", "http://127.0.0.1:8080"), ("cookie", "s=1")]));
        assert!(passes("POST", &[("origin", "https://hub.example"), ("cookie", "s=1")]));
        for foreign in ["http://127.0.0.1:9090", "https://evil.example", "null"] {
            assert!(!passes("POST", &[("origin", foreign)]), "{foreign:?}");
        }
    }

    #[test]
    fn a_text_browser_is_recognised_by_its_referer() {
        assert!(passes("POST", &[("referer", "http://127.0.0.1:8080/sign-in"), ("cookie", "s=1")]));
        assert!(!passes("POST", &[("referer", "https://evil.example/127.0.0.1:8080"), ("cookie", "s=1")]));
    }

    #[test]
    fn without_any_of_the_headers_only_a_request_without_cookies_passes() {
        assert!(passes("POST", &[]));
        assert!(!passes("DELETE", &[("cookie", "s=1")]));
    }
}
