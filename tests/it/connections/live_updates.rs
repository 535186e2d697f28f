//! Live updates of connections on open pages: a change appears in its place and is announced once.

use http::StatusCode;

use super::{TOOL, account, guarded, page_of};
use crate::support::page::Page;

fn address(page: &Page) -> String {
    page.attr("div.live", "data-hx-sse-connect").expect("the page follows nothing")
}

#[tokio::test]
async fn a_connection_that_stops_working_updates_open_pages_and_is_announced() {
    let (app, alice, server) = guarded().await;
    account(&alice, "Work").await;
    let (list, page) = (alice.get("/connections").await, page_of(&alice, "Guarded Account 1, used by default").await);
    let (mut rows, mut one) = (alice.stream(&address(&list), &[]).await, alice.stream(&address(&page), &[]).await);
    let first = rows.message().await.unwrap();
    assert_eq!(first.data.matches("<hx-partial").count(), 3, "both rows, and the numbers: {}", first.data);
    assert!(!one.message().await.unwrap().data.contains("#live"), "nothing has changed");

    server.require_token("another-token");
    app.start(&alice, TOOL, [("connection", page.path().rsplit('/').next().unwrap())]).await;
    let told = rows.until("Expired").await;
    let row = format!("hx-target=\"#connection-{}\"", page.path().rsplit('/').next().unwrap());
    assert_eq!(told.data.matches(&row).count(), 1);
    assert!(told.data.contains("#live\" hx-swap=\"innerHTML\">Guarded needs you.<"), "{}", told.data);
    assert!(told.data.contains("Needs me <span class=\"num\">1</span>"), "{}", told.data);
    // the row keeps its checkbox, so that a selection stays
    assert!(told.data.contains("name=\"c\""));
    let told = one.until("This connection needs you").await;
    assert!(told.data.contains("Guarded needs you.") && told.data.contains("1 job is waiting."), "{}", told.data);
}

#[tokio::test]
async fn a_change_in_another_tab_appears_and_disconnecting_ends_the_stream() {
    let (_app, alice, _server) = guarded().await;
    let (list, page) = (alice.get("/connections").await, page_of(&alice, "Guarded Account 1").await);
    let (mut rows, mut one) = (alice.stream(&address(&list), &[]).await, alice.stream(&address(&page), &[]).await);
    let form = alice.get(&format!("{}/label", page.path())).await;
    alice.submit(&form, "main form", [("label", "At home")]).await;
    assert!(!rows.until("At home").await.data.contains("#live"), "a label is nothing to say");
    let told = one.until("At home").await;
    assert!(told.data.contains("#connection-name\" hx-swap=\"innerHTML\">Guarded, At home<"), "{}", told.data);
    let form = alice.get(&format!("{}/disconnection", page.path())).await;
    alice.submit(&form, "main form", []).await;
    assert!(rows.until("Disconnected").await.data.contains(">Guarded, At home is disconnected.<"));
    one.until("This connection is disconnected").await;
    for mut stream in [rows, one] {
        assert_eq!(stream.message().await.unwrap().name.as_deref(), Some("end"));
        assert!(stream.message().await.is_none());
    }
    let over = alice.get(page.path()).await;
    assert!(!over.has("div.live") && !over.has("#live-bar"), "nothing on this page can change");
}

#[tokio::test]
async fn paused_pages_do_not_change_and_unknown_stream_urls_are_rejected() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    for path in ["/connections", page.path()] {
        let still = alice.get(&format!("{path}?live=off")).await;
        assert!(!still.has("div.live"), "{path}");
        assert_eq!(still.attr("#live-bar a", "href").as_deref(), Some(path));
    }
    let odd = alice.get("/connections?live=on").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let id = page.path().rsplit('/').next().unwrap();
    let many = vec![id; 51].join(".");
    for wrong in ["/connections/news", "/connections/news?open=1", &format!("/connections/news?open={many}")] {
        assert_eq!(alice.get(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let foreign = app.bob().await.get(&format!("/connections/news?open={id}")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}
