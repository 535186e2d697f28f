//! Results for people: values under their names, tables that are sorted and paged, Markdown, media, and every part on a page of
//! its own.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

/// Runs a tool of a server that returns this result; its output has this schema.
async fn run(app: &TestApp, browser: &Browser, result: Value, schema: Option<Value>) -> Page {
    let mut tool = json!({ "name": "report", "inputSchema": { "type": "object" } });
    if let Some(schema) = schema {
        tool["outputSchema"] = schema;
    }
    let server = ScriptedServer::returning(json!([tool]), result).await;
    let place = app.add_server(browser, "Reports", &server.url()).await;
    app.run(browser, &format!("{place}/tools/report"), []).await
}

fn text_block(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

async fn follow(browser: &Browser, page: &Page, link: &str) -> Page {
    browser.get(&page.attr(link, "href").unwrap_or_else(|| panic!("no {link} in {}", page.body))).await
}

#[tokio::test]
async fn an_object_is_shown_as_names_with_values() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({ "type": "object", "properties": { "total": { "title": "Number of orders" } } });
    let values = json!({
        "total": 9_007_199_254_740_993_u64,
        "rate": serde_json::from_str::<Value>("1.10").unwrap(),
        "is_open": true,
        "since": "2026-11-24T08:29:05Z",
        "page": "https://shop.example/orders?x=1&y=2",
        "note": null,
        "owner": { "name": "Ada\u{202e}", "place": { "town": "Hull" } },
        "tags": ["new", "old"],
    });
    let page = run(&app, &alice, json!({ "content": [], "structuredContent": values }), Some(schema)).await;
    let terms = page.texts("#job-result .body > dl > div > dt");
    assert_eq!(terms, ["Number of orders", "rate", "is_open", "since", "page", "note", "owner", "tags"]);
    let values = page.texts("#job-result .body > dl > div > dd");
    assert_eq!(values[..3], ["9007199254740993", "1.10", "Yes"]);
    assert_eq!((values[3].as_str(), values[5].as_str()), ("24 November 2026 at 08:29:05", "none"));
    assert_eq!(page.attr("#job-result time", "datetime").as_deref(), Some("2026-11-24T08:29:05Z"));
    let link = "#job-result dd a[rel='noopener noreferrer nofollow']";
    assert_eq!(page.attr(link, "href").as_deref(), Some("https://shop.example/orders?x=1&y=2"));
    assert_eq!(page.text(link), "https://shop.example/orders?x=1&y=2");
    assert!(values[6].contains("2 values of owner") && values[6].contains("Ada[U+202E]"), "{}", values[6]);
    assert_eq!(page.texts("#job-result dd details dd details dd"), ["Hull"]);
    assert_eq!(page.texts("#job-result dd > ol > li"), ["new", "old"]);
    assert!(!page.has("#job-result .callout"), "there is no fault: {}", page.text("#job-result"));
}

#[tokio::test]
async fn a_table_is_sorted_and_paged_by_plain_links_and_its_values_have_pages() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let row = |n: u32| json!({ "id": n, "name": format!("row {n}"), "size": (n * 7) % 120, "tags": ["a", n] });
    let rows: Vec<Value> = (0..120).map(row).collect();
    let page = run(&app, &alice, json!({ "content": [], "structuredContent": { "rows": rows } }), None).await;
    assert_eq!(page.text("#job-result h3"), "rows");
    assert_eq!(page.texts("#job-result thead th"), ["Row", "id", "name", "size", "tags"]);
    assert!(!page.has("#job-result [aria-sort]"));

    let sorted = follow(&alice, &page, "#job-result thead th:nth-child(4) a").await;
    assert_eq!(sorted.attr("th[aria-sort]", "aria-sort").as_deref(), Some("ascending"));
    assert_eq!(sorted.texts("tbody td:nth-child(4)")[..3], ["0", "1", "2"]);
    let second = follow(&alice, &sorted, "a[rel=next]").await;
    assert_eq!(second.texts("tbody td:nth-child(4)")[0], "50");
    assert!(second.text(".foot").starts_with("Rows 51 to 100 of 120"), "{}", second.text(".foot"));
    let last = follow(&alice, &second, "a[rel=next]").await;
    assert_eq!((last.texts("tbody tr").len(), last.has("a[rel=next]")), (20, false));
    let reversed = follow(&alice, &second, "thead th:nth-child(4) a").await;
    assert_eq!(reversed.attr("th[aria-sort]", "aria-sort").as_deref(), Some("descending"));
    assert_eq!(reversed.texts("tbody td:nth-child(4)")[..2], ["119", "118"]);

    let cell = follow(&alice, &sorted, "tbody tr:first-child td:nth-child(5) a").await;
    assert_eq!(
        (cell.text("h1"), cell.texts("main section ol > li")),
        ("tags".to_owned(), vec!["a".into(), "0".into()])
    );
    assert_eq!(cell.texts(".lede a"), ["the result", "rows", "Item 1"]);
    let one = follow(&alice, &sorted, "tbody tr:nth-child(2) th a").await;
    assert_eq!((one.text("h1"), one.text("#output-heading")), ("Item 104".to_owned(), "4 values".to_owned()));
    assert_eq!(one.texts("main section dd")[..2], ["103", "row 103"]);
    assert_eq!(bob.get(one.path()).await.status.as_u16(), 404);
    let unknown = alice.get(&format!("{}/result?at=/structuredContent/rows/999", page.path())).await;
    assert_eq!(unknown.status.as_u16(), 404);
    assert!(unknown.text("main").contains("The result has no such part"), "{}", unknown.text("main"));
    let odd = alice
        .get(&format!("{}/result?at=/structuredContent/rows&after=x&columns=-1&sort=none&as=x", page.path()))
        .await;
    assert_eq!(odd.texts("tbody tr").len(), 50);
}

#[tokio::test]
async fn a_long_text_and_the_json_are_read_page_by_page() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let long = (0..4_000).map(|n| format!("line {n} of it")).collect::<Vec<_>>().join("\n");
    let page = run(&app, &alice, text_block(&long), None).await;
    let (mut read, mut next) = (page.text("#job-result pre"), page.attr("#job-result a[rel=next]", "href"));
    while let Some(href) = next {
        let page = alice.get(&href).await;
        read.push('\n');
        read.push_str(&page.text("pre"));
        next = page.attr("a[rel=next]", "href");
    }
    assert_eq!(read.split_whitespace().collect::<Vec<_>>(), long.split_whitespace().collect::<Vec<_>>());
    let json = follow(&alice, &page, "#job-result .sheet-head a[href*='as=json']").await;
    assert!(json.text("pre").starts_with("{ \"content\"") && json.has("a[rel=next]"), "{}", json.text("pre"));
    assert_eq!(json.text("nav.chips [aria-current]"), "JSON");
    assert_eq!(json.attr("[data-copy]", "data-copy").as_deref(), Some("part-0"));
}

#[tokio::test]
async fn markdown_is_rendered_without_anything_that_loads_or_runs() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let text = "# Weather\n\n**Rain** in [Hull](https://weather.example/hull).\n\n![map](https://weather.example/map.png)\n\n\
                <img src=x onerror=alert(1)>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n### Next\n\n[x](javascript:alert(1))";
    let page = run(&app, &alice, text_block(text), None).await;
    assert_eq!((page.text("#job-result h3"), page.text("#job-result h4")), ("Weather".to_owned(), "Next".to_owned()));
    assert_eq!(page.texts("#job-result .md strong"), ["Rain"]);
    assert!(page.text("#job-result .md").contains("Hull (weather.example)"), "{}", page.text("#job-result .md"));
    assert_eq!(page.texts("#job-result .md td"), ["1", "2"]);
    assert!(!page.has("#job-result .md img") && page.text("#job-result .md").contains("<img src=x"), "it is text");
    assert!(page.attrs("#job-result .md a", "href").iter().all(|href| href.starts_with("https://weather.example/")));
    let source = follow(&alice, &page, "#job-result .sheet-head a[href*='as=text']").await;
    assert!(source.text("pre").starts_with("# Weather"), "{}", source.text("pre"));
}

#[tokio::test]
async fn media_are_served_with_safe_types_and_anything_else_is_a_download() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let block = |kind: &str, media_type: &str| json!({ "type": kind, "data": "aGk=", "mimeType": media_type });
    let blocks = json!([
        block("image", "image/png"),
        block("audio", "audio/mp3"),
        block("image", "image/svg+xml"),
        { "type": "resource", "resource": { "uri": "file:///a/page.html", "mimeType": "text/html", "blob": "aGk=" } },
        { "type": "resource_link", "uri": "demo://logs/1", "name": "log", "title": "The log", "mimeType": "text/plain" },
    ]);
    let page = run(&app, &alice, json!({ "content": blocks }), None).await;
    let (image, sound) =
        (page.attr("#job-result img", "src").unwrap(), page.attr("#job-result audio[controls]", "src").unwrap());
    for (address, media_type) in [(&image, "image/png"), (&sound, "audio/mpeg")] {
        let file = alice.get(address).await;
        assert_eq!(
            (file.header("content-type"), file.header("content-disposition")),
            (Some(media_type), Some("inline"))
        );
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert!(file.header("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'"));
        assert_eq!(bob.get(address).await.status.as_u16(), 404);
    }
    let downloads = page.attrs("#job-result a[download]", "href");
    assert_eq!(downloads.len(), 4);
    for address in downloads {
        let file = alice.get(&address).await;
        assert_eq!((file.status.as_u16(), file.header("x-content-type-options")), (200, Some("nosniff")));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"), "{address}");
    }
    for place in [2, 3] {
        let file = alice.get(&format!("{}/content/{place}", page.path())).await;
        assert_eq!(file.header("content-type"), Some("application/octet-stream"));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"), "{place} is shown");
    }
    assert!(page.text("#job-result").contains("page.html, text/html, 2 bytes"), "{}", page.text("#job-result"));
    assert!(page.text("#job-result").contains("The log") && page.text("#job-result").contains("demo://logs/1"));
}

#[tokio::test]
async fn a_result_that_is_not_as_the_schema_says_is_shown_with_a_sentence() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({ "type": "object", "properties": { "total": { "type": "integer" } }, "required": ["total"] });
    let result = json!({ "content": [], "structuredContent": { "total": "many" } });
    let page = run(&app, &alice, result, Some(schema)).await;
    assert_eq!(page.texts("#job-result .callout li"), ["“total” should be a whole number."]);
    assert_eq!(page.text("#job-result dd"), "many");
    let value = follow(&alice, &page, "#job-result .callout li a").await;
    assert_eq!((value.text("h1"), value.text("pre")), ("total".to_owned(), "many".to_owned()));
}

#[tokio::test]
async fn a_run_is_compared_with_the_run_of_the_same_tool_before_it() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let hash = "/connectors/workbench/tools/hash";
    app.run(&bob, hash, [("v/text", "bob’s")]).await;
    let first = app.run(&alice, hash, [("v/text", "a")]).await;
    assert!(!first.text("#job-result").contains("Compare"), "there is nothing to compare with");
    app.run(&alice, "/connectors/workbench/tools/json_query", [("v/filter", "."), ("v/json", "{}")]).await;
    let second = app.run(&alice, hash, [("v/text", "b")]).await;
    let comparison = follow(&alice, &second, "#job-result .foot a[href*='/jobs/comparison']").await;
    assert_eq!(comparison.texts("section[aria-labelledby=jobs] td a").len(), 2);
    assert_eq!(comparison.attrs("section[aria-labelledby=jobs] td a", "href"), [first.path(), second.path()]);
    assert_eq!(comparison.text("#input"), "Input 1 value differs, 2 the same");
}
