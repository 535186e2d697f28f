//! Decides whether one address may be connected to.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{PoisonError, RwLock};

use super::address::{canonical, non_global};
use crate::config::AllowRule;

/// What the hub may reach beyond the public internet over https. The default is: nothing.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    /// The entries of `CRAFT_EGRESS_ALLOW`.
    pub allow: Vec<AllowRule>,
}

/// A connection that the rules forbid; its text is for people and says what an administrator could change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyViolation {
    /// The address is not on the public internet.
    #[error(
        "{host} is at {address}, {kind}, which this hub does not connect to. An administrator can allow it by adding {host_port} to CRAFT_EGRESS_ALLOW"
    )]
    Private {
        /// The host as the URL names it.
        host: String,
        /// Where it is.
        address: IpAddr,
        /// What kind of address that is, with its article.
        kind: &'static str,
        /// The rule that would allow it.
        host_port: String,
    },
    /// A public host without encryption.
    #[error(
        "{host} would be reached over plain http, where others can read and change what is sent. Use an https URL, or ask an administrator to add {host_port} to CRAFT_EGRESS_ALLOW"
    )]
    PlainHttp {
        /// The host as the URL names it.
        host: String,
        /// The rule that would allow it.
        host_port: String,
    },
    /// The hub itself: no rule of `CRAFT_EGRESS_ALLOW` can allow that.
    #[error("{host} at {address} is this hub itself, which it never connects to, whatever CRAFT_EGRESS_ALLOW says")]
    Own {
        /// The host as the URL names it.
        host: String,
        /// Where it is.
        address: SocketAddr,
    },
}

/// The policy and the addresses that the hub itself listens on (known only once bound).
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

    /// Says whether `host`, found at `address`, may be connected to.
    pub(super) fn admit(&self, https: bool, host: &str, address: SocketAddr) -> Result<(), PolicyViolation> {
        let (ip, port) = (canonical(address.ip()), address.port());
        if self.is_own(ip, port) {
            return Err(PolicyViolation::Own { host: host.to_owned(), address });
        }
        if self.allow.iter().any(|rule| rule.covers(host, ip, port)) {
            return Ok(());
        }
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let host_port = format!("{bracketed}:{port}");
        match non_global(ip) {
            Some(kind) => Err(PolicyViolation::Private { host: host.to_owned(), address: ip, kind, host_port }),
            None if !https => Err(PolicyViolation::PlainHttp { host: host.to_owned(), host_port }),
            None => Ok(()),
        }
    }

    fn is_own(&self, ip: IpAddr, port: u16) -> bool {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|bound| bound.port() == port) && is_of_this_machine(ip)
    }
}

/// A socket can be bound to an address only if some interface of this machine has it (unspecified ones included).
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{EgressPolicy, Guard, PolicyViolation};

    #[test]
    fn plain_http_needs_a_rule_even_for_public_hosts() {
        let guard = Guard::default();
        let public = "93.184.216.34:80".parse().unwrap();
        let refusal = guard.admit(false, "example.com", public).unwrap_err();
        assert!(refusal.to_string().contains("add example.com:80 to CRAFT_EGRESS_ALLOW"), "{refusal}");
        assert_eq!(guard.admit(true, "example.com", "93.184.216.34:443".parse().unwrap()), Ok(()));
        let listed = Guard::new(EgressPolicy { allow: vec!["example.com:80".parse().unwrap()] });
        assert_eq!(listed.admit(false, "example.com", public), Ok(()));
    }

    #[test]
    fn the_hub_itself_is_refused_although_loopback_is_allowed() {
        let guard = Guard::new(EgressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()] });
        guard.add_own("0.0.0.0:8080".parse().unwrap());
        for own in ["127.0.0.1:8080", "127.9.9.9:8080", "[::1]:8080", "0.0.0.0:8080", "[::ffff:127.0.0.1]:8080"] {
            let refusal = guard.admit(false, "localhost", own.parse().unwrap()).unwrap_err();
            assert!(matches!(refusal, PolicyViolation::Own { .. }), "{own}: {refusal}");
        }
        assert_eq!(guard.admit(false, "localhost", "127.0.0.1:8081".parse().unwrap()), Ok(()));
    }
}
