//! Refresh tokens: each is exchanged once, and a stolen one ends the connection.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::support::assistant::Assistant;
use crate::support::oauth_assistant::{OAuthAssistant, tokens};
use crate::support::page::Page;
use crate::support::space::Space;
use crate::support::test_app::TestApp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn list_tools(app: &TestApp, token: &str) -> StatusCode {
    Assistant::with_token(app, token.to_owned()).send("tools/list", json!({})).await.status
}

fn error(answer: &Page) -> String {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    answer.json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_access_token_ends_after_an_hour_and_a_refresh_token_begins_the_next() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[]).await;
    app.advance(Duration::from_secs(3601)).await;
    assert_eq!(list_tools(&app, &first.access).await, StatusCode::UNAUTHORIZED);
    let mut tokens_now = tokens(&helper.refresh(&first.refresh).await);
    assert_eq!(list_tools(&app, &tokens_now.access).await, StatusCode::OK);
    // each exchange begins the 60 days again
    for _ in 0..3 {
        app.advance(50 * DAY).await;
        tokens_now = tokens(&helper.refresh(&tokens_now.refresh).await);
    }
    app.advance(61 * DAY).await;
    assert_eq!(error(&helper.refresh(&tokens_now.refresh).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_that_is_exchanged_again_later_ends_the_connection() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[]).await;
    let second = tokens(&helper.refresh(&first.refresh).await);
    app.advance(Duration::from_secs(31)).await;
    assert_eq!(error(&helper.refresh(&first.refresh).await), "invalid_grant");
    assert_eq!(list_tools(&app, &second.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(error(&helper.refresh(&second.refresh).await), "invalid_grant");
    let log = alice.get("/audit").await.text("tbody");
    assert!(log.contains("Assistant stopped"), "{log}");
}

#[tokio::test]
async fn an_exchange_whose_answer_was_lost_can_be_repeated_for_a_moment() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[]).await;
    let lost = tokens(&helper.refresh(&first.refresh).await);
    app.advance(Duration::from_secs(20)).await;
    let second = tokens(&helper.refresh(&first.refresh).await);
    assert_eq!(second.refresh, lost.refresh, "two processes of an assistant agree");
    assert_ne!(second.access, lost.access);
    assert_eq!(list_tools(&app, &lost.access).await, StatusCode::OK);
    app.advance(Duration::from_secs(60)).await;
    tokens(&helper.refresh(&second.refresh).await);
}

#[tokio::test]
async fn two_exchanges_at_once_have_the_same_next_token() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[]).await;
    let (one, other) = tokio::join!(helper.refresh(&first.refresh), helper.refresh(&first.refresh));
    assert_eq!(tokens(&one).refresh, tokens(&other).refresh);
}

#[tokio::test]
async fn a_thief_who_repeats_an_exchange_at_once_is_found_by_the_next_one() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for thief_goes_on_first in [true, false] {
        let helper = OAuthAssistant::register(&app).await;
        let stolen = helper.connect(&alice, &[]).await.refresh;
        let own = tokens(&helper.refresh(&stolen).await);
        let thief = tokens(&helper.refresh(&stolen).await);
        app.advance(Duration::from_secs(3600)).await;
        let (first, second) = if thief_goes_on_first { (&thief, &own) } else { (&own, &thief) };
        let next = tokens(&helper.refresh(&first.refresh).await);
        app.advance(Duration::from_secs(3600)).await;
        assert_eq!(error(&helper.refresh(&second.refresh).await), "invalid_grant");
        assert_eq!(error(&helper.refresh(&next.refresh).await), "invalid_grant", "the connection has ended for both");
    }
}

#[tokio::test]
async fn a_refresh_token_works_for_its_assistant_within_its_scopes() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (helper, other) = (OAuthAssistant::register(&app).await, OAuthAssistant::register(&app).await);
    let first = helper.connect(&alice, &[]).await;
    assert_eq!(error(&other.refresh(&first.refresh).await), "invalid_grant");
    assert_eq!(error(&helper.refresh(&first.access).await), "invalid_grant");
    let refresh =
        |scope| [("grant_type", "refresh_token"), ("refresh_token", first.refresh.as_str()), ("scope", scope)];
    assert_eq!(error(&helper.request_tokens(&refresh("tools:read audit:read")).await), "invalid_scope");
    assert_eq!(tokens(&helper.request_tokens(&refresh("tools:read openid")).await).scope, "tools:read tools:call");
}

#[tokio::test]
async fn tokens_for_an_organisation_work_there_and_while_the_person_is_a_member() {
    let app = TestApp::new().await;
    let (user, alice) = app.persona_with_account("alice").await;
    let acme = Space::create(&app.app, "alice", user.id).await;
    let path = format!("/orgs/{}/mcp", acme.slug);
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[("resource", &format!("http://127.0.0.1:8080{path}"))]).await;
    assert_eq!(list_tools(&app, &first.access).await, StatusCode::UNAUTHORIZED, "another audience");
    let there = Assistant::with_token(&app, first.access).at_path(&path);
    assert_eq!(there.send("tools/list", json!({})).await.status, StatusCode::OK);

    sqlx::query("ALTER TABLE memberships DISABLE TRIGGER USER").execute(app.app.system.pool()).await.unwrap();
    let ended = sqlx::query("UPDATE memberships SET ended_at = now() WHERE user_id = $1").bind(user.id);
    ended.execute(app.app.system.pool()).await.unwrap();
    assert_eq!(there.send("tools/list", json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(error(&helper.refresh(&first.refresh).await), "invalid_grant");
    let list = alice.get("/settings/assistants").await;
    assert!(list.text("tbody").contains("an organisation that you have left"), "{}", list.text("tbody"));
    let link = list.attr("tbody a", "href").unwrap();
    let done = alice.submit(&alice.get(&link).await, "main form", []).await;
    assert_eq!(done.text("#flash"), "“Helper” is disconnected.");
}

#[tokio::test]
async fn a_disabled_account_has_no_assistants() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let helper = OAuthAssistant::register(&app).await;
    let first = helper.connect(&alice, &[]).await;
    sqlx::query("UPDATE users SET disabled_at = now()").execute(app.app.system.pool()).await.unwrap();
    assert_eq!(list_tools(&app, &first.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(error(&helper.refresh(&first.refresh).await), "invalid_grant");
}
