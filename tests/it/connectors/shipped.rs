//! Shipped connectors: stored from their files at each start, hidden once a file is gone.

use craft::connectors::{Shipped, shipped};
use http::StatusCode;

use super::{names, store_shipped};
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const WORKBENCH: &str = "/connectors/workbench";
const HASH: &str = "/connectors/workbench/tools/hash";

/// Returns the rows of shipped connectors, their tools and tool versions, as text.
async fn stored(app: &TestApp) -> Vec<String> {
    let rows = "SELECT c::text FROM connectors c WHERE owner_id IS NULL
                UNION ALL SELECT t::text FROM connector_tools t WHERE owner_id IS NULL
                UNION ALL SELECT v::text FROM connector_tool_versions v WHERE owner_id IS NULL
                ORDER BY 1";
    sqlx::query_scalar(rows).fetch_all(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn a_start_with_the_same_files_changes_nothing() {
    let app = TestApp::new().await;
    store_shipped(&app, &shipped().unwrap()).await;
    let before = stored(&app).await;
    assert!(before.len() > 10, "{before:?}");
    app.advance(std::time::Duration::from_secs(60)).await;
    store_shipped(&app, &shipped().unwrap()).await;
    assert_eq!(stored(&app).await, before);
}

#[tokio::test]
async fn a_changed_file_changes_the_connector_and_keeps_its_tools() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.run(&alice, HASH, [("v/text", "a")]).await;
    let changed = r#"
        slug = "workbench"
        name = "Bench"
        description = "Small tools."
        category = "development"
        auth = "token"
        transport = "builtin"
    "#;
    store_shipped(&app, &[Shipped::parse("connectors/workbench.toml", changed).unwrap()]).await;

    let page = alice.get("/connectors?category=development&auth=token&q=small").await;
    assert_eq!(page.texts(".card h3"), ["Bench"]);
    assert_eq!(alice.get(WORKBENCH).await.text("h1"), "Bench");
    let version: i32 = sqlx::query_scalar("SELECT max(version) FROM connector_tool_versions")
        .fetch_one(app.app.system.pool())
        .await
        .unwrap();
    assert_eq!(version, 1, "its tools are the same");
    assert!(alice.get(job.path()).await.texts(".actions a").contains(&"Run again".to_owned()));
}

#[tokio::test]
async fn a_connector_without_its_file_is_hidden_and_its_jobs_stay_readable() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.run(&alice, HASH, [("v/text", "a")]).await;
    let form = alice.get(HASH).await;
    let expire = "UPDATE user_connections SET status = 'expired'";
    sqlx::query(expire).execute(app.app.system.pool()).await.unwrap();
    let has_link = |page: &Page| page.attrs("main a", "href").iter().any(|href| href.starts_with(WORKBENCH));
    assert!(alice.get("/dashboard").await.has("#needs-you"), "its connection has expired");
    store_shipped(&app, &[]).await;

    let dashboard = alice.get("/dashboard").await;
    assert!(!dashboard.has("#needs-you") && !has_link(&dashboard), "a link to nowhere");
    let list = alice.get("/connections").await;
    let connection = alice.get(&list.attr("tbody th a", "href").unwrap()).await;
    assert!(connection.text("dl").contains("Workbench, which has left the catalogue"));
    assert!(!has_link(&connection), "a link to nowhere");
    assert_eq!(names(&alice).await, [""; 0]);
    assert_eq!(alice.get(WORKBENCH).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(HASH).await.status, StatusCode::NOT_FOUND);
    let late = alice.submit(&form, "main form", [("v/text", "b")]).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND, "a form that was open ran its tool");

    let page = alice.get(job.path()).await;
    assert_eq!((page.status, page.text("h1")), (StatusCode::OK, job.text("h1")));
    assert!(
        page.text("main").contains("Workbench") && page.text("main").contains("Succeeded"),
        "{}",
        page.text("main")
    );
    assert!(!has_link(&page), "a link to nowhere");
    let entry = page.attrs("main a", "href").into_iter().find(|href| href.starts_with("/audit/")).unwrap();
    let entry = alice.get(&entry).await;
    assert!(entry.text("main").contains("Workbench"), "{}", entry.text("main"));
    assert!(!has_link(&entry), "a link to nowhere");
    assert_eq!(alice.get("/jobs?connector=workbench").await.texts("tbody th a bdi"), ["Hash a text"]);

    // the connector and its tools return with the file
    store_shipped(&app, &shipped().unwrap()).await;
    assert!(names(&alice).await.contains(&"Workbench".to_owned()));
    let renew = "UPDATE user_connections SET status = 'active'";
    sqlx::query(renew).execute(app.app.system.pool()).await.unwrap();
    let again = app.run(&alice, HASH, [("v/text", "b")]).await;
    assert!(again.text("main").contains("Succeeded"), "{}", again.text("main"));
}
