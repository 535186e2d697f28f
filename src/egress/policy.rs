//! The egress policy (SSRF guard): decides whether the hub may connect to an address.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{PoisonError, RwLock};

use super::address::{canonical, special_purpose};
use crate::config::AllowRule;
use crate::error::Message;

/// The allow-list of addresses beyond the public internet over https. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    /// The entries of `CRAFT_EGRESS_ALLOW`.
    pub allow: Vec<AllowRule>,
}

/// A connection that the policy forbids. Its message says what an administrator could change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyViolation {
    /// The address is not on the public internet.
    Private {
        /// The host as the URL names it.
        host: String,
        /// The resolved address.
        address: IpAddr,
        /// The kind of address, with its article.
        kind: &'static str,
        /// The rule that would allow it.
        host_port: String,
    },
    /// A public host without encryption.
    PlainHttp {
        /// The host as the URL names it.
        host: String,
        /// The rule that would allow it.
        host_port: String,
    },
    /// The hub itself: no rule of `CRAFT_EGRESS_ALLOW` can allow that.
    Own {
        /// The host as the URL names it.
        host: String,
        /// The resolved address.
        address: SocketAddr,
    },
}

impl PolicyViolation {
    /// Returns the text for people, with the next step.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Private { host, address, kind, host_port } => {
                Message::from(format!("{host} is at {address}, {kind}, which this hub does not connect to"))
                    .with_advice(format!("An administrator can allow it by adding {host_port} to CRAFT_EGRESS_ALLOW"))
            }
            Self::PlainHttp { host, host_port } => {
                let advice =
                    format!("Use an https URL, or ask an administrator to add {host_port} to CRAFT_EGRESS_ALLOW");
                Message::from(format!("{host} uses plain http, so that others can read and change what is sent"))
                    .with_advice(advice)
            }
            Self::Own { host, address } => Message::from(format!(
                "{host} at {address} is this hub itself, which it never connects to, whatever CRAFT_EGRESS_ALLOW says"
            ))
            .with_advice("Enter the address of another server"),
        }
    }
}

impl std::fmt::Display for PolicyViolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for PolicyViolation {}

/// A fault of an address that shows before its host is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// Plain http, which no rule allows.
    PlainHttp,
    /// A host of a private network, which no rule allows, or no host at all.
    Private,
}

/// The policy, and the addresses that the hub itself listens on (known only once bound).
#[derive(Debug, Default)]
pub(super) struct Guard {
    allow: Vec<AllowRule>,
    own: RwLock<Vec<SocketAddr>>,
}

impl Guard {
    pub(super) fn new(policy: EgressPolicy) -> Self {
        Self { allow: policy.allow, own: RwLock::default() }
    }

    pub(super) fn add_own(&self, bound: SocketAddr) {
        self.own.write().unwrap_or_else(PoisonError::into_inner).push(bound);
    }

    /// Checks whether the hub may connect to `host` at `address`.
    pub(super) fn check(&self, https: bool, host: &str, address: SocketAddr) -> Result<(), PolicyViolation> {
        let (ip, port) = (canonical(address.ip()), address.port());
        if self.is_own(ip, port) {
            return Err(PolicyViolation::Own { host: host.to_owned(), address });
        }
        if self.allow.iter().any(|rule| rule.covers(host, ip, port)) {
            return Ok(());
        }
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let host_port = format!("{bracketed}:{port}");
        match special_purpose(ip) {
            Some(kind) => Err(PolicyViolation::Private { host: host.to_owned(), address: ip, kind, host_port }),
            None if !https => Err(PolicyViolation::PlainHttp { host: host.to_owned(), host_port }),
            None => Ok(()),
        }
    }

    /// Checks whether the hub may connect to a host of this name, as far as that shows before it is resolved.
    pub(super) fn check_name(&self, https: bool, host: &str, port: u16) -> Result<(), AddressFault> {
        let is_private = is_private_name(host);
        let allows = |rule: &AllowRule| match rule {
            AllowRule::Host { host: allowed, port: at } => *at == port && allowed.eq_ignore_ascii_case(host),
            // only its address says whether the host is in the network
            AllowRule::Network { .. } => is_private,
        };
        match (self.allow.iter().any(allows), is_private) {
            (false, true) => Err(AddressFault::Private),
            (false, false) if !https => Err(AddressFault::PlainHttp),
            (true, _) | (false, false) => Ok(()),
        }
    }

    fn is_own(&self, ip: IpAddr, port: u16) -> bool {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|bound| bound.port() == port) && is_local(ip)
    }
}

/// Reports whether a name exists in private networks only (RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`).
fn is_private_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ends = ["localhost", "local", "internal", "home.arpa", "lan", "intranet", "corp", "onion"];
    !host.contains('.') || ends.iter().any(|end| host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')))
}

/// Says whether an interface of this machine has the address (unspecified ones included): only then can a socket be
/// bound to it.
fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{AddressFault, EgressPolicy, Guard, PolicyViolation};

    #[test]
    fn plain_http_to_a_public_host_needs_a_rule() {
        let guard = Guard::default();
        let public = "93.184.216.34:80".parse().unwrap();
        let violation = guard.check(false, "example.com", public).unwrap_err();
        assert!(violation.to_string().contains("add example.com:80 to CRAFT_EGRESS_ALLOW"), "{violation}");
        assert_eq!(guard.check(true, "example.com", "93.184.216.34:443".parse().unwrap()), Ok(()));
        let listed = Guard::new(EgressPolicy { allow: vec!["example.com:80".parse().unwrap()] });
        assert_eq!(listed.check(false, "example.com", public), Ok(()));
    }

    #[test]
    fn names_of_private_networks_need_a_rule() {
        let guard = Guard::default();
        for name in ["localhost", "nas", "db.internal", "printer.local", "a.localhost.", "A.CORP"] {
            assert_eq!(guard.check_name(true, name, 443), Err(AddressFault::Private), "{name}");
        }
        assert_eq!(guard.check_name(true, "mcp.example.com", 443), Ok(()));
        assert_eq!(guard.check_name(false, "mcp.example.com", 80), Err(AddressFault::PlainHttp));
        let allow = ["db.internal:80", "10.0.0.0/8", "example.com:80"].map(|rule| rule.parse().unwrap()).to_vec();
        let listed = Guard::new(EgressPolicy { allow });
        for (name, port) in [("db.internal", 80), ("other.internal", 8080), ("example.com", 80)] {
            assert_eq!(listed.check_name(false, name, port), Ok(()), "{name}");
        }
        assert_eq!(listed.check_name(false, "www.example.com", 80), Err(AddressFault::PlainHttp));
    }

    #[test]
    fn the_hub_refuses_itself_even_if_loopback_is_allowed() {
        let guard = Guard::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] });
        guard.add_own("0.0.0.0:8080".parse().unwrap());
        for own in ["127.0.0.1:8080", "127.9.9.9:8080", "[::1]:8080", "0.0.0.0:8080", "[::ffff:127.0.0.1]:8080"] {
            let violation = guard.check(false, "localhost", own.parse().unwrap()).unwrap_err();
            assert!(matches!(violation, PolicyViolation::Own { .. }), "{own}: {violation}");
        }
        assert_eq!(guard.check(false, "localhost", "127.0.0.1:8081".parse().unwrap()), Ok(()));
    }
}
