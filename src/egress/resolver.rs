//! Resolves a host name once and returns checked addresses only: the hub connects to the addresses that it checked.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::SchemeAndPort;
use super::policy::{Guard, PolicyViolation};

/// The resolver of one [`SchemeAndPort`]; its client uses no other.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) guard: Arc<Guard>,
    pub(super) scheme_and_port: SchemeAndPort,
}

/// A host name without usable addresses.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    /// The policy forbids one of its addresses.
    #[error("{0}")]
    Refused(PolicyViolation),
    /// The name has no address.
    #[error("the name does not resolve")]
    Unresolved(#[source] std::io::Error),
}

impl Resolver {
    /// Returns all addresses of `host`. Refuses the host if any of them is refused: a mixed answer is an attack or a mistake.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let addresses =
            tokio::net::lookup_host((host, self.scheme_and_port.port)).await.map_err(ResolveError::Unresolved)?;
        let addresses: Vec<_> = addresses.collect();
        if addresses.is_empty() {
            return Err(ResolveError::Unresolved(std::io::Error::other("no addresses")));
        }
        for address in &addresses {
            self.guard
                .check(self.scheme_and_port.https, host.trim_end_matches('.'), *address)
                .map_err(ResolveError::Refused)?;
        }
        Ok(addresses)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses = this.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
