//! Guarded outgoing HTTP: every request that the hub makes leaves through [`Egress`].
//!
//! Invariants:
//! - A host name is resolved once, each of its addresses is checked, and the hub connects to checked addresses only.
//! - Addresses that are not public, and plain http, need a rule of `CRAFT_EGRESS_ALLOW`.
//! - The hub never connects to itself.
//! - Redirects are not followed. A caller may send another request, which is checked like any other.
//! - No proxy is used.
//! - Responses are bounded in time and size.

mod address;
mod client_certificate;
mod error;
mod failure;
mod json;
mod json_repair;
mod metrics;
mod otlp_client;
mod policy;
mod request;
mod resolved_target;
mod resolver;
mod response;
mod tls;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use url::{Host, Url};

pub use crate::config::{AllowRule, Authorities};
pub use client_certificate::ClientCertificate;
pub use error::Error;
pub use failure::{Failure, FailureKind, quote};
pub use json::{InvalidJson, read_json};
pub use otlp_client::OtlpClient;
pub use policy::{AddressFault, EgressPolicy, PolicyViolation};
pub use request::Request;
pub use resolved_target::{ConnectionSecurity, ResolvedTarget};
pub use response::Response;

use self::metrics::EgressMetrics;
use policy::Guard;
use resolver::{ResolveError, Resolver};

use crate::telemetry::trace_headers;

/// Time for connecting, TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum number of cached clients; one more clears the cache and closes their idle connections.
const MAX_CLIENTS: usize = 64;
/// ALPN protocols, the preferred first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Sends requests to the addresses that the policy allows. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Egress {
    guard: Arc<Guard>,
    authorities: Arc<Authorities>,
    /// Clients by scheme and port: a rule may name a port, and a client's resolver receives only the host name.
    clients: Arc<Mutex<HashMap<SchemeAndPort, reqwest::Client>>>,
    metrics: EgressMetrics,
    /// Headers that name the trace of each request, instead of those of the current span.
    trace: Option<HeaderMap>,
}

/// The scheme and port of a URL, on which the policy depends besides the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct SchemeAndPort {
    https: bool,
    port: u16,
}

impl Egress {
    /// Builds an egress that follows `policy`.
    pub fn new(policy: EgressPolicy) -> Self {
        let metrics = EgressMetrics::default();
        Self {
            guard: Arc::new(Guard::new(policy)),
            authorities: Arc::default(),
            clients: Arc::default(),
            metrics,
            trace: None,
        }
    }

    /// Also trusts certificates of these authorities.
    #[must_use]
    pub fn with_authorities(self, authorities: Authorities) -> Self {
        Self { authorities: Arc::new(authorities), clients: Arc::default(), ..self }
    }

    /// Returns an egress whose requests belong to the current trace, also if another task sends them.
    #[must_use]
    pub fn in_current_trace(&self) -> Self {
        Self { trace: Some(trace_headers()), ..self.clone() }
    }

    /// Blocks an address that the hub listens on: from now on no request goes to that port of this machine.
    pub fn block_own_address(&self, bound: SocketAddr) {
        self.guard.add_own(bound);
    }

    /// Checks whether `url` may be requested, without requesting it. For forms that take a URL.
    pub async fn check(&self, url: &Url) -> Result<(), Error> {
        let (host, scheme_and_port) = self.inspect(url)?;
        if matches!(url.host(), Some(Host::Domain(_))) {
            let resolver = Resolver { guard: self.guard.clone(), scheme_and_port };
            resolver.addresses(&host).await.map_err(|error| connection_error(host, error.into()))?;
        }
        Ok(())
    }

    /// Checks what is known of `url` before its host is resolved, for lists of many: its scheme, an address in the place of a name,
    /// and names of private networks. A request checks the rest.
    pub fn check_unresolved(&self, url: &Url) -> Result<(), AddressFault> {
        match (self.inspect(url), url.host()) {
            (Ok((name, target)), Some(Host::Domain(_))) => self.guard.check_name(target.https, &name, target.port),
            (Ok(_), _) => Ok(()),
            (Err(Error::Refused(PolicyViolation::PlainHttp { .. })), _) => Err(AddressFault::PlainHttp),
            (Err(_), _) => Err(AddressFault::Private),
        }
    }

    /// Sends `request`. Returns once status and headers have arrived.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let begin = Instant::now();
        let sent = self.send_checked(request).await;
        self.metrics.record(&sent, begin.elapsed());
        sent
    }

    async fn send_checked(&self, request: Request) -> Result<Response, Error> {
        let (host, scheme_and_port) = self.inspect(&request.url)?;
        let client = match &request.client_certificate {
            // not cached: no other request may use a connection with this certificate, and token requests are rare
            Some(certificate) => self.build(scheme_and_port, Some(certificate))?,
            None => self.client(scheme_and_port)?,
        };
        let was_presented = request.client_certificate.is_some();
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        outgoing.headers_mut().extend(self.trace.clone().unwrap_or_else(trace_headers));
        *outgoing.body_mut() = request.body.map(Into::into);
        *outgoing.timeout_mut() = Some(request.timeout);
        match client.execute(outgoing).await {
            Ok(inner) => Ok(Response { inner, host, timeout: request.timeout, limit: request.max_response_bytes }),
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Err(Error::Timeout { host, after: request.timeout })
            }
            Err(error) => Err(request_error(host, error, was_presented)),
        }
    }

    /// Returns the host, scheme and port of a URL. Checks literal addresses, which no resolver sees.
    fn inspect(&self, url: &Url) -> Result<(String, SchemeAndPort), Error> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(Error::InvalidUrl(format!("Enter a URL that starts with https://, not {other}:"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::InvalidUrl("Enter the URL without a user name or password in it".to_owned()));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Error::InvalidUrl("Enter a URL that names a host".to_owned()));
        };
        let (name, literal) = match host {
            Host::Domain(name) => (name.to_owned(), None),
            Host::Ipv4(ip) => (ip.to_string(), Some(IpAddr::from(ip))),
            Host::Ipv6(ip) => (ip.to_string(), Some(IpAddr::from(ip))),
        };
        if let Some(ip) = literal {
            self.guard.check(https, &name, SocketAddr::new(ip, port))?;
        }
        Ok((name, SchemeAndPort { https, port }))
    }

    fn client(&self, scheme_and_port: SchemeAndPort) -> Result<reqwest::Client, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&scheme_and_port) {
            return Ok(client.clone());
        }
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        let client = self.build(scheme_and_port, None)?;
        clients.insert(scheme_and_port, client.clone());
        Ok(client)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that builds HTTP clients")]
    fn build(
        &self,
        scheme_and_port: SchemeAndPort,
        certificate: Option<&ClientCertificate>,
    ) -> Result<reqwest::Client, Error> {
        let mut tls =
            tls::client_config(&self.authorities, certificate).map_err(|error| Error::ClientSetup(error.into()))?;
        // HTTP/2 hides why a server closed the connection, and pays off for many requests where this is one
        let protocols = if certificate.is_some() { &PROTOCOLS[1..] } else { &PROTOCOLS };
        tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        reqwest::Client::builder()
            .dns_resolver(Resolver { guard: self.guard.clone(), scheme_and_port })
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("tool-connect-craft/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::ClientSetup(error.into()))
    }
}

/// Builds the error of a failed request; `was_presented` says whether the hub had a client certificate.
fn request_error(host: String, error: reqwest::Error, was_presented: bool) -> Error {
    let was_connecting = error.is_connect();
    let source = anyhow::Error::new(error.without_url());
    if tls::is_certificate_rejection(&source) {
        Error::ClientCertificateRejected { host, was_presented, source }
    } else if was_connecting {
        connection_error(host, source)
    } else {
        Error::Broken { host, source }
    }
}

/// Builds the error of a failed connection: the policy, an unknown host, the handshake, or the network.
fn connection_error(host: String, error: anyhow::Error) -> Error {
    match error.chain().find_map(|cause| cause.downcast_ref()) {
        Some(ResolveError::Refused(violation)) => return Error::Refused(violation.clone()),
        Some(ResolveError::Unresolved(_)) => return Error::Unresolved { host, source: error },
        None => {}
    }
    if tls::is_certificate_rejection(&error) {
        return Error::ClientCertificateRejected { host, was_presented: false, source: error };
    }
    if let Some((fault, advice)) = tls::handshake_fault(&error) {
        return Error::Handshake { host, fault, advice, source: error };
    }
    Error::Unreachable { host, source: error }
}
