//! Connectors, settings and log of the hub.

use craft::config::Config;
use http::StatusCode;

use super::change;
use crate::support::test_app::TestApp;

#[tokio::test]
async fn connectors_of_the_hub_are_listed_with_their_use_and_their_applications() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "x")]).await;
    let page = owner.get("/admin/connectors").await;
    let row = |name: &str| {
        let names = page.texts("tbody th a");
        let at = names.iter().position(|it| it == name).unwrap_or_else(|| panic!("{names:?}")) + 1;
        page.texts(&format!("tbody tr:nth-child({at}) td"))
    };
    let workbench = row("Workbench");
    assert_eq!(
        (workbench[0].as_str(), workbench[2].as_str(), workbench[4].as_str()),
        ("Built in", "1", "Nothing to set up")
    );
    assert_ne!(workbench[1], "0", "its tools are counted");
    assert_eq!(workbench[3], "1", "its calls of the day are counted");
    assert!(row("GitHub")[4].starts_with("Sign-in not set up"), "{:?}", row("GitHub"));

    let application = page.attr("a[href='/connectors/github/application']", "href").unwrap();
    let form = owner.get(&application).await;
    let fields = [("client_id", "an-id"), ("client_secret", "hush hush")];
    owner.submit(&form, &format!("form[action='{application}']"), fields).await;
    let page = owner.get("/admin/connectors").await;
    assert!(page.text("main").contains("Sign-in set up") && !page.body.contains("hush hush"));
}

#[tokio::test]
async fn settings_are_shown_with_their_source_and_without_secrets() {
    let settings = Config::load(None, |name| match name {
        "CRAFT_SMTP_URL" => Some("smtps://hub:hush@mail.example.org".to_owned()),
        "CRAFT_WORKERS" => Some("7".to_owned()),
        "HOME" => Some("/home/owner".to_owned()),
        _ => None,
    })
    .unwrap()
    .settings;
    let app = TestApp::with(|it| it.settings = settings).await;
    let page = app.owner().await.get("/admin/settings").await;
    let row = |name: &str| {
        let names = page.texts("tbody th .grow > code");
        let at = names.iter().position(|it| it == name).unwrap();
        page.texts("tbody td")[2 * at..2 * at + 2].to_vec()
    };
    assert_eq!(row("CRAFT_WORKERS"), ["7", "Environment"]);
    assert_eq!(row("CRAFT_SMTP_URL"), ["Set, not shown", "Environment"]);
    assert_eq!(row("CRAFT_LISTEN"), ["127.0.0.1:8080", "Default"]);
    assert_eq!(row("CRAFT_PUBLIC_URL"), ["Not set", "Default"]);
    assert!(!page.body.contains("hush"), "{}", page.body);
    let headings = page.texts("main h2");
    assert_eq!(headings[..3], ["Changed from the default", "Database and files", "Access to the hub"], "{headings:?}");
    let changed = page.texts("section:first-of-type tbody th .grow > code");
    assert_eq!(changed, ["CRAFT_SMTP_URL", "CRAFT_WORKERS"], "what somebody set comes first");
    let mut names = page.texts("tbody th .grow > code");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), page.texts("tbody tr").len(), "each is there once");
}

#[tokio::test]
async fn the_hub_log_tells_administrators_who_changed_whom() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    app.account("alice", false).await;
    app.stranger().sign_in("nobody@example.com", "a guess at the password").await;
    change(&app, &owner, "alice", "administrator").await;
    let page = owner.get("/admin/log").await;
    assert_eq!(page.texts("tbody th .grow > span:first-child"), ["Administrator added", "Sign-in refused"]);
    assert_eq!(page.texts("tbody th .sub"), ["alice@example.com", "nobody@example.com"]);
    assert_eq!(page.texts("tbody td:nth-child(3)"), ["owner", "Not signed in"]);
    assert_eq!(owner.get("/audit").await.status, StatusCode::OK);
    assert!(!owner.get("/audit").await.text("main").contains("Administrator added"), "one entry, in one log");
}

#[tokio::test]
async fn the_navigation_of_the_settings_leads_administrators_to_each_page() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    assert_eq!(owner.get("/admin").await.path(), "/admin/users");
    let settings = owner.get("/settings").await;
    assert!(!settings.has("nav.side"), "the page is a menu itself");
    let links = settings.attrs("main a[href^='/settings/'], main a[href^='/admin/']", "href");
    assert_eq!(links.len(), 10);
    for link in links {
        let page = owner.get(&link).await;
        assert_eq!(page.status, StatusCode::OK, "{link}");
        assert_eq!(page.attrs("nav.side [aria-current=page]", "href"), [link]);
    }
    assert_eq!(alice.get("/settings").await.attrs("main .kv a, main .rows a", "href").len(), 6);
}
