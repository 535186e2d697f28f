//! An entry of `CRAFT_EGRESS_ALLOW`: a network or a `host:port` that the hub may reach although it is not public.

use std::net::IpAddr;
use std::str::FromStr;

/// A destination that the hub may reach at a private address, or over plain http at a public one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowRule {
    /// All addresses that share the first `prefix` bits of `base`, at any port.
    Network {
        /// Any address of the network.
        base: IpAddr,
        /// Number of leading bits that define the network.
        prefix: u8,
    },
    /// A host at a port, at any address. The spellings of loopback (`localhost`, `127.0.0.1`, `[::1]`) are the same host.
    Host {
        /// Name in lower case, or address without brackets.
        host: String,
        /// Port.
        port: u16,
    },
}

impl AllowRule {
    /// Reports whether the rule allows requests to this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Network { base, .. } => base.is_loopback() || base.is_unspecified(),
            Self::Host { host, .. } => is_loopback(host),
        }
    }

    /// Reports whether the rule allows a connection to `host`, which resolved to `ip`.
    pub(crate) fn covers(&self, host: &str, ip: IpAddr, port: u16) -> bool {
        match self {
            Self::Network { base, prefix } => {
                // `localhost` is both 127.0.0.1 and ::1: a rule for either address covers the other
                shares_prefix(*base, ip, *prefix)
                    || other_loopback(ip).is_some_and(|other| *prefix > 0 && shares_prefix(*base, other, *prefix))
            }
            Self::Host { host: allowed, port: at } if *at == port => {
                let same_address = allowed.parse().is_ok_and(|allowed: IpAddr| allowed.to_canonical() == ip);
                let both_loopback = is_loopback(allowed) && other_loopback(ip).is_some();
                same_address || both_loopback || allowed.eq_ignore_ascii_case(host)
            }
            Self::Host { .. } => false,
        }
    }
}

impl FromStr for AllowRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let fault = || {
            format!(
                "{text:?} is neither a network such as 10.0.0.0/8 nor a host and port such as localhost:3000 or [::1]:3000"
            )
        };
        if let Some((base, prefix)) = text.split_once('/') {
            let base = unbracketed(base).parse::<IpAddr>().map_err(|_| fault())?.to_canonical();
            let prefix = prefix.parse().map_err(|_| fault())?;
            return if prefix <= width(base) { Ok(Self::Network { base, prefix }) } else { Err(fault()) };
        }
        if let Ok(base) = unbracketed(text).parse::<IpAddr>() {
            let base = base.to_canonical();
            return Ok(Self::Network { base, prefix: width(base) });
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(fault)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(fault)?;
        match url::Host::parse(host).map_err(|_| fault())? {
            url::Host::Domain(name) => Ok(Self::Host { host: name.trim_end_matches('.').to_owned(), port }),
            url::Host::Ipv4(ip) => Ok(Self::Host { host: ip.to_string(), port }),
            url::Host::Ipv6(ip) => Ok(Self::Host { host: IpAddr::from(ip).to_canonical().to_string(), port }),
        }
    }
}

fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text)
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "127.0.0.1" || host == "::1"
}

/// Returns `::1` for `127.0.0.1` and the reverse, or `None` for other addresses.
fn other_loopback(ip: IpAddr) -> Option<IpAddr> {
    match ip.to_string().as_str() {
        "127.0.0.1" => "::1".parse().ok(),
        "::1" => "127.0.0.1".parse().ok(),
        _ => None,
    }
}

fn shares_prefix(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    let (a, b, width) = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    (a ^ b).checked_shr(width - u32::from(prefix)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::AllowRule;

    fn covers(rule: &str, host: &str, ip: &str, port: u16) -> bool {
        rule.parse::<AllowRule>().unwrap().covers(host, ip.parse().unwrap(), port)
    }

    #[test]
    fn a_network_covers_its_addresses_at_any_port_and_no_others() {
        assert!(covers("10.0.0.0/8", "db.internal", "10.200.3.4", 1));
        assert!(!covers("10.0.0.0/8", "db.internal", "11.0.0.1", 1));
        assert!(covers("fd00::/8", "db.internal", "fd12::1", 443));
        assert!(!covers("0.0.0.0/0", "db.internal", "fd12::1", 443));
        assert!(covers("192.168.1.7", "nas", "192.168.1.7", 443));
        assert!(!covers("192.168.1.7", "nas", "192.168.1.8", 443));
    }

    #[test]
    fn all_spellings_of_loopback_are_the_same_host() {
        for rule in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
            for (host, ip) in [("localhost", "127.0.0.1"), ("localhost", "::1"), ("127.0.0.1", "127.0.0.1")] {
                assert!(covers(rule, host, ip, 3000), "{rule} should cover {host} at {ip}");
                assert!(!covers(rule, host, ip, 3001), "{rule} should not cover another port");
            }
            assert!(!covers(rule, "db.internal", "10.0.0.1", 3000));
        }
        assert!(covers("127.0.0.0/8", "localhost", "::1", 80));
        assert!(covers("::1/128", "localhost", "127.0.0.1", 80));
    }

    #[test]
    fn a_name_covers_what_it_resolves_to_but_no_other_name() {
        assert!(covers("tools.internal:8443", "Tools.Internal", "10.0.0.9", 8443));
        assert!(!covers("tools.internal:8443", "evil.example", "10.0.0.9", 8443));
    }

    #[test]
    fn an_invalid_rule_gets_an_error_with_examples() {
        for text in
            ["", "10.0.0.0/33", "fd00::/129", "localhost", "localhost:0", "localhost:99999", "http://a:1", "x/8"]
        {
            let message = text.parse::<AllowRule>().unwrap_err();
            assert!(message.contains("10.0.0.0/8") && message.contains("localhost:3000"), "{message}");
        }
    }
}
