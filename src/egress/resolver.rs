//! Looks a name up once and hands on only addresses that were checked: what is checked is what is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Endpoint;
use super::policy::{Guard, PolicyViolation};

/// The resolver of one [`Endpoint`]: a client never asks another one.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) guard: Arc<Guard>,
    pub(super) door: Endpoint,
}

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    /// The rules forbid where it leads.
    #[error("{0}")]
    Refused(PolicyViolation),
    /// It has no address.
    #[error("the name does not resolve")]
    Unresolved(#[source] std::io::Error),
}

impl Resolver {
    /// All addresses of `host`; refused as a whole if any one of them is, for a mixed answer is an attack or a mistake.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let found = tokio::net::lookup_host((host, self.door.port)).await.map_err(ResolveError::Unresolved)?;
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            return Err(ResolveError::Unresolved(std::io::Error::other("no addresses")));
        }
        for address in &found {
            self.guard.admit(self.door.https, host.trim_end_matches('.'), *address).map_err(ResolveError::Refused)?;
        }
        Ok(found)
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
