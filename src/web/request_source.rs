//! The source of a request: network address and browser.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::HeaderName;
use http::header::USER_AGENT;
use http::request::Parts;

use crate::config::{Proxy, origin};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The stored length of a user agent, in characters. Longer ones carry no more information.
const MAX_USER_AGENT: usize = 300;

/// The network address and browser that a request came from.
#[derive(Clone, Debug)]
pub(super) struct RequestSource {
    pub(super) ip: Option<IpAddr>,
    pub(super) user_agent: Option<String>,
}

impl RequestSource {
    /// Reads the source. Only trusted proxies are believed about the address of the browser.
    pub(super) fn new(parts: &Parts, proxies: &[Proxy]) -> Self {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let forwarded = parts.headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        Self {
            ip: peer.map(|ConnectInfo(peer)| origin(proxies, peer.ip(), forwarded)),
            user_agent: agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
        }
    }

    pub(super) fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }
}
