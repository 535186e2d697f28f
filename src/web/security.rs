//! Security headers of every response.
//!
//! The policy allows no inline script, no inline style, no eval and no other origin, so code that an attacker injects into a
//! page would not run. `form-action 'self'` also covers redirects, so a POST never leads to another site.

use axum::response::Response;
use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

/// The content security policy of every page.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     font-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FIXED: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];

/// Makes browsers refuse plain http for this host for a year; sent only if the public address is https.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Sets the security headers. A policy that the handler set stays, for a page that must post elsewhere.
pub(super) fn harden(mut response: Response, https: bool) -> Response {
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{POLICY, harden};
    use axum::response::{IntoResponse, Response};
    use http::header::{CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY};

    #[test]
    fn the_policy_allows_nothing_inline() {
        assert!(!POLICY.contains("unsafe") && !POLICY.contains("data:") && !POLICY.contains('*'));
        assert!(POLICY.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"));
    }

    #[test]
    fn only_a_hub_with_an_https_address_sends_hsts() {
        let asks = |https| harden(Response::default(), https).headers().contains_key(STRICT_TRANSPORT_SECURITY);
        assert!(asks(true) && !asks(false));
    }

    #[test]
    fn a_policy_set_by_the_handler_stays() {
        let response = ([(CONTENT_SECURITY_POLICY, "default-src 'none'")], "").into_response();
        assert_eq!(harden(response, false).headers()[CONTENT_SECURITY_POLICY], "default-src 'none'");
    }
}
