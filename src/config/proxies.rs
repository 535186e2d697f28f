//! `CRAFT_PROXIES`: the reverse proxies in front of the hub. Only their information about the sender is trusted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
/// the peer forwarded for. `forwarded` has the elements of the lists to which each proxy appends: those of
/// `X-Forwarded-For`, or the `for` of each element of `Forwarded`. Elements that the client wrote are before those, and are
/// never reached.
#[must_use]
pub fn origin<'a>(proxies: &[Proxy], peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
    let is_proxy = |ip: IpAddr| proxies.iter().any(|proxy| proxy.covers(ip));
    let mut nearest = peer.to_canonical();
    for named in forwarded.rev() {
        if !is_proxy(nearest) {
            break;
        }
        match node_address(named) {
            Some(ip) => nearest = ip.to_canonical(),
            None => break,
        }
    }
    nearest
}

/// Returns the elements of a value of `X-Forwarded-For`.
pub fn x_forwarded_for(value: &str) -> impl DoubleEndedIterator<Item = &str> {
    value.split(',')
}

/// Returns the `for` of each element of a value of `Forwarded` (RFC 7239); an element without one is the empty text.
pub fn forwarded_for(value: &str) -> impl DoubleEndedIterator<Item = &str> {
    // no address contains a comma or a semicolon, quoted or not
    value.split(',').map(|element| {
        let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        nodes.next().map_or("", |(_, node)| node)
    })
}

/// Reads an address as proxies write them: with or without a port, in brackets, in quotes.
fn node_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    if let Some((ip, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_node_port);
        return ip.parse::<Ipv6Addr>().ok().filter(|_| is_port).map(IpAddr::V6);
    }
    let (ip, _) = text.split_once(':').filter(|(_, port)| is_node_port(port))?;
    ip.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Says whether the text is a port, or the name that a proxy uses in place of one (`_` and letters).
fn is_node_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() || text.starts_with('_')
}

#[cfg(test)]
mod tests {
    use super::{Proxy, forwarded_for, origin, x_forwarded_for};
    use std::net::IpAddr;

    fn seen(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies: Vec<Proxy> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let elements = forwarded.iter().flat_map(|value| x_forwarded_for(value));
        origin(&proxies, peer.parse::<IpAddr>().unwrap(), elements).to_string()
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, expected) in [
            ("198.51.100.7:51324", "198.51.100.7"),
            ("[2001:db8::7]:51324", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("198.51.100.7:port", "127.0.0.1"),
            ("[198.51.100.7]", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
        ] {
            assert_eq!(seen(&["127.0.0.1"], "127.0.0.1", &[written]), expected, "{written}");
        }
    }

    #[test]
    fn the_standard_header_names_the_same_addresses() {
        let proxies: Vec<Proxy> = ["127.0.0.1", "10.0.0.0/8"].map(|text| text.parse().unwrap()).into();
        let seen = |value: &str| origin(&proxies, "127.0.0.1".parse().unwrap(), forwarded_for(value)).to_string();
        assert_eq!(seen("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(seen("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(seen("for=1.1.1.1, proto=https;FOR=198.51.100.1, for=10.0.0.3"), "198.51.100.1");
        assert_eq!(seen("for=198.51.100.1, for=_hidden"), "127.0.0.1");
        assert_eq!(seen("for=198.51.100.1, by=10.0.0.3"), "127.0.0.1");
        assert_eq!(seen("for=\"198.51.100.1:_gazonk\""), "198.51.100.1");
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
