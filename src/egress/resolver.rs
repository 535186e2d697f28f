//! Looks a name up once and hands on only addresses that were checked: what is checked is what is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Door;
use super::policy::Guard;

/// The resolver of one [`Door`]: a client never asks another one.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) guard: Arc<Guard>,
    pub(super) door: Door,
}

/// A name without an address.
#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve")]
pub(super) struct Unresolved(#[source] pub(super) std::io::Error);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Resolver {
    /// All addresses of `host`; refused as a whole if any one of them is, for a mixed answer is an attack or a mistake.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, BoxError> {
        let found = tokio::net::lookup_host((host, self.door.port)).await.map_err(Unresolved)?;
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            return Err(Unresolved(std::io::Error::other("no addresses")).into());
        }
        for address in &found {
            self.guard.admit(self.door.https, host.trim_end_matches('.'), *address)?;
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
