//! A provider that accepts only clients with a known certificate (RFC 8705).

use craft::oauth::{CallbackParams, Client, FailureKind};
use craft::secret::Secret;
use url::Url;

use super::Hub;
use super::nonstandard::{described, everywhere, lived};
use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS, Protocol};
use crate::support::strict_provider::{CLIENT, Proof, StrictProvider};
use crate::support::test_app::egress_allowing;

/// Starts a provider whose token endpoints require a client certificate, and a hub that trusts its authority.
async fn gated(guests: &CertificateAuthority, speech: Protocol) -> (Hub, StrictProvider) {
    let (house, provider) =
        (CertificateAuthority::new(), StrictProvider::start(everywhere(|it| it.proof = Proof::Public)).await);
    let gate = house.serve(provider.router(), Some(guests), speech).await.port();
    let lines = format!(
        "client_auth = 'tls_client_auth'\ntoken_url = 'https://localhost:{gate}/token'\n\
         revoke = {{ url = 'https://localhost:{gate}/revoke' }}"
    );
    let mut hub = Hub::new(described(&lines, &provider), StrictProvider::client());
    hub.egress = egress_allowing(&["127.0.0.0/8"]).with_authorities(house.authorities());
    (hub, provider)
}

fn with(pem: Option<String>) -> Client {
    Client { id: CLIENT.to_owned(), secret: pem.map(Secret::new) }
}

async fn refused(hub: &Hub, returned: &CallbackParams, told: &str) {
    let failure = hub.exchange(returned).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.class),
        (FailureKind::InvalidClient, "client_certificate_rejected"),
        "{}",
        failure.message.text
    );
    assert!(failure.message.text.starts_with(told), "{}", failure.message.text);
}

#[tokio::test]
async fn the_right_certificate_obtains_refreshes_and_revokes_a_grant() {
    let guests = CertificateAuthority::new();
    for speech in PROTOCOLS {
        let (mut hub, provider) = gated(&guests, speech).await;
        hub.client = with(Some(guests.identity("hub")));
        lived(&mut hub, &provider).await.unwrap_or_else(|why| panic!("{speech:?}: {why}"));
    }
}

#[tokio::test]
async fn a_missing_or_foreign_certificate_is_rejected_with_a_message() {
    let (guests, others) = (CertificateAuthority::new(), CertificateAuthority::new());
    for speech in PROTOCOLS {
        let (mut hub, provider) = gated(&guests, speech).await;
        let link = hub.link().unwrap();
        let visit = craft::egress::Request::new(http::Method::GET, link);
        let home = hub.egress.send(visit).await.unwrap().headers()["location"].to_str().unwrap().to_owned();
        let returned = hub.read(&Url::parse(&home).unwrap()).unwrap();
        hub.client = with(Some(others.identity("hub")));
        refused(&hub, &returned, "localhost does not accept the hub’s client certificate").await;
        // over HTTP/2, a client without certificate sees only a closed connection
        if speech.1 != "h2" {
            hub.client = with(None);
            refused(&hub, &returned, "localhost requires a client certificate, and").await;
        }
        assert_eq!(provider.last_tokens().count, 0);
        hub.client = with(Some(guests.identity("hub")));
        let grant = hub.exchange(&returned).await.unwrap();
        hub.client = with(Some(others.identity("hub")));
        assert_eq!(hub.refresh(grant.refresh.as_ref().unwrap()).await.unwrap_err().kind, FailureKind::InvalidClient);
    }
}

#[tokio::test]
async fn an_unusable_certificate_is_reported_without_its_text() {
    let (mut hub, _provider) = gated(&CertificateAuthority::new(), PROTOCOLS[0]).await;
    hub.client = with(Some("-----BEGIN hunter2".to_owned()));
    let failure = hub.refresh(&Secret::new("r3fresh-1")).await.unwrap_err();
    assert_eq!((failure.kind, failure.class), (FailureKind::InvalidClient, "invalid_client_certificate"));
    assert!(!failure.message.text.contains("hunter2"), "{}", failure.message.text);
}
