//! Access tokens of programs: creating, showing once, revoking.

use craft::api_tokens;
use craft::ids::OwnerId;
use craft::secret::Secret;
use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::secret_search::{LogCapture, tables_containing};
use crate::support::space::Space;
use crate::support::test_app::TestApp;

const NEW: &str = "/settings/tokens/new";

async fn create(browser: &Browser, name: &str) -> Page {
    let form = browser.get(NEW).await;
    browser.submit(&form, "main form", [("name", name)]).await
}

/// Returns the token that the page shows.
fn shown(page: &Page) -> Secret {
    Secret::new(page.attr("input[name=token]", "value").expect("the page shows a token"))
}

#[tokio::test]
async fn a_new_token_is_shown_once_and_stored_nowhere() {
    let app = TestApp::new().await;
    let log = LogCapture::start();
    let alice = app.alice().await;
    let created = create(&alice, " Claude Code on my laptop ").await;
    assert_eq!((created.status, created.text("h1")), (StatusCode::OK, "Copy your token".to_owned()));
    assert_eq!(created.header("cache-control"), Some("private, no-store"));
    assert!(created.has("input[name=token][readonly]"));
    let token = shown(&created);
    let holder = api_tokens::authenticate(&app.app.system, &token, app.app.clock.now()).await.unwrap().unwrap();
    assert_eq!(holder.name, "Claude Code on my laptop");
    assert_eq!(holder.scopes.to_texts(), ["tools:read", "tools:call", "jobs:read", "jobs:write"]);

    let list = alice.get("/settings/tokens").await;
    assert!(list.text("tbody th").starts_with("Claude Code on my laptop craft_pat_"), "{}", list.text("tbody"));
    assert!(list.text("tbody").contains("See the tools that you have connected"));
    assert!(!list.text("html").contains(token.expose()));
    assert_eq!(tables_containing(app.app.system.pool(), &[token.expose()]).await, Vec::<String>::new());
    assert!(!log.text().contains(token.expose()), "the log has the token");
    assert_eq!(app.audit_actions().await.pop().as_deref(), Some("token.created"));
    assert_eq!(alice.get("/settings").await.texts("main dd")[4], "1 token");
}

#[tokio::test]
async fn a_form_with_a_name_only_gets_the_defaults() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let created = alice.post(NEW, &[("name", "A script")]).await;
    let (token, now) = (shown(&created), app.app.clock.now());
    let holder = api_tokens::authenticate(&app.app.system, &token, now).await.unwrap().unwrap();
    assert_eq!(holder.scopes, api_tokens::Scopes::DEFAULT);
    let last_day = now + time::Duration::days(90) - time::Duration::SECOND;
    assert!(api_tokens::authenticate(&app.app.system, &token, last_day).await.unwrap().is_some());
    let ended = last_day + time::Duration::SECOND;
    assert!(api_tokens::authenticate(&app.app.system, &token, ended).await.unwrap().is_none());
}

#[tokio::test]
async fn a_faulty_form_says_what_to_do_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let typed = [("choice", "made"), ("name", ""), ("days", "3000"), ("space", "")];
    let page = alice.post(NEW, &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = ["Enter a name", "Choose one of the durations", "Choose at least one thing that the token may do"];
    assert_eq!(page.texts(".err"), faults.map(|fault| format!("Error: {fault}")));
    assert_eq!(page.attrs("[name=scope][checked]", "value"), Vec::<String>::new(), "unticked boxes stay unticked");
    let long = "n".repeat(81);
    let page = alice.post(NEW, &[("name", long.as_str()), ("scope", "audit:read")]).await;
    assert_eq!(page.text(".err"), "Error: Enter a name of 80 characters or fewer");
    assert_eq!(page.attr("[name=name]", "value").as_deref(), Some(long.as_str()));
    assert_eq!(page.attrs("[name=scope][checked]", "value"), ["audit:read"]);
    let page = alice.post(NEW, &[("name", "x"), ("scope", "everything")]).await;
    assert_eq!(page.text(".err"), "Error: “everything” is not a permission of this hub");
    let page = alice.post(NEW, &[("name", "x"), ("space", "acme")]).await;
    assert_eq!(page.text(".err"), "Error: You are not in that organisation any more. Choose another space");
    assert_eq!(alice.get("/settings/tokens").await.text(".empty h2"), "No tokens yet");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let token = shown(&create(&alice, "Laptop").await);
    let link = alice.get("/settings/tokens").await.attr("tbody a", "href").unwrap();
    assert_eq!(bob.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.post(&link, &[("", ""); 0]).await.status, StatusCode::NOT_FOUND);
    assert!(!bob.get("/settings/tokens").await.has("tbody"));

    let question = alice.get(&link).await;
    assert_eq!(question.text("h1"), "Revoke Laptop?");
    let page = alice.submit(&question, "main form", []).await;
    assert_eq!((page.path(), page.text("#flash")), ("/settings/tokens", "The token “Laptop” is revoked.".to_owned()));
    assert!(api_tokens::authenticate(&app.app.system, &token, app.app.clock.now()).await.unwrap().is_none());
    assert_eq!(app.audit_actions().await.pop().as_deref(), Some("token.revoked"));
    assert_eq!(alice.submit(&question, "main form", []).await.status, StatusCode::NOT_FOUND, "it is revoked already");
}

#[tokio::test]
async fn a_person_has_at_most_100_tokens() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    for n in 1..api_tokens::MAX_TOKENS {
        assert_eq!(alice.post(NEW, &[("name", format!("Program {n}"))]).await.status, StatusCode::OK);
    }
    let last = async || alice.post(NEW, &[("name", "The last")]).await.status;
    let both = tokio::join!(last(), last());
    assert!(
        both == (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY)
            || both == (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::OK),
        "{both:?}"
    );
    let page = alice.post(NEW, &[("name", "One more")]).await;
    assert_eq!(page.text(".err"), "Error: You have 100 tokens, which is the most. Revoke one first");
    assert_eq!(bob.post(NEW, &[("name", "A first one")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_for_an_organisation_works_while_its_person_is_a_member() {
    let app = TestApp::new().await;
    let (user, alice) = app.persona_with_account("alice").await;
    let acme = Space::create(&app.app, "alice", user.id).await;
    let form = alice.get(NEW).await;
    let created = alice.submit(&form, "main form", [("name", "Bot"), ("space", acme.slug.as_str())]).await;
    let (token, now) = (shown(&created), app.app.clock.now());
    let holder = api_tokens::authenticate(&app.app.system, &token, now).await.unwrap().unwrap();
    assert_ne!(holder.owner, user.id.as_owner());
    assert!(alice.get("/settings/tokens").await.has("tbody .sub bdi"), "the list names the organisation");

    sqlx::query("ALTER TABLE memberships DISABLE TRIGGER USER").execute(app.app.system.pool()).await.unwrap();
    let ended = sqlx::query("UPDATE memberships SET ended_at = now() WHERE user_id = $1").bind(user.id);
    assert_eq!(ended.execute(app.app.system.pool()).await.unwrap().rows_affected(), 1);
    assert!(api_tokens::authenticate(&app.app.system, &token, now).await.unwrap().is_none());
    let list = alice.get("/settings/tokens").await;
    assert!(list.text("tbody").contains("For an organisation that you have left"), "{}", list.text("tbody"));
    let link = list.attr("tbody a", "href").unwrap();
    let revoked = alice.submit(&alice.get(&link).await, "main form", []).await;
    assert_eq!(revoked.text("#flash"), "The token “Bot” is revoked.", "a person who has left can still revoke it");
    let spaces = sqlx::query_scalar("SELECT owner_id FROM audit_entries WHERE action LIKE 'token.%' ORDER BY id");
    let spaces: Vec<OwnerId> = spaces.fetch_all(app.app.system.pool()).await.unwrap();
    assert_eq!(spaces, [holder.owner, holder.owner], "the log of the organisation has both ends");
}
