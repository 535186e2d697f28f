//! The documents that lead a client to the authorization server.

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::page::Page;
use crate::support::test_app::TestApp;

async fn document(app: &TestApp, path: &str) -> Page {
    let document = app.stranger().request(Method::GET, path, &[("origin", "https://client.example")], "").await;
    assert_eq!(document.status, StatusCode::OK, "{path}");
    assert_eq!(document.header("access-control-allow-origin"), Some("*"), "{path}");
    document
}

#[tokio::test]
async fn a_refused_assistant_finds_its_way_to_the_authorization_server() {
    let app = TestApp::new().await;
    let hub = "http://127.0.0.1:8080";
    for endpoint in ["/mcp", "/orgs/acme/mcp"] {
        let refused = app.stranger().request(Method::POST, endpoint, &[], "{}").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let place = format!("/.well-known/oauth-protected-resource{endpoint}");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.contains(&format!("resource_metadata=\"{hub}{place}\"")), "{challenge}");
        assert!(challenge.contains("scope=\"tools:read tools:call\""), "{challenge}");
        let resource = document(&app, &place).await.json();
        assert_eq!(resource["resource"], format!("{hub}{endpoint}"));
        assert_eq!(resource["authorization_servers"], json!([hub]));
        assert_eq!(resource["scopes_supported"], json!(["tools:read", "tools:call"]));
    }
    assert_eq!(document(&app, "/.well-known/oauth-protected-resource").await.json()["resource"], format!("{hub}/mcp"));
    let server = document(&app, "/.well-known/oauth-authorization-server").await.json();
    assert_eq!(server["issuer"], hub);
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["authorization_response_iss_parameter_supported"], true);
    assert_eq!(server["client_id_metadata_document_supported"], true);
    for endpoint in ["authorization", "token", "registration", "revocation"] {
        assert!(server[format!("{endpoint}_endpoint")].as_str().unwrap().starts_with(hub), "{endpoint}");
    }
    assert!(!server.to_string().contains("offline_access"));
}

#[tokio::test]
async fn the_documents_do_not_say_which_organisations_exist() {
    let app = TestApp::new().await;
    let place = |slug: &str| format!("/.well-known/oauth-protected-resource/orgs/{slug}/mcp");
    let (one, other) = (document(&app, &place("no-such-space")).await, document(&app, &place("another")).await);
    assert_eq!(one.body.replace("no-such-space", "another"), other.body);
    for slug in ["a%2Fb", "%00", "a%22b"] {
        let answer = app.stranger().request(Method::GET, &place(slug), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug}");
    }
}

#[tokio::test]
async fn assistants_in_browsers_may_ask_and_pages_of_other_sites_may_not() {
    let app = TestApp::new().await;
    let ask = async |path| {
        let headers = [
            ("origin", "https://client.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        app.stranger().request(Method::OPTIONS, path, &headers, "").await
    };
    for path in ["/oauth/token", "/oauth/register", "/oauth/revoke"] {
        let preflight = ask(path).await;
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(preflight.header("access-control-allow-credentials"), None, "{path}");
    }
    assert_eq!(ask("/oauth/authorize").await.header("access-control-allow-origin"), None);
}
