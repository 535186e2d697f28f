//! The page on which a person allows or declines what an assistant asks for.

use craft::organisations::Role;
use http::{Method, StatusCode};

use crate::support::oauth_assistant::{OAuthAssistant, REDIRECT, agree, parameter, register, sent_to};
use crate::support::space::Space;
use crate::support::test_app::TestApp;
use serde_json::json;

const BUTTONS: &str = "main form button";

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_where_the_answer_goes() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let page = alice.get(&helper.authorize_path(&[])).await;
    assert_eq!(page.text("h1"), "Connect Helper?");
    let text = page.text("main");
    for part in ["tools that you have connected", "alice@example.com", "nobody vouches for it", "this device"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(page.texts(BUTTONS), ["Connect", "Decline"]);
    assert_eq!(page.attrs("main input[name=scope]", "value"), ["tools:read", "tools:call"]);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("form-action"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn an_answer_names_the_hub_and_brings_the_state_back() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let agreed = agree(&alice, &helper.authorize_path(&[])).await;
    assert!(agreed.as_str().starts_with(REDIRECT));
    assert!(parameter(&agreed, "code").is_some_and(|code| code.len() > 43));
    let declined = sent_to(&alice.post(&helper.authorize_path(&[]), &[("decision", "decline")]).await);
    assert_eq!(parameter(&declined, "error").as_deref(), Some("access_denied"));
    for answer in [agreed, declined] {
        assert_eq!(parameter(&answer, "state").as_deref(), Some("the state"));
        assert_eq!(parameter(&answer, "iss").as_deref(), Some("http://127.0.0.1:8080"));
    }
    // without the button that allows, nothing is allowed
    let nothing = sent_to(&alice.post(&helper.authorize_path(&[]), &[("scope", "tools:read")]).await);
    assert_eq!(parameter(&nothing, "error").as_deref(), Some("access_denied"));
    let log = alice.get("/audit").await.texts("tbody tr");
    assert_eq!(log.iter().filter(|row| row.contains("Assistant connected")).count(), 1, "{log:?}");
}

#[tokio::test]
async fn a_person_can_allow_less_than_was_asked_and_not_more() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let path = helper.authorize_path(&[("scope", "tools:read jobs:read")]);
    let fields = [("decision", "allow"), ("scope", "tools:read"), ("scope", "audit:read")];
    let code = parameter(&sent_to(&alice.post(&path, &fields).await), "code").unwrap();
    assert_eq!(helper.exchange(&code).await.json()["scope"], "tools:read");
    let page = alice.post(&path, &[("decision", "allow")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.text(".err"), "Error: Choose at least one thing that the assistant may do");
}

#[tokio::test]
async fn a_visitor_signs_in_first_and_comes_back_to_the_request() {
    let app = TestApp::new().await;
    let helper = OAuthAssistant::register(&app).await;
    app.account("alice", false).await;
    let browser = app.stranger();
    let path = helper.authorize_path(&[]);
    let sign_in = browser.get(&path).await;
    let fields = [("email", "alice@example.com"), ("password", crate::support::test_app::PASSWORD)];
    let page = browser.submit(&sign_in, "form[action='/sign-in']", fields).await;
    assert_eq!(page.text("h1"), "Connect Helper?");
    let anonymous = app.stranger().post(&path, &[("decision", "allow"), ("scope", "tools:read")]).await;
    assert_eq!(anonymous.status, StatusCode::SEE_OTHER);
    assert!(anonymous.header("location").unwrap().contains("client_id%3D"), "the request outlasts the sign-in");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
    let forged = browser.request(Method::POST, &path, &headers, "decision=allow&scope=tools:read").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_loses_neither_the_request_nor_the_answer() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let path = helper.authorize_path(&[]);
    alice.get(&path).await;
    alice.post("/sign-out", &[("", ""); 0]).await;
    let page = alice.post(&path, &[("decision", "allow"), ("scope", "tools:read")]).await;
    let credentials = [("email", "alice@example.com"), ("password", crate::support::test_app::PASSWORD)];
    let back = alice.submit(&page, "form[action='/sign-in']", credentials).await;
    assert_eq!(back.text("h1"), "Connect Helper?");
    assert_eq!(back.attrs("main input[checked]", "value"), ["tools:read"]);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_the_assistant_did_not_register() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    for (name, value) in [
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "http://127.0.0.1:51004/other"),
        ("redirect_uri", "javascript:alert(1)"),
        ("client_id", "unknown"),
        ("client_id", ""),
        ("client_id", "\0"),
    ] {
        for page in [
            alice.get(&helper.authorize_path(&[(name, value)])).await,
            alice
                .post(&helper.authorize_path(&[(name, value)]), &[("decision", "allow"), ("scope", "tools:read")])
                .await,
        ] {
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}={value}");
            assert_eq!(page.header("location"), None, "{name}={value}");
            assert!(!page.attrs("main a", "href").iter().any(|href| href.contains(':')), "{name}={value}");
        }
    }
    let other_port = helper.authorize_path(&[("redirect_uri", "http://127.0.0.1:9/callback")]);
    assert_eq!(alice.get(&other_port).await.status, StatusCode::OK, "the port of a device may differ");
}

#[tokio::test]
async fn a_faulty_request_is_explained_and_its_error_waits_behind_a_link() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", "http://127.0.0.1:8080/orgs/no-such-space/mcp", "invalid_target"),
    ] {
        let page = alice.get(&helper.authorize_path(&[(name, value)])).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}={value}");
        let links = page.attrs("main a.btn", "href");
        let link = url::Url::parse(&links[0]).unwrap();
        assert!(link.as_str().starts_with(REDIRECT), "{link}");
        assert_eq!(parameter(&link, "error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(parameter(&link, "iss").as_deref(), Some("http://127.0.0.1:8080"));
    }
    let twice = format!("{}&state=another", helper.authorize_path(&[]));
    assert!(alice.get(&twice).await.text("main").contains("state was sent twice"));
}

#[tokio::test]
async fn an_assistant_of_an_organisation_is_for_its_members() {
    let app = TestApp::new().await;
    let (user, alice) = app.persona_with_account("alice").await;
    let acme = Space::create(&app.app, "alice", user.id).await;
    let (member, bob) = app.persona_with_account("bob").await;
    let helper = OAuthAssistant::register(&app).await;
    let resource = format!("http://127.0.0.1:8080/orgs/{}/mcp", acme.slug);
    let path = helper.authorize_path(&[("resource", &resource)]);
    assert!(alice.get(&path).await.text("main").contains("tools that Space of alice has connected"));
    assert_eq!(bob.get(&path).await.status, StatusCode::BAD_REQUEST);
    acme.add(&app.app, member.id, Role::Operator, app.app.clock.now()).await;
    assert_eq!(bob.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_names_of_programs_cannot_change_the_page() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let metadata =
        json!({ "client_name": "<b>Hub\u{202e}</b>", "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth"] });
    let registered = register(&app.stranger(), &metadata).await.json();
    let client_id = registered["client_id"].as_str().unwrap().to_owned();
    let assistant = OAuthAssistant { program: app.stranger(), client_id };
    let page = alice.get(&assistant.authorize_path(&[("redirect_uri", "")])).await;
    assert_eq!(page.text("h1"), "Connect <b>Hub</b>?");
    assert!(page.text("main").contains("opens cursor: links"));
}
