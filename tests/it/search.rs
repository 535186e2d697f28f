//! Search over tools, connectors, connections and jobs.

use http::StatusCode;

use crate::support::browser::Browser;
use crate::support::everything_server::EverythingServer;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

async fn find(browser: &Browser, text: &str) -> Page {
    let form = browser.get("/search").await;
    browser.submit(&form, "main form[role=search]", [("q", text)]).await
}

#[tokio::test]
async fn a_search_finds_tools_connectors_and_connections_by_a_part_of_their_names() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    app.add_server(&alice, "Rig of Alice", &server.url()).await;

    let page = find(&alice, "rig of").await;
    assert_eq!(page.texts("main h2"), ["Tools", "Connectors", "Connections"]);
    let hrefs = page.attrs("main section li a", "href");
    assert!(hrefs.contains(&"/connectors/rig-of-alice".to_owned()), "{hrefs:?}");
    assert!(hrefs.iter().any(|href| href.starts_with("/connections/")), "{hrefs:?}");
    for href in hrefs {
        assert_eq!(alice.get(&href).await.status, StatusCode::OK, "{href}");
    }

    let page = find(&alice, "ECHO rig").await;
    assert_eq!(page.texts("section[aria-labelledby=tools] li .sub"), ["Rig of Alice"], "each word has to match");
    assert_eq!(page.attr("#f-q", "value").as_deref(), Some("ECHO rig"));
    assert_eq!(find(&alice, "%").await.text("main h2"), "Nothing matches", "a sign is no pattern");
}

#[tokio::test]
async fn a_group_has_at_most_ten_matches_and_leads_to_the_whole_list() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    app.add_server(&alice, "Rig", &server.url()).await;
    let page = find(&alice, "rig").await;
    assert_eq!(page.texts("section[aria-labelledby=tools] li").len(), 10);
    let all = page.attr("section[aria-labelledby=tools] .foot a", "href").unwrap();
    assert_eq!(alice.get(&all).await.path(), "/connectors?q=rig");
    assert!(!page.has("section[aria-labelledby=connectors] .foot"));
}

#[tokio::test]
async fn a_job_is_found_by_its_id_and_by_the_beginning_of_it() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let job = app.start(&alice, "/connectors/workbench/tools/hash", [("v/text", "x")]).await.to_string();
    for text in [job.as_str(), &job[..13], &job[..8]] {
        let page = find(&alice, text).await;
        assert_eq!(page.attrs("section[aria-labelledby=jobs] a", "href"), [format!("/jobs/{job}")], "{text}");
        assert!(!find(&bob, text).await.has("section[aria-labelledby=jobs]"), "{text} for bob");
    }
    assert!(!find(&alice, &job[..7]).await.has("section[aria-labelledby=jobs]"), "too short");
}

#[tokio::test]
async fn nobody_finds_what_belongs_to_others_or_is_for_administrators() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = EverythingServer::start().await;
    app.add_server(&alice, "Rig of Alice", &server.url()).await;
    assert_eq!(find(&bob, "rig of alice").await.text("main h2"), "Nothing matches");
    assert_eq!(find(&bob, "gmail").await.text("main h2"), "Nothing matches");
    let owner = app.owner().await;
    assert!(find(&owner, "gmail").await.has("section[aria-labelledby=connectors]"));
}

#[tokio::test]
async fn without_a_text_the_page_is_the_form_and_a_long_text_is_refused() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/search?q=+").await;
    assert_eq!((page.status, page.path()), (StatusCode::OK, "/search"));
    assert!(page.has("#f-q[autofocus]") && !page.has("main h2"));
    assert_eq!(page.attr("nav[aria-label=Main] a[aria-current=page]", "href").as_deref(), Some("/search"));
    let long = "x".repeat(201);
    let page = find(&alice, &long).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text(".summary li").contains("200 characters or fewer"));
    assert_eq!(page.attr("#f-q", "value"), Some(long));
}
