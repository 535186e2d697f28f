//! The steps to a server, one at a time: resolve its name, connect, make the TLS handshake. Check-ups report which step fails.
//!
//! The policy applies as to every request. No HTTP request is sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::error::Error;
use super::resolver::Resolver;
use super::{CONNECT_TIMEOUT, Egress, connection_error, tls};
use crate::config::Authorities;

/// Time for resolving a name.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A server's addresses, resolved once and all allowed.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    host: String,
    https: bool,
    addresses: Vec<SocketAddr>,
    is_literal: bool,
    authorities: Arc<Authorities>,
}

/// The protection of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSecurity {
    /// Encrypted, with a trusted certificate. Holds the version of TLS for people.
    Encrypted(&'static str),
    /// Not encrypted, and within this machine.
    Loopback,
    /// Not encrypted.
    Plaintext,
}

impl Egress {
    /// Resolves the host of `url` and checks each address against the policy.
    pub async fn resolve(&self, url: &Url) -> Result<ResolvedTarget, Error> {
        let (host, scheme_and_port) = self.inspect(url)?;
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::from(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::from(ip)),
            _ => None,
        };
        let addresses = if let Some(ip) = literal {
            vec![SocketAddr::new(ip, scheme_and_port.port)]
        } else {
            let lookup = Resolver { guard: self.guard.clone(), scheme_and_port };
            match timeout(RESOLVE_TIMEOUT, lookup.addresses(&host)).await {
                Ok(found) => found.map_err(|error| connection_error(host.clone(), error.into()))?,
                Err(elapsed) => return Err(Error::Unresolved { host, source: elapsed.into() }),
            }
        };
        let authorities = self.authorities.clone();
        Ok(ResolvedTarget { host, https: scheme_and_port.https, addresses, is_literal: literal.is_some(), authorities })
    }
}

impl ResolvedTarget {
    /// Returns the host as the URL names it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the addresses that the host name resolved to; empty if the URL names an address, which needs no resolution.
    #[must_use]
    pub fn resolved_addresses(&self) -> &[SocketAddr] {
        if self.is_literal { &[] } else { &self.addresses }
    }

    /// Connects, makes the TLS handshake if the scheme is https, and closes the connection.
    pub async fn connect(&self) -> Result<ConnectionSecurity, Error> {
        let connecting = async {
            let stream =
                TcpStream::connect(self.addresses.as_slice()).await.map_err(|error| self.connection_error(error))?;
            if self.https { self.handshake(stream).await } else { Ok(self.unencrypted()) }
        };
        let elapsed = |_| self.connection_error(std::io::Error::other("it did not answer in time"));
        timeout(CONNECT_TIMEOUT, connecting).await.map_err(elapsed)?
    }

    async fn handshake(&self, stream: TcpStream) -> Result<ConnectionSecurity, Error> {
        let name = ServerName::try_from(self.host.clone()).map_err(|error| Error::ClientSetup(error.into()))?;
        let config = tls::client_config(&self.authorities, None).map_err(|error| Error::ClientSetup(error.into()))?;
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|error| self.connection_error(error))?;
        Ok(ConnectionSecurity::Encrypted(match stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        }))
    }

    fn unencrypted(&self) -> ConnectionSecurity {
        let is_loopback = self.addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
        if is_loopback { ConnectionSecurity::Loopback } else { ConnectionSecurity::Plaintext }
    }

    fn connection_error(&self, error: std::io::Error) -> Error {
        connection_error(self.host.clone(), error.into())
    }
}
