//! Classifies IP addresses: the public internet, or one of the special-purpose ranges.
//!
//! Follows the special-purpose registries of IANA, read strictly: an address counts as public only if it plainly is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the IPv4 address inside a v4-mapped one (`::ffff:10.0.0.1`), which the kernel treats as the same address.
/// Returns any other address unchanged.
pub(super) fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Describes a special-purpose address ("a private address"). Returns `None` for the public internet.
pub(super) fn special_purpose(ip: IpAddr) -> Option<&'static str> {
    match canonical(ip) {
        IpAddr::V4(ip) => special_purpose_v4(ip),
        IpAddr::V6(ip) => special_purpose_v6(ip),
    }
}

fn special_purpose_v4(ip: Ipv4Addr) -> Option<&'static str> {
    Some(match ip.octets() {
        [0, ..] => "an unspecified address",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [127, ..] => "a loopback address",
        [169, 254, ..] => "a link-local address",
        [100, 64..=127, ..] => "an address shared behind a carrier's NAT",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "an address reserved for documentation",
        [198, 18..=19, ..] => "an address reserved for benchmarks",
        [192, 0, 0, _] | [192, 88, 99, _] => "an address reserved for protocols",
        [224..=239, ..] => "a multicast address",
        [240..=255, ..] => "a reserved address",
        _ => return None,
    })
}

fn special_purpose_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let words = ip.segments();
    Some(match words {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        // NAT64 (RFC 6052): the IPv4 address behind the gateway decides
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => return special_purpose_v4(embedded_v4(words[6], words[7])),
        [0xfc00..=0xfdff, ..] => "a private address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        [0xfec0..=0xfeff, ..] => "a site-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "an address reserved for documentation",
        // Teredo, ORCHID, benchmarking and the other assignments under 2001::/23
        [0x2001, 0..=0x1ff, ..] => "an address reserved for protocols",
        [0x2002, ..] => "a 6to4 address, which can hide a private one",
        // global unicast is 2000::/3; the rest is unassigned or local
        [0x2000..=0x3fff, ..] => return None,
        _ => "a reserved address",
    })
}

fn embedded_v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::special_purpose;

    #[test]
    fn public_addresses_are_not_special() {
        for ip in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::1.1.1.1"] {
            assert_eq!(special_purpose(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn every_special_range_is_named() {
        let special =
            "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255
            192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
            255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254
            64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 3fff::1 5f00::1 fc00::1 fd12::1 fe80::1
            fec0::1 ff02::1";
        for ip in special.split_whitespace() {
            assert!(special_purpose(ip.parse().unwrap()).is_some(), "{ip} counts as public");
        }
    }
}
