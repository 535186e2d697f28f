//! A certificate authority made for one test, and TLS servers with its certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::serve::Listener;
use craft::config::Authorities;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

/// A version of TLS and the application protocol that the server prefers.
pub(crate) type Protocol = (&'static SupportedProtocolVersion, &'static str);

/// Every combination that the client treats differently.
pub(crate) const PROTOCOLS: [Protocol; 3] = [(&TLS13, "http/1.1"), (&TLS13, "h2"), (&TLS12, "http/1.1")];

/// A self-signed authority.
pub(crate) struct CertificateAuthority(CertifiedIssuer<'static, KeyPair>);

impl CertificateAuthority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("authority {}", uuid::Uuid::new_v4()));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Returns the text of a file for `CRAFT_EGRESS_CA_FILE`.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn authorities(&self) -> Authorities {
        Authorities::parse(self.pem().as_bytes()).unwrap()
    }

    /// Issues a certificate; returns it and its private key as a user enters them.
    pub(crate) fn identity(&self, name: &str) -> String {
        let (key, params) = (KeyPair::generate().unwrap(), CertificateParams::new([name.to_owned()]).unwrap());
        format!("{}{}", params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// Serves `router` at `localhost`. With `client_authority`, only clients with its certificates are served.
    pub(crate) async fn serve(
        &self,
        router: Router,
        client_authority: Option<&Self>,
        protocol: Protocol,
    ) -> SocketAddr {
        let acceptor = TlsAcceptor::from(Arc::new(self.server_config(client_authority, protocol)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(TlsListener { listener, acceptor }, router).await });
        address
    }

    fn server_config(&self, client_authority: Option<&Self>, (version, application): Protocol) -> ServerConfig {
        let (key, params) = (KeyPair::generate().unwrap(), CertificateParams::new(["localhost".to_owned()]).unwrap());
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version]).unwrap();
        let builder = match client_authority {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = [application, "http/1.1"].map(|name| name.as_bytes().to_vec()).to_vec();
        config
    }
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, from) = self.listener.accept().await.unwrap();
            match self.acceptor.accept(stream).into_fallible().await {
                Ok(stream) => return (stream, from),
                // a connection that is closed with unread data is reset, and the client may not read the alert
                Err((_, mut stream)) => {
                    tokio::spawn(async move { tokio::io::copy(&mut stream, &mut tokio::io::sink()).await });
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
