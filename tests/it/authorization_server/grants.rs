//! The assistants of a person: listing, disconnecting, and revocation by the assistant itself.

use craft::authorization_server;
use http::StatusCode;
use serde_json::json;

use crate::support::assistant::Assistant;
use crate::support::oauth_assistant::OAuthAssistant;
use crate::support::test_app::TestApp;

const LIST: &str = "/settings/assistants";

async fn list_tools(app: &TestApp, token: &str) -> StatusCode {
    Assistant::with_token(app, token.to_owned()).send("tools/list", json!({})).await.status
}

#[tokio::test]
async fn a_disconnected_assistant_is_refused_at_once() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let helper = OAuthAssistant::register(&app).await;
    let tokens = helper.connect(&alice, &[]).await;
    let link = alice.get(LIST).await.attr("tbody a", "href").unwrap();
    for foreign in [bob.get(&link).await, bob.post(&link, &[("", ""); 0]).await] {
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    }
    assert!(bob.get(LIST).await.text("main").contains("No assistant is connected"));
    assert_eq!(list_tools(&app, &tokens.access).await, StatusCode::OK);

    let page = alice.get(&link).await;
    assert_eq!(page.text("h1"), "Disconnect Helper?");
    let done = alice.submit(&page, "main form", []).await;
    assert_eq!(done.text("#flash"), "“Helper” is disconnected.");
    assert_eq!(list_tools(&app, &tokens.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(helper.refresh(&tokens.refresh).await.json()["error"], "invalid_grant");
    let log = alice.get("/audit").await.text("tbody");
    assert!(log.contains("Assistant connected") && log.contains("Assistant disconnected"), "{log}");
}

#[tokio::test]
async fn an_assistant_can_end_its_own_connection() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (helper, other) = (OAuthAssistant::register(&app).await, OAuthAssistant::register(&app).await);
    for ends_by_refresh in [true, false] {
        let tokens = helper.connect(&alice, &[]).await;
        let token = if ends_by_refresh { &tokens.refresh } else { &tokens.access };
        let revoke = async |client: &OAuthAssistant, token: &str| {
            let fields = [("token", token), ("client_id", client.client_id.as_str())];
            client.program.post("/oauth/revoke", &fields).await.status
        };
        assert_eq!(revoke(&other, token).await, StatusCode::OK);
        assert_eq!(revoke(&helper, "unknown").await, StatusCode::OK);
        assert_eq!(list_tools(&app, &tokens.access).await, StatusCode::OK, "neither ended it");
        assert_eq!(revoke(&helper, token).await, StatusCode::OK);
        assert_eq!(list_tools(&app, &tokens.access).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(helper.program.post("/oauth/revoke", &[("", ""); 0]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_page_has_a_text_for_each_assistant_and_no_token() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get(LIST).await;
    assert_eq!(page.text("#endpoint"), "http://127.0.0.1:8080/mcp");
    let clients = page.texts("main details summary");
    for client in ["Claude Code", "VS Code", "Cursor", "Codex", "Gemini CLI", "Zed"] {
        assert!(clients.iter().any(|name| name == client), "{client}: {clients:?}");
    }
    assert!(page.texts("main pre").iter().all(|text| text.contains("http://127.0.0.1:8080/mcp")));
    assert!(!page.body.contains("craft_"));
}

#[tokio::test]
async fn a_person_has_at_most_100_assistants() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let path = helper.authorize_path(&[]);
    let agree = async || alice.post(&path, &[("decision", "allow"), ("scope", "tools:read")]).await;
    agree().await;
    // a registered assistant that is connected again replaces itself
    assert_eq!(agree().await.status, StatusCode::SEE_OTHER);
    assert_eq!(alice.get(LIST).await.texts("tbody tr").len(), 1);
    let copied = "INSERT INTO assistant_grants SELECT owner_id, gen_random_uuid(), user_id, assistant_id, name, host, scopes, \
                  created_at, expires_at FROM assistant_grants g, generate_series(2, $1) WHERE revoked_at IS NULL";
    let most = i32::try_from(authorization_server::MAX_GRANTS).unwrap();
    sqlx::query(copied).bind(most).execute(app.app.system.pool()).await.unwrap();
    let refused = agree().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text("main").contains("100 assistants are connected to your account, which is the most"));
}
