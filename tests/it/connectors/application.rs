//! OAuth clients that authenticate with a key: the key is PEM text, validated at once, and never shown again.

use axum::routing::{get, post};
use axum::{Json, Router};
use craft::connectors::Shipped;
use craft::oauth::ClientAuth;
use craft::serve;
use craft::workbench::Workbench;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::add;
use crate::support::browser::Browser;
use crate::support::certificate_authority::{CertificateAuthority, PROTOCOLS};
use crate::support::listener::serve as serve_plainly;
use crate::support::page::Page;
use crate::support::test_app::{TestApp, egress_allowing};
use crate::support::tides_service::TidesService;

const PATH: &str = "/connectors/harbours/application";

/// Starts a hub with a shipped service that uses this client authentication.
async fn app_with_service(auth: ClientAuth) -> TestApp {
    let (app, tides) = (TestApp::new().await, TidesService::start().await);
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    let mut shipped: Vec<Shipped> = craft::connectors::shipped().unwrap().into_iter().chain(tides.shipped()).collect();
    let harbours = shipped.iter_mut().find(|it| it.slug.as_str() == "harbours").unwrap();
    harbours.descriptor.as_mut().unwrap().oauth.as_mut().unwrap().client_auth = auth;
    serve::ship_connectors(&app.app.system, &shipped, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
    app
}

async fn submit_pem(browser: &Browser, path: &str, pem: &str) -> Page {
    let page = browser.get(path).await;
    assert_eq!(page.attr("textarea#f-client_secret", "spellcheck").as_deref(), Some("false"));
    assert_eq!(page.attr("textarea#f-client_secret", "autocomplete").as_deref(), Some("off"));
    browser.submit(&page, "main form", [("client_id", "hub one"), ("client_secret", pem)]).await
}

/// Asserts that the form was shown again without the key, and that nothing was stored.
async fn assert_refused(app: &TestApp, page: &Page, message: &str) {
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text("main"));
    assert!(page.text("#f-client_secret-e").contains(message), "{}", page.text("main"));
    assert_eq!(page.attr(".summary li a", "href").as_deref(), Some("#f-client_secret"));
    assert_eq!(page.attr("#f-client_id", "value").as_deref(), Some("hub one"));
    assert_eq!(page.text("#f-client_secret"), "");
    let all = "SELECT (SELECT count(*) FROM oauth_clients) + (SELECT count(*) FROM secrets)";
    assert_eq!(sqlx::query_scalar::<_, i64>(all).fetch_one(app.app.system.pool()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_invalid_key_is_refused_before_it_is_stored() {
    let (authority, key) = (CertificateAuthority::new(), rcgen::KeyPair::generate().unwrap().serialize_pem());
    let (own, anothers) = (authority.identity("hub"), authority.identity("another"));
    let (certificate, own_key) = own.split_at(own.find("-----BEGIN PRIVATE").unwrap());
    let mixed = format!("{certificate}{}", &anothers[anothers.find("-----BEGIN PRIVATE").unwrap()..]);
    for (auth, label, bad, good) in [
        (
            ClientAuth::PrivateKeyJwt,
            "Private key",
            vec![("", "Enter the private key"), (certificate, "The hub cannot sign with this key.")],
            &key,
        ),
        (
            ClientAuth::Tls,
            "Certificate and private key",
            vec![
                ("", "Enter the certificate and its private key"),
                (own_key, "The client certificate cannot be used: there is none."),
                (certificate, "its private key is missing."),
                (&mixed, "its private key is that of another certificate"),
                ("-----BEGIN CERTIFICATE-----", "the text is incomplete."),
            ],
            &own,
        ),
    ] {
        let app = app_with_service(auth).await;
        let owner = app.owner().await;
        assert_eq!(owner.get(PATH).await.text("label[for=f-client_secret]"), label);
        for (pem, told) in bad {
            assert_refused(&app, &submit_pem(&owner, PATH, pem).await, told).await;
        }
        let page = submit_pem(&owner, PATH, &good.replace('\n', "\r\n")).await;
        assert_eq!(page.text(".flash.ok p"), "The OAuth application is stored. Harbours can be connected now.");
        let page = owner.get(PATH).await;
        assert_eq!(page.text("#f-client_secret-h"), "One is stored encrypted. Leave this empty to keep it.");
        assert!(!page.text("html").contains("BEGIN"), "{}", page.text("main"));
        let page = owner.submit(&page, "main form", []).await;
        assert!(page.has(".flash.ok"), "{}", page.text("main"));
    }
}

/// Starts an MCP server whose token endpoint requires client certificates, at an address of its own.
async fn certificate_only_server(gate: u16) -> Url {
    let challenge = || async { (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer")]) };
    let described = move |headers: HeaderMap| async move {
        let at = format!("http://{}", headers["host"].to_str().unwrap());
        Json(json!({
            "issuer": at,
            "authorization_endpoint": format!("{at}/authorize"),
            "token_endpoint": format!("{at}/nowhere"),
            "registration_endpoint": format!("{at}/nowhere"),
            "token_endpoint_auth_methods_supported": ["tls_client_auth"],
            "code_challenge_methods_supported": ["S256"],
            "mtls_endpoint_aliases": { "token_endpoint": format!("https://localhost:{gate}/token") },
        }))
    };
    let router = Router::new()
        .route("/mcp", get(challenge).post(challenge))
        .route("/.well-known/oauth-authorization-server", get(described));
    Url::parse(&format!("http://{}/mcp", serve_plainly(router).await)).unwrap()
}

async fn token(asked: String) -> (StatusCode, Json<Value>) {
    let names: Vec<_> = url::form_urlencoded::parse(asked.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    let has = |name: &str| names.iter().any(|it| it == name);
    if !has("client_id") || has("client_secret") || has("client_assertion") {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_request" })));
    }
    (StatusCode::OK, Json(json!({ "access_token": "acc3ss", "token_type": "Bearer", "expires_in": 3600 })))
}

#[tokio::test]
async fn sign_in_uses_the_entered_client_certificate() {
    let (house, guests) = (CertificateAuthority::new(), CertificateAuthority::new());
    let router = Router::new().route("/token", post(token));
    let server = certificate_only_server(house.serve(router, Some(&guests), PROTOCOLS[0]).await.port()).await;
    let trusting = egress_allowing(&["127.0.0.0/8"]).with_authorities(house.authorities());
    let app = TestApp::with(|handles| handles.egress = trusting).await;
    let alice = app.alice().await;
    let form = add(&alice, "Walled", server.as_str()).await.path().to_owned();
    let page = alice.submit(&alice.get(&form).await, "main form", []).await;
    let told = page.text("#f-client_id-e");
    assert!(
        told.ends_with("and enter its client id and the certificate that it knows, with its private key"),
        "{told}"
    );
    assert_refused(&app, &submit_pem(&alice, &form, "hunter2").await, "The client certificate cannot be used").await;
    assert_refused(&app, &submit_pem(&alice, &form, "").await, "Enter the certificate and its private key").await;

    let page = submit_pem(&alice, &form, &guests.identity("hub")).await;
    let link = Url::parse(&page.attr("main a.btn", "href").unwrap()).unwrap();
    let state = link.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = alice.get(&format!("/oauth/callback?code=c&state={state}")).await;
    assert_eq!(page.text("h1"), "Walled", "{}", page.text("main"));
    // the provider accepted the certificate; the server accepts no token
    assert_eq!(page.text(".flash.warn p"), "Walled no longer accepts the credential. Connect Walled again.");
    let stored: Vec<(String, String)> =
        sqlx::query_as("SELECT auth, o::text FROM oauth_clients o").fetch_all(app.app.system.pool()).await.unwrap();
    assert!(stored.len() == 1 && stored[0].0 == "tls_client_auth" && !stored[0].1.contains("BEGIN"), "{stored:?}");
}
