//! The list as a tool for reading: how many entries, exported from where the number stands, each link named apart, found by tool.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use super::{HASH, list};
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

fn count(page: &Page) -> String {
    page.text("#entry-count")
}

#[tokio::test]
async fn the_head_of_the_list_says_how_many_entries_there_are() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert_eq!(count(&alice.get("/audit").await), "2 entries");
    assert_eq!(count(&alice.get("/audit?action=session.started").await), "1 entry");
    app.record_sign_ins("alice", 100).await;
    let page = alice.get("/audit").await;
    assert_eq!(count(&page), "102 entries");
    assert_eq!(page.texts("#entry-count + ul a"), ["Export CSV", "Export NDJSON"]);
    assert_eq!(count(&alice.get("/audit?action=session.started").await), "101 entries");
    // a filter that no index answers is not counted beyond the page
    assert_eq!(count(&alice.get("/audit?text=signed").await), "More than 50 entries");
    assert_eq!(count(&alice.get(&page.attr("nav.pager a[rel=next]", "href").unwrap()).await), "Older entries");
    app.record_sign_ins("alice", 400).await;
    for path in ["/audit", "/audit?action=session.started"] {
        assert_eq!(count(&alice.get(path).await), "More than 500 entries", "{path}");
    }
}

#[tokio::test]
async fn each_link_of_the_list_has_a_name_of_its_own() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for n in 0..3 {
        app.run(&alice, HASH, [("v/text", &*n.to_string())]).await;
        app.advance(Duration::from_secs(1)).await;
    }
    for path in ["/audit?action=job.finished", "/jobs"] {
        let page = alice.get(path).await;
        let names = page.texts("tbody th a");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 3, "{names:?}");
        for (name, time) in names.iter().zip(page.texts("tbody td time")) {
            let clock = &time[time.len() - 8..];
            assert!(name.to_lowercase().starts_with("hash") && name.contains(", Succeeded, "), "{name}");
            assert!(name.ends_with(clock), "{name}, {time}");
        }
    }
}

#[tokio::test]
async fn a_run_is_found_by_a_part_of_the_tools_name_or_title() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let tool = json!({"name": "get-sum", "title": "Add Numbers", "inputSchema": {"type": "object"}});
    let server = ScriptedServer::start(json!([tool]), "3").await;
    let sums = app.add_server(&alice, "Sums", &server.url()).await;
    app.run(&alice, &format!("{sums}/tools/get-sum"), []).await;
    app.run(&alice, HASH, [("v/text", "a")]).await;
    let page = alice.get("/audit").await;
    for text in ["GET", "sum", "numbers", " add "] {
        let found = alice.submit(&page, "form[role=search]", [("tool", text)]).await;
        assert_eq!(list(&found), ["Add Numbers · Sums Tool run"], "{text}");
        let said = format!("1 filter is on: tool “{}”.", text.trim());
        assert!(found.text("main").contains(&said), "{}", found.text("main"));
    }
    // the entry keeps the title of the version that ran
    let renamed = "WITH renamed AS (
             INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, title, schema, definition_hash, created_at)
             SELECT gen_random_uuid(), tool_id, owner_id, version + 1, 'Total', schema, definition_hash, created_at
             FROM connector_tool_versions
             WHERE title = 'Add Numbers'
             RETURNING id, tool_id
         )
         UPDATE connector_tools t SET current_version_id = r.id FROM renamed r WHERE t.id = r.tool_id";
    sqlx::query(renamed).execute(app.app.system.pool()).await.unwrap();
    for text in ["total", "numbers"] {
        let found = alice.get(&format!("/audit?tool={text}")).await;
        assert_eq!(list(&found), ["Add Numbers · Sums Tool run"], "{text}");
        assert_eq!(alice.get(&format!("/jobs?tool={text}")).await.texts("tbody th a bdi"), ["Add Numbers"], "{text}");
    }
    assert!(alice.get("/audit?tool=%25").await.has(".empty"));
    assert!(bob.get("/audit?tool=sum").await.has(".empty"));
    let file = alice.get("/audit/export.ndjson?tool=numbers").await;
    assert_eq!(file.body.lines().count(), 1, "{}", file.body);
}

#[tokio::test]
async fn an_address_has_no_empty_parameters() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for (asked, clean) in [
        ("/audit?text=&action=&outcome=failed&from=&to=", "/audit?outcome=failed"),
        ("/audit?text=+&who=", "/audit"),
        ("/jobs?status=failed&connector=&tool=&since=", "/jobs?status=failed"),
        ("/jobs?tool=a%26b&since=", "/jobs?tool=a%26b"),
    ] {
        let answer = alice.request(Method::GET, asked, &[], "").await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some(clean)), "{asked}");
    }
    let page = alice.get("/audit").await;
    assert_eq!(alice.submit(&page, "form[role=search]", [("outcome", "failed")]).await.path(), "/audit?outcome=failed");
    // what is no filter is still told
    assert_eq!(alice.get("/audit?outcome=lost&text=").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
