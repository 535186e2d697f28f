//! The source of a request: network address and browser.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::HeaderName;
use http::header::{FORWARDED, USER_AGENT};
use http::request::Parts;

use crate::config::{Proxy, forwarded_for, origin, x_forwarded_for};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The stored length of a user agent, in characters. Longer ones carry no more information.
const MAX_USER_AGENT: usize = 300;

/// The network address and browser that a request came from.
#[derive(Clone, Debug)]
pub(crate) struct RequestSource {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
}

impl RequestSource {
    /// Reads the source. Only trusted proxies are believed about the address of the browser.
    pub(crate) fn new(parts: &Parts, proxies: &[Proxy]) -> Self {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self {
            ip: peer.map(|ConnectInfo(peer)| sender(parts, proxies, peer.ip())),
            user_agent: agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
        }
    }

    pub(crate) fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }
}

/// Returns the network of an address, which one customer commonly has: the address itself, or its /64 of IPv6.
pub(crate) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Returns the sender's address. `X-Forwarded-For` goes first, because nearly all proxies write it and some of them pass on
/// a `Forwarded` that the client wrote.
fn sender(parts: &Parts, proxies: &[Proxy], peer: IpAddr) -> IpAddr {
    let values = |name| parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    if parts.headers.contains_key(X_FORWARDED_FOR) {
        origin(proxies, peer, values(X_FORWARDED_FOR).flat_map(x_forwarded_for))
    } else {
        origin(proxies, peer, values(FORWARDED).flat_map(forwarded_for))
    }
}
