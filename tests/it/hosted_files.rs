//! Each file of a hosted MCP server connects, or is refused in words, at a local server of its kind.

use craft::connectors::{AuthKind, Hosted, Key, Shipped, shipped};
use craft::serve::ship_connectors;
use craft::workbench::Workbench;
use http::StatusCode;
use serde_json::json;
use url::Url;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::sign_in_server::{SignInRules, SignInServer};
use crate::support::test_app::TestApp;

const KEY: &str = "t0p-s3cret";

/// Returns the files of hosted servers of one kind. `needs_application` is true for those that register no clients.
fn files(auth: AuthKind, needs_application: bool) -> Vec<Shipped> {
    let is_of_kind = |hosted: &Hosted| hosted.fields.is_empty() && hosted.needs_application == needs_application;
    let files = shipped().unwrap().into_iter();
    files.filter(|file| file.auth == auth && file.hosted.as_ref().is_some_and(is_of_kind)).collect()
}

/// Returns the files of servers that a provider runs for each customer.
fn files_of_own_servers(auth: AuthKind) -> Vec<Shipped> {
    let has_fields = |hosted: &Hosted| !hosted.fields.is_empty();
    let files = shipped().unwrap().into_iter();
    files.filter(|file| file.auth == auth && file.hosted.as_ref().is_some_and(has_fields)).collect()
}

/// Ships the files, each with the address of its local server.
async fn ship(app: &TestApp, files: &[Shipped], addresses: &[Url]) {
    let mut all = shipped().unwrap();
    for (file, address) in files.iter().zip(addresses) {
        let place = all.iter_mut().find(|it| it.slug == file.slug).unwrap();
        let hosted = place.hosted.as_mut().unwrap();
        // a file may name https addresses only
        hosted.server_url = address.to_string();
        // the host is the test's own, so the entered values stand in the query
        let values = hosted.fields.iter().map(|field| format!("{0}={{{0}}}", field.name)).collect::<Vec<_>>().join("&");
        if !values.is_empty() {
            hosted.server_url = format!("{address}?{values}");
        }
    }
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
}

/// Opens the form that connects a file's server, and submits it.
async fn connect<const N: usize>(alice: &Browser, file: &Shipped, fields: [(&str, &str); N]) -> Page {
    let form = alice.get(&format!("/connectors/{}/connection", file.slug.as_str())).await;
    alice.submit(&form, "main form", fields).await
}

fn assert_connected(file: &Shipped, page: &Page) {
    let told = page.texts(".flash.ok p").concat();
    assert!(told.starts_with(&format!("{} is connected", file.name)), "{}: {}", file.name, page.text("main"));
}

#[tokio::test]
async fn each_server_without_sign_in_is_connected_by_a_button() {
    let (app, files) = (TestApp::new().await, files(AuthKind::None, false));
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(1), "done").await;
    ship(&app, &files, &vec![server.url(); files.len()]).await;
    assert!(files.len() > 5);
    for file in &files {
        assert_connected(file, &connect(&alice, file, []).await);
    }
}

#[tokio::test]
async fn each_server_with_a_key_refuses_another_and_takes_it_where_its_file_says() {
    let (app, files) = (TestApp::new().await, files(AuthKind::Token, false));
    let alice = app.alice().await;
    let mut servers = Vec::new();
    for file in &files {
        let required = match &file.hosted.as_ref().unwrap().key {
            None => ("authorization", format!("Bearer {KEY}")),
            Some(Key::Header { name, prefix, .. }) => {
                let name: &'static str = Box::leak(name.to_lowercase().into_boxed_str());
                (name, format!("{prefix}{KEY}"))
            }
            Some(other) => panic!("{}: {other:?}", file.name),
        };
        servers.push(ScriptedServer::requiring(tools(1), "done", Some(required)).await);
    }
    ship(&app, &files, &servers.iter().map(ScriptedServer::url).collect::<Vec<_>>()).await;
    assert!(files.len() > 5);
    for file in &files {
        let refused = connect(&alice, file, [("token", "wrong")]).await;
        assert!(refused.has("#f-token-e"), "{}: {}", file.name, refused.text("main"));
        assert_connected(file, &connect(&alice, file, [("token", KEY)]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_that_registers_clients_is_connected_by_signing_in() {
    let (app, files) = (TestApp::new().await, files(AuthKind::OAuth, false));
    let alice = app.alice().await;
    let mut servers = Vec::new();
    for _ in &files {
        servers.push(SignInServer::start(SignInRules::default()).await);
    }
    ship(&app, &files, &servers.iter().map(SignInServer::url).collect::<Vec<_>>()).await;
    assert!(files.len() > 50);
    for (file, server) in files.iter().zip(&servers) {
        let page = connect(&alice, file, []).await;
        let link = page.attr("main a.btn", "href").unwrap_or_else(|| panic!("{}: {}", file.name, page.text("main")));
        assert_connected(file, &alice.get(&server.consent(&link).await).await);
    }
}

#[tokio::test]
async fn each_server_without_registration_asks_for_an_application() {
    let (app, files) = (TestApp::new().await, files(AuthKind::OAuth, true));
    let alice = app.alice().await;
    let mut servers = Vec::new();
    for _ in &files {
        let metadata = json!({ "registration_endpoint": null });
        servers.push(SignInServer::start(SignInRules { metadata, ..SignInRules::default() }).await);
    }
    ship(&app, &files, &servers.iter().map(SignInServer::url).collect::<Vec<_>>()).await;
    assert!(!files.is_empty());
    for file in &files {
        let page = connect(&alice, file, []).await;
        let told = page.text("#f-client_id-e");
        assert!(told.contains("does not register clients by itself"), "{}: {told}", file.name);
        let fields = [("client_id", "made-by-hand"), ("client_secret", "hush")];
        let page = alice.submit(&page, "main form", fields).await;
        assert!(page.attr("main a.btn", "href").unwrap().contains("client_id=made-by-hand"), "{}", page.text("main"));
    }
}

/// Returns the examples of a file's fields, by name.
fn examples(file: &Shipped) -> Vec<(&str, &str)> {
    let fields = file.hosted.as_ref().unwrap().fields.iter();
    fields.map(|field| (field.name.as_str(), field.example.as_deref().unwrap())).collect()
}

/// Submits the form with the example of one field after the other: what was typed before stays in it.
async fn enter_examples(alice: &Browser, file: &Shipped, form: Page) -> Page {
    let mut page = form;
    for field in examples(file) {
        page = alice.submit(&page, "main form", [field]).await;
    }
    page
}

#[tokio::test]
async fn each_server_of_a_customer_with_a_key_is_added_at_the_address_that_was_entered() {
    let (app, files) = (TestApp::new().await, files_of_own_servers(AuthKind::Token));
    let (alice, bob) = (app.alice().await, app.bob().await);
    let mut servers = Vec::new();
    for _ in &files {
        let required = ("authorization", format!("Bearer {KEY}"));
        servers.push(ScriptedServer::requiring(tools(1), "done", Some(required)).await);
    }
    ship(&app, &files, &servers.iter().map(ScriptedServer::url).collect::<Vec<_>>()).await;
    assert!(files.len() > 2);
    for (file, server) in files.iter().zip(&servers) {
        let empty = connect(&alice, file, []).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let first = examples(file)[0].0;
        for field in examples(file).iter().map(|(name, _)| *name).chain(["token"]) {
            assert!(empty.text(&format!("#f-{field}-e")).contains("Enter"), "{}: {field}", file.name);
        }
        let foreign = alice.submit(&empty, "main form", [(first, "evil.example"), ("token", KEY)]).await;
        let told = foreign.text(&format!("#f-{first}-e"));
        assert!(told.contains("Enter a host name that ends in .cloud.databricks.com"), "{}: {told}", file.name);
        assert_eq!(
            foreign.attr(&format!("#f-{first}"), "value").as_deref(),
            Some("evil.example"),
            "what was typed stays"
        );
        assert_eq!(server.request_count(), 0, "a server was asked before the form was right");

        let filled = enter_examples(&alice, file, foreign).await;
        assert_eq!(server.request_count(), 0, "a server was asked without a key");
        let wrong = alice.submit(&filled, "main form", [("token", "wrong")]).await;
        assert!(wrong.has("#f-token-e") && server.request_count() > 0, "{}: {}", file.name, wrong.text("main"));
        let added = alice.submit(&wrong, "main form", [("token", KEY)]).await;
        let told = added.text(".flash.ok p");
        assert_eq!(told, format!("{} at 127.0.0.1 is added. It has 1 tool.", file.name));
        let address = added.text("#server-url");
        for (name, value) in examples(file) {
            assert!(address.contains(&format!("{name}={value}")), "{address}");
        }
        let job = app.run(&alice, &format!("{}/tools/tool-0", added.path()), []).await;
        assert_eq!(job.text("#job-result pre"), "done");
        assert_eq!(bob.get(added.path()).await.status, StatusCode::NOT_FOUND, "it belongs to alice");

        let page = bob.get(&format!("/connectors/{}", file.slug.as_str())).await;
        assert!(page.text("main").contains("The server shows its tools after you connect."), "{}", page.text("main"));
        let discovery = format!("/connectors/{}/discovery", file.slug.as_str());
        let refused = bob.post(&discovery, &[("", ""); 0]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text("main").contains("has a server of their own"), "{}", refused.text("main"));
    }
    assert_eq!(app.tables_with(KEY).await, [""; 0]);
}

#[tokio::test]
async fn each_server_of_a_customer_with_a_sign_in_asks_for_the_application_of_that_customer() {
    let (app, files) = (TestApp::new().await, files_of_own_servers(AuthKind::OAuth));
    let alice = app.alice().await;
    let mut servers = Vec::new();
    for _ in &files {
        let metadata = json!({ "registration_endpoint": null });
        servers.push(SignInServer::start(SignInRules { metadata, ..SignInRules::default() }).await);
    }
    ship(&app, &files, &servers.iter().map(SignInServer::url).collect::<Vec<_>>()).await;
    assert!(!files.is_empty());
    for file in &files {
        let form = alice.get(&format!("/connectors/{}/connection", file.slug.as_str())).await;
        assert!(!form.has("input[name=token]"));
        let page = enter_examples(&alice, file, form).await;
        assert_eq!(page.text("h1"), format!("Connect {} at 127.0.0.1", file.name), "{}", page.text("main"));
        let fields = [("client_id", "made-by-hand"), ("client_secret", "hush")];
        let page = alice.submit(&page, "main form", fields).await;
        assert!(page.attr("main a.btn", "href").unwrap().contains("client_id=made-by-hand"), "{}", page.text("main"));
    }
}
