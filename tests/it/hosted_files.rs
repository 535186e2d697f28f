//! Each file of a hosted MCP server connects, or is refused in words, at a local server of its kind.

use craft::connectors::{AuthKind, Key, Shipped, shipped};
use craft::serve::ship_connectors;
use craft::workbench::Workbench;
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
    let is_of_kind = |file: &Shipped| {
        let hosted = file.hosted.as_ref();
        file.auth == auth && hosted.is_some_and(|hosted| hosted.needs_application == needs_application)
    };
    shipped().unwrap().into_iter().filter(is_of_kind).collect()
}

/// Ships the files, each with the address of its local server.
async fn ship(app: &TestApp, files: &[Shipped], addresses: &[Url]) {
    let mut all = shipped().unwrap();
    for (file, address) in files.iter().zip(addresses) {
        let place = all.iter_mut().find(|it| it.slug == file.slug).unwrap();
        // a file may name https addresses only
        place.hosted.as_mut().unwrap().server_url = address.to_string();
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
