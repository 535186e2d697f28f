//! The guard against DNS rebinding: which names of the hub and which pages of others a request may come from.

use std::net::IpAddr;

use http::StatusCode;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use url::Url;

use super::refusal::Refusal;

/// The names under which the endpoint is reached.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    public_url: Url,
}

impl Guard {
    pub(super) const fn new(public_url: Url) -> Self {
        Self { public_url }
    }

    /// Refuses a request for another public name, and one that a page of an unsafe origin sends.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let text = |name| request.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        // HTTP/2 names the host in the address
        let host = text(HOST).or_else(|| request.uri.authority().map(Authority::as_str));
        if host.is_some_and(|host| !self.is_own_host(host)) {
            let public = self.public_url.host_str().unwrap_or_default();
            return Err(forbidden(format!("This hub is reached as {public}. Connect to that address.")));
        }
        if text(ORIGIN).is_some_and(|origin| !self.is_safe_origin(origin)) {
            return Err(forbidden("Pages of this origin cannot connect to the hub. It must use https.".to_owned()));
        }
        Ok(())
    }

    /// Says whether a `Host` may be the hub's. Addresses and short names are what proxies call it; an attacker who points a name
    /// of theirs at the hub has a full name.
    fn is_own_host(&self, authority: &str) -> bool {
        let Ok(url) = Url::parse(&format!("http://{authority}")) else { return false };
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let is_public = self.public_url.host_str().is_some_and(|public| public.trim_end_matches('.') == host);
        is_public || is_address(host) || !host.contains('.') || host.ends_with(".localhost")
    }

    /// Says whether a page may send requests. A page without encryption can be anybody's, except on the same machine.
    fn is_safe_origin(&self, origin: &str) -> bool {
        let Ok(url) = Url::parse(origin) else { return false };
        url.scheme() == "https" || url.origin() == self.public_url.origin() || is_loopback(&url)
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost") || address(host).is_some_and(|ip| ip.is_loopback())
}

fn is_address(host: &str) -> bool {
    address(host).is_some()
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn forbidden(message: String) -> Refusal {
    Refusal::before_message(StatusCode::FORBIDDEN, message)
}

#[cfg(test)]
mod tests {
    use super::Guard;
    use url::Url;

    fn guard() -> Guard {
        Guard::new(Url::parse("https://hub.example.com").unwrap())
    }

    #[test]
    fn other_full_names_are_not_the_hubs() {
        for host in
            ["hub.example.com", "HUB.example.com:443", "127.0.0.1:8080", "[::1]:8080", "craft:8080", "localhost"]
        {
            assert!(guard().is_own_host(host), "{host}");
        }
        for host in ["evil.example.com", "hub.example.com.evil.com", "a b", ""] {
            assert!(!guard().is_own_host(host), "{host}");
        }
    }

    #[test]
    fn pages_without_encryption_are_refused_except_on_the_same_machine() {
        for origin in
            ["https://assistant.example", "https://hub.example.com", "http://localhost:6274", "http://127.0.0.1"]
        {
            assert!(guard().is_safe_origin(origin), "{origin}");
        }
        for origin in ["http://evil.example.com", "null", "file://", "http://localhost.evil.com", ""] {
            assert!(!guard().is_safe_origin(origin), "{origin}");
        }
    }
}
