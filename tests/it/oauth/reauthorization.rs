//! A service requires more scopes, or a sign-in where it was public: the job waits until its owner has signed in.

use http::StatusCode;

use super::{ECHO, connect, connection, finish_sign_in, shows_answer};
use crate::support::guarded_server::GuardedServer;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const SAVE: &str = "/connectors/guarded/tools/save";

/// Returns the target of the link with this text.
fn link(page: &Page, words: &str) -> String {
    let at = page.texts("main a").iter().position(|text| text == words);
    let at = at.unwrap_or_else(|| panic!("there is no “{words}”: {}", page.text("main")));
    page.attrs("main a", "href")[at].clone()
}

#[tokio::test]
async fn a_job_with_insufficient_scope_waits_until_the_owner_grants_more() {
    let (app, server) = (TestApp::new().await, GuardedServer::with(&["3600", "writes"]).await);
    let alice = app.alice().await;
    connect(&alice, &server).await;
    assert!(
        shows_answer(&app.run(&alice, ECHO, [("v/text", "read")]).await, "read"),
        "the granted scope suffices for this tool"
    );
    let job = app.start(&alice, SAVE, [("v/text", "this")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    let expected = "Guarded needs more permission for save: write. Grant more to continue";
    assert!(page.text("main").contains(expected), "{}", page.text("main"));

    assert_eq!(page.text(".verdict"), "Waiting for you. Then the job continues.");
    let account = alice.get(&page.attr(".strip a[href^='/connections/']", "href").unwrap()).await;
    let callout = account.text(".callout.warn");
    assert!(callout.contains("Guarded needs more permission for save: write."), "{callout}");
    assert_eq!(link(&account, "Grant more"), link(&page, "Grant more"));
    let form = alice.get(&link(&page, "Grant more")).await;
    assert_eq!(form.texts("main ul li"), ["read", "write"]);
    let page = alice.submit(&form, "main form", []).await;
    let page = finish_sign_in(&alice, &server, &page).await;
    assert!(page.text(".flash.ok p").contains("1 job that waited for it will run now."), "{}", page.text("main"));
    assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "saved this"));
    let (.., status, reason) = connection(&app).await;
    assert_eq!((status.as_str(), reason), ("active", None));
    assert_eq!(server.count("refreshes").await, 0, "a valid token was refreshed");
    assert!(app.audit_actions().await.iter().any(|action| action == "connection.limited"));
}

#[tokio::test]
async fn a_server_that_requires_sign_in_only_for_calls_leads_to_its_sign_in() {
    let (app, server) = (TestApp::new().await, GuardedServer::with(&["3600", "late"]).await);
    let alice = app.alice().await;
    assert_eq!(app.add_server(&alice, "Guarded", &server.url()).await, "/connectors/guarded");
    let job = app.start(&alice, ECHO, [("v/text", "who")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    let expected = "Guarded requires you to sign in before it runs a tool. Connect Guarded";
    assert!(page.text("main").contains(expected), "{}", page.text("main"));

    let form = alice.get(&link(&page, "Connect Guarded")).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text("main"));
    let page = alice.submit(&form, "main form", []).await;
    let page = finish_sign_in(&alice, &server, &page).await;
    assert!(page.text(".flash.ok p").contains("1 job that waited for it will run now."), "{}", page.text("main"));
    assert!(shows_answer(&app.wait_until_finished(&alice, job).await, "who"));
}
