//! A certified provider: bound codes, rotating tokens, revoked grants, and a user who denies consent.

use craft::clock::Clock;
use craft::egress::Request;
use craft::oauth::{self, Challenge, ClientAuth, FailureKind, Grant, Pkce};
use craft::secret::Secret;
use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::Hub;
use crate::support::listener::serve;
use crate::support::oidc_provider::{Answer, OidcProvider, SECRET, oidc_client};

/// Signs in and returns the grant.
async fn signed_in(oidc: &OidcProvider, hub: &Hub) -> Grant {
    let home = oidc.sign_in(&hub.link().unwrap(), Answer::Consent).await;
    hub.exchange(&hub.read(&home).unwrap()).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// Returns true if the provider's introspection reports an active token.
async fn is_active(hub: &Hub, token: &str) -> bool {
    let url = Url::parse(&hub.provider.token_url).unwrap().join("/token/introspection").unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("token", token), ("client_id", &hub.client.id), ("client_secret", SECRET)])
        .finish();
    let request = Request::new(Method::POST, url).body("application/x-www-form-urlencoded", form);
    let answer = hub.egress.send(request).await.unwrap().bytes().await.unwrap();
    serde_json::from_slice::<Value>(&answer).unwrap()["active"].as_bool().unwrap()
}

#[tokio::test]
async fn every_client_authentication_exchanges_a_code() {
    let oidc = OidcProvider::start().await;
    for (auth, id, secret) in
        [("basic", "hub:basic one", Some(SECRET)), ("post", "hub-post", Some(SECRET)), ("none", "hub-public", None)]
    {
        let hub = Hub::new(oidc.description(&format!("client_auth = '{auth}'")), oidc_client(id, secret));
        let grant = signed_in(&oidc, &hub).await;
        assert_eq!(grant.expires_at.map(|at| (at - super::NOW).whole_seconds()), Some(60), "{auth}");
        assert!(grant.scopes.unwrap().contains(&"read".to_owned()), "{auth}");
        let renewed = hub.refresh(grant.refresh.as_ref().unwrap()).await.unwrap();
        assert_ne!(renewed.access.expose(), grant.access.expose(), "{auth}");
    }
}

#[tokio::test]
async fn a_client_with_a_private_key_signs_its_requests() {
    let oidc = OidcProvider::with(&["keys"]).await;
    let clients = oidc.signing_clients().await;
    assert_eq!(clients.len(), 3, "RSA, P-256 and Ed25519");
    for mut client in clients {
        // as a single-line form field submits the key
        client.secret = client.secret.map(|key| Secret::new(key.expose().replace('\n', " ")));
        let mut hub = Hub::new(oidc.description("client_auth = 'private_key_jwt'"), client);
        // an assertion is valid for one minute of the provider's clock
        hub.now = Clock::real().now();
        let grant = signed_in(&oidc, &hub).await;
        let renewed = hub.refresh(grant.refresh.as_ref().unwrap()).await.unwrap();
        assert!(hub.revoke(&renewed).await.unwrap());
        assert_eq!(hub.refresh(renewed.refresh.as_ref().unwrap()).await.unwrap_err().kind, FailureKind::InvalidGrant);
        hub.client.id = "hub-post".to_owned();
        assert_eq!(hub.refresh(renewed.refresh.as_ref().unwrap()).await.unwrap_err().kind, FailureKind::InvalidClient);
    }
}

#[tokio::test]
async fn a_code_works_once_with_its_verifier_at_its_provider() {
    let oidc = OidcProvider::start().await;
    let mut hub = Hub::new(oidc.description(""), oidc_client("hub-post", Some(SECRET)));
    let home = oidc.sign_in(&hub.link().unwrap(), Answer::Consent).await;
    let returned = hub.read(&home).unwrap();

    let elsewhere =
        home.as_str().replace(&format!("iss={}", encoded(oidc.issuer().as_str())), "iss=https%3A%2F%2Fevil.example");
    assert_ne!(elsewhere, home.as_str(), "the callback does not name its issuer");
    assert_eq!(hub.read(&Url::parse(&elsewhere).unwrap()).unwrap_err().class, "issuer_mismatch");
    let silent = Url::parse(home.as_str().split("&iss=").next().unwrap()).unwrap();
    assert_eq!(hub.read(&silent).unwrap_err().class, "callback", "the provider promised to name itself");

    let own = std::mem::replace(&mut hub.pkce, Pkce::new([9; 32]));
    let stolen = hub.exchange(&returned).await.unwrap_err();
    assert_eq!(stolen.kind, FailureKind::InvalidGrant);
    assert!(stolen.message.text.starts_with("127.0.0.1 no longer accepts this sign-in ("), "{}", stolen.message.text);
    hub.pkce = own;
    let home = oidc.sign_in(&hub.link().unwrap(), Answer::Consent).await;
    let returned = hub.read(&home).unwrap();
    assert!(hub.exchange(&returned).await.is_ok());
    let again = hub.exchange(&returned).await.unwrap_err();
    assert_eq!((again.kind, again.class), (FailureKind::InvalidGrant, "invalid_grant"));
    assert!(!again.message.text.contains(returned.code.expose()), "{}", again.message.text);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_grant() {
    let oidc = OidcProvider::start().await;
    let hub = Hub::new(oidc.description(""), oidc_client("hub-post", Some(SECRET)));
    let first = signed_in(&oidc, &hub).await;
    let former = first.refresh.as_ref().unwrap();
    let second = hub.refresh(former).await.unwrap();
    let current = second.refresh.as_ref().expect("rotation gives another refresh token");
    assert_ne!(current.expose(), former.expose());
    let third = hub.refresh(current).await.unwrap();
    assert!(is_active(&hub, third.access.expose()).await);

    let reused = hub.refresh(former).await.unwrap_err();
    assert_eq!(reused.kind, FailureKind::InvalidGrant);
    assert!(reused.message.text.starts_with("127.0.0.1 no longer accepts this sign-in ("), "{}", reused.message.text);
    for token in [former, current] {
        assert!(!reused.message.text.contains(token.expose()), "{}", reused.message.text);
    }
    assert_eq!(
        hub.refresh(third.refresh.as_ref().unwrap()).await.unwrap_err().kind,
        FailureKind::InvalidGrant,
        "the grant lives on"
    );
}

#[tokio::test]
async fn revocation_ends_a_grant_and_another_client_cannot_revoke_it() {
    let oidc = OidcProvider::start().await;
    let mut hub = Hub::new(oidc.description("client_auth = 'basic'"), oidc_client("hub:basic one", Some("wrong")));
    let home = oidc.sign_in(&hub.link().unwrap(), Answer::Consent).await;
    let returned = hub.read(&home).unwrap();
    let stranger = hub.exchange(&returned).await.unwrap_err();
    assert_eq!((stranger.kind, stranger.class), (FailureKind::InvalidClient, "invalid_client"));
    assert!(!stranger.message.text.contains("wrong"), "{}", stranger.message.text);

    hub.client = oidc_client("hub:basic one", Some(SECRET));
    let grant = hub.exchange(&returned).await.unwrap();
    assert!(hub.revoke(&grant).await.unwrap());
    assert_eq!(hub.refresh(grant.refresh.as_ref().unwrap()).await.unwrap_err().kind, FailureKind::InvalidGrant);
    assert!(hub.revoke(&grant).await.unwrap(), "a grant that is over is one that is ended");
}

#[tokio::test]
async fn denied_and_oversized_scope_requests_are_explained() {
    let oidc = OidcProvider::start().await;
    let mut hub = Hub::new(oidc.description(""), oidc_client("hub-post", Some(SECRET)));
    let denied = hub.read(&oidc.sign_in(&hub.link().unwrap(), Answer::Deny).await).unwrap_err();
    assert_eq!((denied.kind, denied.class), (FailureKind::InvalidGrant, "access_denied"));
    assert!(denied.message.text.starts_with("127.0.0.1 says that access was denied ("), "{}", denied.message.text);

    hub.provider.pkce = oauth::PkceMethod::Off;
    let unbound = hub.read(&oidc.sign_in(&hub.link().unwrap(), Answer::Consent).await).unwrap_err();
    assert_eq!((unbound.kind, unbound.class), (FailureKind::Permanent, "oauth_error"));
    assert!(unbound.message.text.contains("PKCE"), "{}", unbound.message.text);
}

#[tokio::test]
async fn the_metadata_suffices_to_register_and_sign_in() {
    let oidc = OidcProvider::start().await;
    let issuer = oidc.issuer().as_str().trim_end_matches('/').to_owned();
    let server = serve(axum::Router::new()).await;
    let resource = format!("http://{server}/mcp");
    let metadata = json!({ "resource": resource, "authorization_servers": [issuer], "scopes_supported": ["read"] });
    let described = axum::Router::new().route("/about", axum::routing::get(|| async { axum::Json(metadata) }));
    let about = serve(described).await;
    let challenge = Challenge::parse(&format!("Bearer resource_metadata=\"http://{about}/about\""));
    let mut hub = Hub::new(oidc.description(""), oidc_client("nobody", None));
    let server = Url::parse(&resource).unwrap();
    hub.provider = oauth::discover(&hub.egress, &server, &challenge, None).await.unwrap();
    assert!(hub.provider.callback_names_issuer && hub.provider.client_auth == ClientAuth::None, "{:?}", hub.provider);

    let place = Url::parse(hub.provider.registration_url.as_ref().unwrap()).unwrap();
    for wanted in [ClientAuth::None, ClientAuth::Post, ClientAuth::Basic] {
        let scopes = &hub.provider.scopes;
        let made = oauth::register(&hub.egress, &place, wanted, &hub.redirect, scopes).await.unwrap();
        assert_eq!((made.auth, made.client.secret.is_some()), (wanted, wanted != ClientAuth::None));
        (hub.client, hub.provider.client_auth) = (made.client, made.auth);
        let grant = signed_in(&oidc, &hub).await;
        assert!(hub.revoke(&grant).await.unwrap());
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.trim_end_matches('/').as_bytes()).collect()
}
