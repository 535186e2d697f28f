//! The one way out of the house: every HTTP request that the hub makes leaves through [`Egress`].
//!
//! Invariants: a name is looked up once, each of its addresses is checked, and only checked addresses are connected
//! to; addresses that are not public, and plain http, need a rule of `CRAFT_EGRESS_ALLOW`; the hub itself is refused
//! always; redirects are not followed (the caller may, by another request, checked as any); no proxy is used; answers
//! are bounded in time and size.

mod address;
mod client_certificate;
mod error;
mod policy;
mod request;
mod resolved_target;
mod resolver;
mod response;
mod tls;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::{Host, Url};

pub use crate::config::{AllowRule, Authorities};
pub use client_certificate::ClientCertificate;
pub use error::Error;
pub use policy::{EgressPolicy, PolicyViolation};
pub use request::Request;
pub use resolved_target::{Handshake, ResolvedTarget};
pub use response::Response;

use policy::Guard;
use resolver::{ResolveError, Resolver};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many clients are kept before their idle connections are let go.
const MAX_DOORS: usize = 64;
/// What a client speaks, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Sends requests to where the policy allows. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Egress {
    guard: Arc<Guard>,
    authorities: Arc<Authorities>,
    /// One client per door, because a rule may name a port and a client's resolver is told only the name.
    clients: Arc<Mutex<HashMap<Endpoint, reqwest::Client>>>,
}

/// What, besides the host, decides whether an address is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Endpoint {
    https: bool,
    port: u16,
}

impl Egress {
    /// An egress under `policy`.
    pub fn new(policy: EgressPolicy) -> Self {
        Self { guard: Arc::new(Guard::new(policy)), authorities: Arc::default(), clients: Arc::default() }
    }

    /// The same, which also trusts certificates of these authorities.
    #[must_use]
    pub fn with_authorities(self, authorities: Authorities) -> Self {
        Self { authorities: Arc::new(authorities), clients: Arc::default(), ..self }
    }

    /// Notes an address that the hub listens on: from now on no request goes to that port of this machine.
    pub fn block_own_address(&self, bound: SocketAddr) {
        self.guard.add_own(bound);
    }

    /// Says whether `url` may be requested, without requesting it; for forms that take a URL.
    pub async fn check(&self, url: &Url) -> Result<(), Error> {
        let (host, door) = self.inspect(url)?;
        if matches!(url.host(), Some(Host::Domain(_))) {
            let resolver = Resolver { guard: self.guard.clone(), door };
            resolver.addresses(&host).await.map_err(|error| explain(host, error.into()))?;
        }
        Ok(())
    }

    /// Sends `request`; resolves once status and headers are here.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let (host, door) = self.inspect(&request.url)?;
        let client = match &request.client_certificate {
            // of its own, and not kept: nothing else may leave through its connections, and tokens are asked for rarely
            Some(client_certificate) => self.build(door, Some(client_certificate))?,
            None => self.client(door)?,
        };
        let is_shown = request.client_certificate.is_some();
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(Into::into);
        *outgoing.timeout_mut() = Some(request.timeout);
        match client.execute(outgoing).await {
            Ok(inner) => Ok(Response { inner, host, timeout: request.timeout, limit: request.max_response_bytes }),
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Err(Error::Timeout { host, after: request.timeout })
            }
            Err(error) => Err(failed(host, error, is_shown)),
        }
    }

    /// The host and door of a URL; literal addresses, which no resolver sees, are checked here.
    fn inspect(&self, url: &Url) -> Result<(String, Endpoint), Error> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(Error::Url(format!("Enter a URL that starts with https://, not {other}:"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Url("Enter the URL without a user name or password in it".to_owned()));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Error::Url("Enter a URL that names a host".to_owned()));
        };
        let (name, literal) = match host {
            Host::Domain(name) => (name.to_owned(), None),
            Host::Ipv4(ip) => (ip.to_string(), Some(IpAddr::from(ip))),
            Host::Ipv6(ip) => (ip.to_string(), Some(IpAddr::from(ip))),
        };
        if let Some(ip) = literal {
            self.guard.admit(https, &name, SocketAddr::new(ip, port))?;
        }
        Ok((name, Endpoint { https, port }))
    }

    fn client(&self, door: Endpoint) -> Result<reqwest::Client, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&door) {
            return Ok(client.clone());
        }
        if clients.len() >= MAX_DOORS {
            clients.clear();
        }
        let client = self.build(door, None)?;
        clients.insert(door, client.clone());
        Ok(client)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
    fn build(&self, door: Endpoint, client_certificate: Option<&ClientCertificate>) -> Result<reqwest::Client, Error> {
        let mut tls =
            tls::client_config(&self.authorities, client_certificate).map_err(|error| Error::Client(error.into()))?;
        // HTTP/2 keeps to itself why a server broke off, and serves many requests where this is one
        let spoken = if client_certificate.is_some() { &PROTOCOLS[1..] } else { &PROTOCOLS };
        tls.alpn_protocols = spoken.iter().map(|name| name.to_vec()).collect();
        reqwest::Client::builder()
            .dns_resolver(Resolver { guard: self.guard.clone(), door })
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("tool-connect-craft/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Client(error.into()))
    }
}

/// Why there is no answer; `is_shown` if the hub had something to show who it is.
fn failed(host: String, error: reqwest::Error, is_shown: bool) -> Error {
    let was_connecting = error.is_connect();
    let source = anyhow::Error::new(error.without_url());
    match tls::identity_fault(&source, is_shown) {
        Some(fault) => Error::ClientCertificateRejected { host, fault, source },
        None if was_connecting => explain(host, source),
        None => Error::Broken { host, source },
    }
}

/// Why no connection came about: our own refusal, an unknown name, a handshake, or the network.
fn explain(host: String, error: anyhow::Error) -> Error {
    match error.chain().find_map(|cause| cause.downcast_ref()) {
        Some(ResolveError::Refused(refusal)) => return Error::Refused(refusal.clone()),
        Some(ResolveError::Unresolved(_)) => return Error::Unresolved { host, source: error },
        None => {}
    }
    if let Some(fault) = tls::identity_fault(&error, false) {
        return Error::ClientCertificateRejected { host, fault, source: error };
    }
    if let Some((fault, mend)) = tls::handshake_fault(&error) {
        return Error::Handshake { host, fault, mend, source: error };
    }
    let reason = error.root_cause().to_string();
    Error::Unreachable { host, reason, source: error }
}
