//! `CRAFT_PROXIES`: the reverse proxies in front of the hub. Only their information about the sender is trusted.

use std::net::IpAddr;
use std::str::FromStr;

use super::AllowRule;

/// A proxy, or a network of proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy(AllowRule);

impl Proxy {
    /// Says whether this address belongs to the proxy or network.
    #[must_use]
    pub fn covers(&self, ip: IpAddr) -> bool {
        self.0.covers("", ip, 0)
    }
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(rule @ AllowRule::Network { .. }) => Ok(Self(rule)),
            _ => Err(format!("{text:?} is not an address or a network such as 127.0.0.1 or 10.0.0.0/8")),
        }
    }
}

/// Returns the network address of the sender of a request: the peer or, if the peer is one of `proxies`, the address that
/// the peer forwarded for. `forwarded` has the values of `X-Forwarded-For`, to which each proxy appends one. Values that
/// the client wrote are before those, and are never reached.
#[must_use]
pub fn origin<'a>(proxies: &[Proxy], peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
    let is_proxy = |ip: IpAddr| proxies.iter().any(|proxy| proxy.covers(ip));
    let mut nearest = peer.to_canonical();
    for named in forwarded.rev().flat_map(|line| line.rsplit(',')) {
        if !is_proxy(nearest) {
            break;
        }
        match named.trim().parse::<IpAddr>() {
            Ok(ip) => nearest = ip.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::{Proxy, origin};
    use std::net::IpAddr;

    fn seen(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies: Vec<Proxy> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        origin(&proxies, peer.parse::<IpAddr>().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn only_proxies_are_trusted() {
        assert_eq!(seen(&[], "192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(seen(&["127.0.0.1"], "192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(seen(&["127.0.0.1"], "127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&["127.0.0.1"], "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn values_of_the_client_are_not_reached() {
        let proxies = ["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(seen(&proxies, "127.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.3"]), "198.51.100.1");
        assert_eq!(seen(&proxies, "127.0.0.1", &["1.1.1.1", "198.51.100.1", "10.0.0.3"]), "198.51.100.1");
        assert_eq!(seen(&proxies, "127.0.0.1", &["1.1.1.1, nonsense"]), "127.0.0.1");
        assert_eq!(seen(&proxies, "127.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for text in ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8"] {
            assert!(text.parse::<Proxy>().is_ok(), "{text}");
        }
        for text in ["localhost:80", "proxy", "10.0.0.0/40", ""] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
    }
}
