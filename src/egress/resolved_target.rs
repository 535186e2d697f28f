//! The way to a server in steps, for whoever wants to know which of them fails: its name, then a connection, then the
//! handshake. Under the same rules as every request, and nothing is sent.

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
use super::{CONNECT_TIMEOUT, Egress, explain, tls};
use crate::config::Authorities;

/// How long the name service may take.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a server is: addresses that were looked up once, each of them allowed.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    host: String,
    https: bool,
    addresses: Vec<SocketAddr>,
    is_literal: bool,
    authorities: Arc<Authorities>,
}

/// A connection that came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// Encrypted, with a certificate that is trusted: the version of TLS in words.
    Encrypted(&'static str),
    /// Not encrypted, and within this machine.
    Loopback,
    /// Not encrypted.
    Plaintext,
}

impl Egress {
    /// Looks up where `url` leads, and whether the rules allow that.
    pub async fn resolve(&self, url: &Url) -> Result<ResolvedTarget, Error> {
        let (host, door) = self.inspect(url)?;
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::from(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::from(ip)),
            _ => None,
        };
        let addresses = if let Some(ip) = literal {
            vec![SocketAddr::new(ip, door.port)]
        } else {
            let resolver = Resolver { guard: self.guard.clone(), door };
            match timeout(RESOLVE_TIMEOUT, resolver.addresses(&host)).await {
                Ok(found) => found.map_err(|error| explain(host.clone(), error.into()))?,
                Err(late) => return Err(Error::Unresolved { host, source: late.into() }),
            }
        };
        let authorities = self.authorities.clone();
        Ok(ResolvedTarget { host, https: door.https, addresses, is_literal: literal.is_some(), authorities })
    }
}

impl ResolvedTarget {
    /// The host, as the URL names it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The addresses; none where the host is one itself.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        if self.is_literal { &[] } else { &self.addresses }
    }

    /// Opens a connection, and ends it at once.
    pub async fn connect(&self) -> Result<Handshake, Error> {
        let opening = async {
            let stream = TcpStream::connect(self.addresses.as_slice()).await.map_err(|error| self.broken(error))?;
            if self.https { self.shake_hands(stream).await } else { Ok(self.unencrypted()) }
        };
        let late = |_| self.broken(std::io::Error::other("it did not answer in time"));
        timeout(CONNECT_TIMEOUT, opening).await.map_err(late)?
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Handshake, Error> {
        let name = ServerName::try_from(self.host.clone()).map_err(|error| Error::Client(error.into()))?;
        let trusting = tls::client_config(&self.authorities, None).map_err(|error| Error::Client(error.into()))?;
        let stream =
            TlsConnector::from(Arc::new(trusting)).connect(name, stream).await.map_err(|error| self.broken(error))?;
        Ok(Handshake::Encrypted(match stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        }))
    }

    fn unencrypted(&self) -> Handshake {
        let is_within = self.addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
        if is_within { Handshake::Loopback } else { Handshake::Plaintext }
    }

    fn broken(&self, error: std::io::Error) -> Error {
        explain(self.host.clone(), error.into())
    }
}
