//! The page of an audit entry, and its links to the target and back.

use std::time::Duration;

use http::StatusCode;

use super::{HASH, entry, list};
use crate::support::everything_server::EverythingServer;
use crate::support::test_app::TestApp;

#[tokio::test]
async fn a_job_and_its_entry_lead_to_each_other() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.run(&alice, HASH, [("v/text", "abc")]).await;
    let there = alice.get(&job.attr("dd a[href^='/audit/']", "href").unwrap()).await;
    // payloads are in no cache, other pages are revalidated
    let path = job.path();
    for path in [path, &format!("{path}.json"), &format!("{path}/output"), there.path()] {
        let page = alice.get(path).await;
        assert_eq!((page.header("cache-control"), page.header("etag")), (Some("private, no-store"), None), "{path}");
    }
    assert_eq!(alice.get("/jobs").await.header("cache-control"), Some("private, no-cache"));
    assert_eq!(
        (there.text("h1"), there.text(".page-head .row span + span")),
        ("Hash a text · Workbench".into(), "Tool run".into())
    );
    assert_eq!(alice.get(&there.attr("dd a[href^='/jobs/']", "href").unwrap()).await.text("h1"), "Hash a text");
    let connector = there.attrs("dd a[href^='/connectors/']", "href");
    assert_eq!(connector, ["/connectors/workbench", "/connectors/workbench"]);
    assert_eq!(there.texts("dd a[href^='/connectors/']"), ["Workbench", "Account 1 connection"]);
    assert_eq!(alice.get(&connector[0]).await.status, StatusCode::OK);

    assert_eq!(there.texts("main h2"), ["Request", "Response"]);
    // {"text":"abc","algorithm":…} as it was kept
    let sizes = there.texts("main section > p");
    assert!(sizes[0].ends_with(" bytes. Secrets were removed before it was stored."), "{sizes:?}");
    let facts = there.text("dl.kv");
    assert!(facts.contains("WhoYou, in a browser") && facts.contains("Took"), "{facts}");
    // whose address is that of the person who asked
    assert!(facts.contains("Address127.0.0.1"), "{facts}");
    let ids = there.texts("dl.kv code");
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(ids, ["hash".to_owned(), last(job.path()), last(there.path())]);
    assert!(facts.contains("ToolHash a text hash"), "{facts}");
    // what a person does has an address
    let facts = entry(&alice, 2).await.text("dl.kv");
    assert!(facts.contains("WhoYou, in a browser"), "{facts}");
    assert!(facts.contains("Address127.0.0.1") && facts.contains("BrowserBrowser of the tests"), "{facts}");
}

#[tokio::test]
async fn what_is_gone_is_no_link() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    let place = app.add_server(&alice, "Passing", &server.url()).await;
    let made = entry(&alice, 0).await;
    assert_eq!(made.text("h1"), "Connection created");
    assert_eq!(made.attrs("dd a", "href"), [place.clone(), place.clone()]);
    for gone in ["DELETE FROM user_connections", "DELETE FROM connectors WHERE slug = 'passing'"] {
        sqlx::query(gone).execute(app.app.system.pool()).await.unwrap();
    }
    let left = alice.get(made.path()).await;
    assert_eq!((left.status, left.has("dd a")), (StatusCode::OK, false));
    assert!(left.text("dl.kv").contains("Targetconnection "), "{}", left.text("dl.kv"));
}

#[tokio::test]
async fn a_body_that_was_erased_is_said_to_be() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, HASH, [("v/text", "abc")]).await;
    sqlx::query("DELETE FROM audit_bodies").execute(app.app.system.pool()).await.unwrap();
    let page = entry(&alice, 0).await;
    assert_eq!((page.texts("main h2").len(), page.has("pre")), (2, false));
    assert!(page.text("section[aria-labelledby=request-heading] p").starts_with("It is no longer stored."));
    // signing in had neither
    assert!(!entry(&alice, 2).await.has("main h2"));
}

#[tokio::test]
async fn an_entry_of_another_version_is_shown_as_stored() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let id = craft::ids::AuditId::new(app.app.clock.now() - Duration::from_secs(60));
    sqlx::query(
        "INSERT INTO audit_entries (owner_id, id, action, actor, origin, outcome, created_at)
         VALUES ($3, $1, 'space.created', 'user', 'schedule', 'success', $2)",
    )
    .bind(id)
    .bind(app.app.clock.now())
    .bind(app.owner_of("alice").await)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    assert!(list(&alice.get("/audit").await).contains(&"space.created".to_owned()));
    assert_eq!(alice.get(&format!("/audit/{id}")).await.text("h1"), "space.created");
    let file = alice.get("/audit/export.ndjson").await;
    assert!(file.body.contains(r#""action":"space.created""#) && file.body.contains(r#""origin":"schedule""#));
}
