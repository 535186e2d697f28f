//! Looks a name up once and hands on only addresses that were checked: what is checked is what is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Door;
use super::policy::{Guard, Refusal};

/// The resolver of one [`Door`]: a client never asks another one.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) guard: Arc<Guard>,
    pub(super) door: Door,
}

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfound {
    /// The rules forbid where it leads.
    #[error("{0}")]
    Refused(Refusal),
    /// It has no address.
    #[error("the name does not resolve")]
    Unresolved(#[source] std::io::Error),
}

impl Resolver {
    /// All addresses of `host`; refused as a whole if any one of them is, for a mixed answer is an attack or a mistake.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, Unfound> {
        let found = tokio::net::lookup_host((host, self.door.port)).await.map_err(Unfound::Unresolved)?;
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            return Err(Unfound::Unresolved(std::io::Error::other("no addresses")));
        }
        for address in &found {
            self.guard.admit(self.door.https, host.trim_end_matches('.'), *address).map_err(Unfound::Refused)?;
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
