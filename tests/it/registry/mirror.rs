//! Reading a registry: all of it, page by page, then what has changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use craft::registry::{ListingFilter, ListingStatus, Namespace, Refusal};
use serde_json::{Value, json};

use super::{found, found_names, hub_that_read};
use crate::support::registry_server::{METADATA, RegistryServer, entry, entry_with, remote};

/// As many entries as the official registry had in 2026-09.
const OFFICIAL_ENTRIES: usize = 28_000;

/// Entries of a page.
const PAGE_ENTRIES: usize = 100;

/// Entries that are refused, each for another reason.
fn refused_entries() -> Vec<(Value, Refusal)> {
    let headers = |headers: &Value| json!({"remotes": [{"type": "streamable-http", "url": "https://mcp.example.com/mcp", "headers": headers}]});
    let many: Vec<_> = (0..21).map(|number| json!({"name": format!("X-{number}")})).collect();
    let package =
        json!({"registryType": "npm", "identifier": "tides", "version": "1.0.0", "transport": {"type": "stdio"}});
    let sse = json!({"remotes": [{"type": "sse", "url": "https://mcp.example.com/sse"}]});
    let odd = json!({"remotes": [{"type": "carrier-pigeon", "url": "https://mcp.example.com"}]});
    let secret = json!({"remotes": [{"type": "streamable-http", "url": "https://mcp.example.com/{key}",
        "variables": {"key": {"isSecret": true}}}]});
    let refused = [
        (json!({ "packages": [package] }), Refusal::OnlyPackages),
        (json!({}), Refusal::NoAddress),
        (sse, Refusal::OnlySse),
        (odd, Refusal::UnknownTransport),
        (remote("http://mcp.example.com/mcp"), Refusal::PlainHttp),
        (remote("https://10.1.2.3/mcp"), Refusal::PrivateAddress),
        (remote("https://{tenant}.example.com/mcp"), Refusal::VariableHost),
        (remote("https://"), Refusal::InvalidAddress),
        (secret, Refusal::SecretInAddress),
        (headers(&json!([{"name": "X-Certificate", "format": "filepath"}])), Refusal::FileInput),
        (headers(&json!(many)), Refusal::TooManyInputs),
        (headers(&json!([{"name": "Host", "value": "evil.example"}])), Refusal::InvalidHeader),
    ];
    let entries = refused.into_iter().enumerate();
    entries.map(|(number, (server, reason))| (entry(&format!("com.refused/{number:02}"), &server), reason)).collect()
}

#[tokio::test]
async fn a_registry_of_the_official_size_is_read_page_by_page() {
    let refused = refused_entries();
    let ordinary = (refused.len()..OFFICIAL_ENTRIES).map(|number| {
        let url = format!("https://mcp-{number}.example.com/mcp");
        entry(&format!("io.github.user-{}/server-{number:05}", number % 900), &remote(&url))
    });
    let entries: Vec<_> = ordinary.chain(refused.iter().map(|(entry, _)| entry.clone())).collect();
    let registry = RegistryServer::start(entries).await;
    let app = hub_that_read(&registry).await;

    let requests = registry.requests();
    assert_eq!(requests.len(), OFFICIAL_ENTRIES / PAGE_ENTRIES);
    let one = |name: &str| registry.parameters(name).into_iter().collect::<BTreeSet<_>>();
    assert_eq!((one("limit"), one("version")), (["100".to_owned()].into(), ["latest".to_owned()].into()));
    assert_eq!(one("updated_since"), ["-".to_owned()].into(), "the first pass reads everything");
    assert_eq!(one("cursor").len(), requests.len(), "each page is asked for once");

    // a transaction writes a page at most, so no more is held
    let statement = "SELECT max(n) FROM (SELECT count(*) AS n FROM registry_servers GROUP BY xmin::text) page";
    let batch: i64 = sqlx::query_scalar(statement).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(usize::try_from(batch).unwrap(), PAGE_ENTRIES);

    let state = app.app.registry.states().await.unwrap().remove(0);
    assert_eq!((usize::try_from(state.servers).unwrap(), state.pages, state.failure), (OFFICIAL_ENTRIES, None, None));
    assert!(state.left_out.is_empty(), "{:?}", state.left_out);
    let mut listed = found(&app, "com.refused").await;
    listed.sort_by_key(|it| it.name.clone());
    let reasons: Vec<_> = listed.into_iter().map(|it| it.refusal.unwrap()).collect();
    assert_eq!(reasons, refused.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>());
}

#[tokio::test]
async fn later_passes_read_what_has_changed() {
    let registry = RegistryServer::start(vec![
        entry("com.example/stays", &remote("https://a.example/mcp")),
        entry("com.example/changes", &remote("https://b.example/mcp")),
        entry("com.example/goes", &remote("https://c.example/mcp")),
        entry("com.example/vanishes", &remote("https://d.example/mcp")),
    ])
    .await;
    let app = hub_that_read(&registry).await;
    assert_eq!(app.app.registry.read_due().await.unwrap(), 0, "it is read once an hour");
    let before = found(&app, "changes").await.remove(0);

    app.advance(Duration::from_secs(61 * 60)).await;
    let later = "2100-01-01T00:00:00Z";
    registry.publish(entry_with("com.example/changes", &json!({"title": "Changed"}), "deprecated", later));
    registry.publish(entry_with("com.example/goes", &remote("https://c.example/mcp"), "deleted", later));
    registry.forget("com.example/vanishes");
    assert_eq!(app.app.registry.read_due().await.unwrap(), 1);
    assert_ne!(registry.parameters("updated_since")[1], "-");

    let changed = found(&app, "changed").await.remove(0);
    assert_eq!((changed.id, changed.status), (before.id, ListingStatus::Deprecated), "its address stays");
    let gone = found(&app, "goes").await.remove(0);
    assert_eq!((gone.status, gone.refusal), (ListingStatus::Deleted, Some(Refusal::Deleted)));
    assert_eq!(found(&app, "vanishes").await[0].status, ListingStatus::Active, "no change says that it is gone");

    app.advance(Duration::from_secs(8 * 24 * 60 * 60)).await;
    assert_eq!(app.app.registry.read_due().await.unwrap(), 1);
    assert_eq!(registry.parameters("updated_since")[2], "-", "once a week everything is read");
    assert_eq!(found(&app, "vanishes").await[0].status, ListingStatus::Deleted);
    assert_eq!(found(&app, "stays").await[0].status, ListingStatus::Active);
}

#[tokio::test]
async fn an_odd_entry_costs_itself_alone_and_is_counted() {
    let mut older = entry("com.example/older", &json!({}));
    older["_meta"][METADATA]["isLatest"] = json!(false);
    let twice = entry("com.example/twice", &json!({"title": "Second"}));
    let registry = RegistryServer::start(vec![
        json!(null),
        json!({"server": {"name": "no slash"}}),
        older,
        entry("com.example/long", &json!({ "description": "x".repeat(70_000) })),
        entry("com.example/good", &json!({"title": 7, "remotes": {}, "description": "NUL \u{0} and \u{202e} bidi"})),
        entry("com.example/twice", &json!({})),
        twice,
    ])
    .await;
    let app = hub_that_read(&registry).await;
    assert_eq!(found_names(&app, "").await, ["com.example/good", "com.example/twice"]);
    let good = found(&app, "good").await.remove(0);
    assert_eq!(
        (good.title.as_str(), good.description.as_str()),
        ("com.example/good", "NUL \u{FFFD} and [U+202E] bidi")
    );
    let state = app.app.registry.states().await.unwrap().remove(0);
    let left_out: Vec<_> = state.left_out.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    assert_eq!(
        left_out,
        [
            "1 has no name of the form namespace/name",
            "1 has no server",
            "1 is an older version",
            "1 is listed twice on a page",
            "1 is longer than 64 kB",
        ]
    );
}

#[tokio::test]
async fn a_search_begins_with_titles_and_names_and_ends_with_what_cannot_be_used() {
    let about = |title: &str, description: &str, url: &str| {
        let mut members = remote(url);
        members["title"] = json!(title);
        members["description"] = json!(description);
        members
    };
    let key = json!({"remotes": [{"type": "streamable-http", "url": "https://k.example/mcp",
        "headers": [{"name": "X-Key", "isSecret": true, "isRequired": true}]}], "title": "Keyed weather"});
    let registry = RegistryServer::start(vec![
        entry("com.example/a", &about("Almanac", "Weather and tides", "https://a.example/mcp")),
        entry("com.example/b", &about("Sea weather", "Forecasts", "https://b.example/mcp")),
        entry("io.github.ada/c", &about("Weather", "Anything", "https://c.example/mcp")),
        entry("com.example/weather", &about("Something", "Else", "https://d.example/mcp")),
        entry("com.example/e", &about("Weather station", "Old", "http://e.example/mcp")),
        entry("com.example/f", &key),
    ])
    .await;
    let app = hub_that_read(&registry).await;
    assert_eq!(
        found_names(&app, "weather").await,
        [
            "com.example/weather", // its own name
            "io.github.ada/c",
            "com.example/e", // cannot be used
            "com.example/f",
            "com.example/b",
            "com.example/a", // only its description
        ]
    );
    assert_eq!(found_names(&app, "tides weather").await, ["com.example/a"]);
    assert_eq!(found_names(&app, "%").await, [""; 0], "no character is a wildcard");
    let with = |change: fn(&mut ListingFilter)| {
        let mut filter = ListingFilter { words: vec!["weather".to_owned()], ..ListingFilter::default() };
        change(&mut filter);
        let mirror = app.app.registry.clone();
        async move {
            let page = mirror.search(&filter, None).await.unwrap();
            assert_eq!(page.total, page.rows.len() as u64);
            page.rows.into_iter().map(|it| it.name).collect::<Vec<_>>()
        }
    };
    assert!(!with(|it| it.only_connectable = true).await.contains(&"com.example/e".to_owned()));
    assert_eq!(with(|it| it.asks = Some(true)).await, ["com.example/f"]);
    assert_eq!(with(|it| it.asks = Some(false)).await.len(), 4);
    assert_eq!(with(|it| it.namespace = Some(Namespace::Github)).await, ["io.github.ada/c"]);
}

#[tokio::test]
async fn pages_of_a_search_continue_where_the_last_one_ended() {
    let entries = (0..120).map(|number| entry(&format!("com.example/{number:03}"), &remote("https://a.example/mcp")));
    let registry = RegistryServer::start(entries.collect()).await;
    let app = hub_that_read(&registry).await;
    let (filter, mut after, mut names) = (ListingFilter::default(), None, Vec::new());
    loop {
        let page = app.app.registry.search(&filter, after).await.unwrap();
        assert!(page.is_there && page.total == 120);
        after = page.rows.last().map(|it| it.id);
        names.extend(page.rows.into_iter().map(|it| it.name));
        if !page.more {
            break;
        }
    }
    assert_eq!(names, (0..120).map(|number| format!("com.example/{number:03}")).collect::<Vec<_>>());
    let filter = ListingFilter { words: vec!["119".to_owned()], ..ListingFilter::default() };
    let elsewhere = app.app.registry.search(&ListingFilter::default(), None).await.unwrap().rows[0].id;
    let page = app.app.registry.search(&filter, Some(elsewhere)).await.unwrap();
    assert!(!page.is_there && page.rows.len() == 1, "the list begins again");
}

#[tokio::test]
async fn a_registry_that_is_not_configured_any_more_is_not_shown() {
    let registry = RegistryServer::start(vec![entry("com.example/a", &remote("https://a.example/mcp"))]).await;
    let app = hub_that_read(&registry).await;
    let id = found(&app, "").await[0].id;
    let other = app.second_process_with(|dependencies| dependencies.registries = Vec::new());
    assert!(!other.app.registry.is_on());
    assert!(other.app.registry.find(id).await.unwrap().is_none());
    assert_eq!(other.app.registry.search(&ListingFilter::default(), None).await.unwrap().total, 0);
    assert!(app.app.registry.find(id).await.unwrap().is_some());
}

/// Without this, the registry of these tests could list what no registry lists.
#[test]
fn the_entries_of_these_tests_are_as_their_schema_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contracts/descriptions/mcp-server.schema.json");
    let schema = std::fs::read_to_string(file).expect("the schema is missing: run scripts/setup test");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    // these are odd on purpose: their transports and addresses are none
    let odd = [Refusal::UnknownTransport, Refusal::InvalidAddress];
    for (entry, reason) in refused_entries().into_iter().filter(|(_, reason)| !odd.contains(reason)) {
        let faults: Vec<_> = schema.iter_errors(&entry["server"]).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{reason:?}: {faults:?}");
    }
    assert!(!schema.is_valid(&json!({"name": "no slash", "version": "1", "description": "x"})));
}
