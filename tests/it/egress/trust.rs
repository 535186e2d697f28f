//! Private certificate authorities and client certificates, in requests and in check-ups.

use axum::Router;
use axum::routing::get;
use craft::egress::{Authorities, ClientCertificate, ConnectionSecurity, Error};
use craft::secret::Secret;
use url::Url;

use super::{loopback, to};
use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS};

#[tokio::test]
async fn an_authority_in_the_file_makes_only_its_servers_trusted() {
    let (house, others) = (CertificateAuthority::new(), CertificateAuthority::new());
    let router = || Router::new().route("/", get(|| async { "hello" }));
    let file = std::env::temp_dir().join(format!("craft-authorities-{}.pem", uuid::Uuid::new_v4()));
    std::fs::write(&file, house.pem()).unwrap();
    let authorities: Authorities = file.to_str().unwrap().parse().unwrap();
    std::fs::remove_file(&file).unwrap();
    let egress = loopback().with_authorities(authorities);
    for speech in PROTOCOLS {
        let url = format!("https://localhost:{}/", house.serve(router(), None, speech).await.port());
        let answer = egress.send(to(&url)).await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), "hello", "{speech:?}");
        let target = egress.resolve(&Url::parse(&url).unwrap()).await.unwrap();
        assert!(
            matches!(target.connect().await.unwrap(), ConnectionSecurity::Encrypted(version) if version.starts_with("TLS 1."))
        );

        let unknown = format!("https://localhost:{}/", others.serve(router(), None, speech).await.port());
        let target = egress.resolve(&Url::parse(&unknown).unwrap()).await.unwrap();
        for error in [target.connect().await.unwrap_err(), egress.send(to(&unknown)).await.unwrap_err()] {
            let message = "from an authority that this machine does not trust. Add the authority to those of this machine \
                        or to CRAFT_EGRESS_CA_FILE if it is yours";
            assert!(matches!(error, Error::Handshake { .. }) && error.to_string().contains(message), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_client_certificate_is_presented_by_its_own_request_only() {
    let (house, guests) = (CertificateAuthority::new(), CertificateAuthority::new());
    let router = Router::new().route("/", get(|| async { "hello" }));
    let url = format!("https://localhost:{}/", house.serve(router, Some(&guests), PROTOCOLS[0]).await.port());
    let egress = loopback().with_authorities(house.authorities());
    let certificate = ClientCertificate::from_pem(&Secret::new(guests.identity("hub"))).unwrap();
    let answer = egress.send(to(&url).client_certificate(certificate)).await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "hello");
    let error = egress.send(to(&url)).await.unwrap_err();
    assert!(matches!(error, Error::ClientCertificateRejected { .. }) && !error.may_have_arrived(), "{error:?}");
}
