//! Servers and providers that stay within the standards, or differ in a way with one meaning: each is connected.

use http::StatusCode;
use serde_json::json;

use super::{add, consent};
use crate::support::browser::Browser;
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

/// The first place of the metadata of an authorization server below `/tenant`.
const FIRST: &str = "/.well-known/oauth-authorization-server/tenant";

/// The well-known places of a resource's metadata.
const AT_PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const AT_ROOT: &str = "/.well-known/oauth-protected-resource";

const OTHER_RESOURCE: &str = "{\"resource\":\"https://other.example/mcp\"}";

/// Asserts that a server with these rules is connected from its URL.
async fn assert_connected(alice: &Browser, what: &str, rules: SignInRules) {
    let server = SignInServer::start(rules).await;
    let form = alice.get("/connectors/new/mcp").await;
    let page = alice.submit(&form, "main form", [("name", what), ("url", server.url().as_str())]).await;
    assert!(page.text("h1").starts_with("Continue to 127.0.0.1:"), "{what}: {}", page.text("main"));
    let page = consent(alice, &server, &page).await;
    assert_eq!(page.text(".flash.ok p"), format!("{what} is connected. It has 1 tool."));
}

#[tokio::test]
async fn a_challenge_is_found_in_any_header_and_spelling() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let challenged = |challenges| SignInRules {
        tenant: "/tenant",
        resource_at: Some("/elsewhere/resource.json"),
        challenges,
        ..SignInRules::default()
    };
    assert_connected(&alice, "two headers", challenged(&["Basic realm=\"x\"", "Bearer resource_metadata=\"{at}\""]))
        .await;
    assert_connected(&alice, "one header", challenged(&["Negotiate ab/c==, Bearer resource_metadata=\"{at}\""])).await;
    assert_connected(&alice, "no case", challenged(&["bearer Resource_Metadata=\"{at}\""])).await;
    assert_connected(&alice, "spaces", challenged(&["BEARER  realm = \"a, b\" ,  resource_metadata\t= \"{at}\""]))
        .await;
}

#[tokio::test]
async fn a_place_without_metadata_leads_to_the_next() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let second = |answers| SignInRules {
        tenant: "/tenant",
        metadata_at: Some("/tenant/.well-known/openid-configuration"),
        answers,
        ..SignInRules::default()
    };
    assert_connected(&alice, "a failure", second(&[(FIRST, 502, "bad gateway")])).await;
    assert_connected(&alice, "too many requests", second(&[(FIRST, 429, "slow down")])).await;
    assert_connected(&alice, "other JSON", second(&[(FIRST, 200, "{\"error\":\"not_found\"}")])).await;
    assert_connected(&alice, "no JSON", second(&[(FIRST, 200, "<html>")])).await;
    assert_connected(&alice, "another issuer", second(&[(FIRST, 200, "{\"issuer\":\"https://other.example\"}")])).await;
    let resource = |answers| SignInRules {
        resource_at: Some(AT_ROOT),
        challenges: &["Bearer"],
        answers,
        ..SignInRules::default()
    };
    assert_connected(&alice, "a failing resource", resource(&[(AT_PATH, 500, "oh")])).await;
    assert_connected(&alice, "other JSON of a resource", resource(&[(AT_PATH, 200, "{\"name\":\"a\"}")])).await;
    assert_connected(&alice, "another resource", resource(&[(AT_PATH, 200, OTHER_RESOURCE)])).await;
    let older = SignInRules {
        resource_at: Some("/nowhere"),
        challenges: &["Bearer"],
        answers: &[(AT_PATH, 500, "oh"), (AT_ROOT, 500, "oh")],
        ..SignInRules::default()
    };
    assert_connected(&alice, "an older server that fails at unknown addresses", older).await;
}

#[tokio::test]
async fn a_failure_at_every_place_is_named() {
    let app = TestApp::new().await;
    let answers = &[("/.well-known/oauth-authorization-server", 503, "closed")];
    let rules = SignInRules { metadata_at: Some("/nowhere"), answers, ..SignInRules::default() };
    let server = SignInServer::start(rules).await;
    let page = add(&app.alice().await, &server).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let message = page.text("#f-token-e");
    assert!(message.contains("127.0.0.1 failed on its side (HTTP 503)"), "{message}");
}

#[tokio::test]
async fn an_authorization_server_without_metadata_leads_to_the_next() {
    let app = TestApp::new().await;
    let server = SignInServer::start(SignInRules::default()).await;
    let without = SignInServer::start(SignInRules { metadata_at: Some("/nowhere"), ..SignInRules::default() }).await;
    server.name_issuers(&[&without, &server]);
    let page = add(&app.alice().await, &server).await;
    assert!(page.text("h1").starts_with("Continue to 127.0.0.1:"), "{}", page.text("main"));
    let link = page.attr("main a.btn", "href").unwrap();
    assert!(link.starts_with(&server.issuer()), "{link}");
}

#[tokio::test]
async fn an_optional_endpoint_that_is_no_address_is_none() {
    for endpoint in [json!(""), json!("register"), json!(7)] {
        let app = TestApp::new().await;
        let metadata = json!({ "registration_endpoint": endpoint, "revocation_endpoint": endpoint });
        let server = SignInServer::start(SignInRules { metadata, ..SignInRules::default() }).await;
        let page = add(&app.alice().await, &server).await;
        assert_eq!((page.text("h1").as_str(), page.has("#f-client_id")), ("Connect Odd", true), "{endpoint}");
    }
}

#[tokio::test]
async fn a_registered_client_without_a_method_has_the_default_of_the_standard() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let registration = json!({ "client_secret": "s3cret", "token_endpoint_auth_method": null });
    let rules = SignInRules { registration, requires_basic: true, ..SignInRules::default() };
    assert_connected(&alice, "a secret without a method", rules).await;
    let registration = json!({ "client_secret": "", "token_endpoint_auth_method": null });
    assert_connected(&alice, "no secret", SignInRules { registration, ..SignInRules::default() }).await;
}

#[tokio::test]
async fn an_empty_scope_is_left_out_of_a_registration() {
    let (app, server) = (TestApp::new().await, SignInServer::start(SignInRules::default()).await);
    let page = add(&app.alice().await, &server).await;
    assert!(page.text("h1").starts_with("Continue to 127.0.0.1:"), "{}", page.text("main"));
    let registrations = server.requests("/register");
    assert!(registrations.len() == 1 && !registrations[0].text.contains("scope"), "{registrations:?}");
    let link = page.attr("main a.btn", "href").unwrap();
    assert!(!link.contains("scope="), "{link}");
}
