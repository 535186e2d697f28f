//! Check-ups of connections: each check is named, with the next step for the one that fails.

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use craft::connectors;
use http::StatusCode;

use super::{TOKEN, account, change, count, guarded, page_of};
use crate::oauth::connect;
use crate::support::browser::Browser;
use crate::support::guarded_server::GuardedServer;
use crate::support::listener::{closed_port, serve, serve_raw};
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::{TestApp, egress_allowing};

/// The results of a check-up in which all nine checks pass.
const ALL_PASSED: [&str; 9] = ["passed"; 9];

/// Starts a check-up and returns the page of its finished job.
async fn check(app: &TestApp, browser: &Browser, connection: &Page) -> Page {
    let form = browser.get(&format!("{}/checkup", connection.path())).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text("main"));
    let job = browser.submit(&form, "form[action$='/checkup']", []).await;
    assert!(job.path().starts_with("/jobs/"), "{}: {}", job.path(), job.text("main"));
    app.wait_until_finished(browser, job.path().rsplit('/').next().unwrap().parse().unwrap()).await
}

fn results(page: &Page) -> Vec<String> {
    page.attrs(".checks > li", "data-result")
}

/// Returns the text of the failed check, and the target of its button.
fn failed(page: &Page) -> (String, Option<String>) {
    (page.text(".checks > [data-result=failed]"), page.attr(".checks > [data-result=failed] a", "href"))
}

async fn signed_in(app: &TestApp, server: &GuardedServer) -> (Browser, Page) {
    let alice = app.alice().await;
    connect(&alice, server).await;
    let page = page_of(&alice, "Guarded Account 1").await;
    (alice, page)
}

async fn move_server(app: &TestApp, url: &str) {
    let statement = "UPDATE connectors SET mcp_server_url = $1 WHERE owner_id IS NOT NULL";
    sqlx::query(statement).bind(url).execute(app.app.system.pool()).await.unwrap();
}

#[tokio::test]
async fn a_healthy_connection_passes_every_check_and_does_not_count_as_used() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, page) = signed_in(&app, &server).await;
    let explained = alice.get(&format!("{}/checkup", page.path())).await;
    assert_eq!(explained.texts("section ol > li").len(), 9);
    assert!(!explained.has(".checks"), "there was no check-up yet");

    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done), ALL_PASSED, "{}", done.text("main"));
    assert_eq!(done.text("h1"), "Check-up of Guarded");
    assert!(done.text("#job-head .sentence").starts_with("All 9 checks passed. It took"), "{}", done.text("#job-head"));
    assert!(done.text("#job-result").contains("It lists 1 tool."));
    assert_eq!(done.texts("#job-log li").len(), 3, "the start and the end: each check stands beside the log");
    assert!(done.has(&format!(".strip a[href='{}']", page.path())) && !done.has("#input-heading"));

    let shown = alice.get(page.path()).await;
    assert!(shown.text(".kv").contains("All 9 checks passed"), "{}", shown.text(".kv"));
    assert!(shown.text(".kv").contains("Last usedNever"), "{}", shown.text(".kv"));
    assert_eq!(results(&alice.get(&format!("{}/checkup", page.path())).await), ALL_PASSED);
    assert_eq!((server.count("refreshes").await, server.count("clients").await), (0, 1));
    assert!(app.audit_actions().await.contains(&"connection.checked".to_owned()));
    let entry = alice.get(&done.attr("#job-head a[href^='/audit/']", "href").unwrap()).await;
    assert_eq!(entry.text("h1"), "Check-up of a connection");
    let json = alice.get(&format!("{}.json", done.path())).await.json();
    assert_eq!((&json["status"], &json["tool"]), (&"succeeded".into(), &"Check-up".into()));
    assert_eq!(json["output"]["checks"][8]["check"], "call");
}

#[tokio::test]
async fn a_revoked_grant_asks_the_owner_to_connect_again() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, page) = signed_in(&app, &server).await;
    server.control("kill").await;
    let done = check(&app, &alice, &page).await;
    let expected =
        ["passed", "passed", "passed", "passed", "passed", "passed", "failed", "missed", "missed"].map(str::to_owned);
    assert_eq!(results(&done), expected, "{}", done.text("main"));
    let (words, fix) = failed(&done);
    assert!(
        words.contains("The service accepts your credential") && words.contains("no longer accepts this sign-in"),
        "{words}"
    );
    assert_eq!(fix.as_deref(), Some("/connectors/guarded/connection?label=Account%201"));
    assert_eq!(done.text("#job-head .state"), "Failed");
    assert!(done.text(".sentence").starts_with("1 of 9 checks failed, 2 were not reached."));
    assert!(!done.has("#error-heading"), "told twice");

    let shown = alice.get(page.path()).await;
    assert_eq!(shown.texts(".callout.warn a"), ["Sign in again", "Check up"]);
    assert_eq!(shown.texts(".callout.warn a.btn"), ["Sign in again"], "the cure has the weight");
    assert_eq!(shown.texts("#connection > .actions a"), ["Disconnect"], "nothing stands twice");
    // lists link to the step that is known by now
    let step = (alice.get("/connections").await, "td.nowrap a");
    let of_dashboard = (alice.get("/dashboard").await, "#needs-you li > a");
    for (list, selector) in [step, of_dashboard] {
        assert_eq!(list.text(selector), "Sign in again: Guarded");
        assert_eq!(list.attr(selector, "href").as_deref(), Some("/connectors/guarded/connection?label=Account%201"));
    }
    // an expired connection is checked at once, without waiting for a reconnect
    let again = check(&app, &alice, &page).await;
    assert_eq!(results(&again), expected, "{}", again.text("main"));
    assert!(again.path() != done.path());
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_once_as_for_a_call() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, page) = signed_in(&app, &server).await;
    server.control("end-access").await;
    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done), ALL_PASSED, "{}", done.text("main"));
    assert!(done.text(".checks").contains("so it was refreshed"));
    assert_eq!(server.count("refreshes").await, 1);
    check(&app, &alice, &page).await;
    assert_eq!(server.count("refreshes").await, 1);
}

#[tokio::test]
async fn a_provider_that_forgot_the_client_gets_a_new_registration() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, page) = signed_in(&app, &server).await;
    server.control("forget-clients").await;
    let done = check(&app, &alice, &page).await;
    let words = done.texts(".checks > [data-result=failed]").swap_remove(0);
    assert!(
        words.contains("The provider accepts this hub’s client") && words.contains("registers there anew"),
        "{words}"
    );
    let fix = done.attrs(".checks > [data-result=failed] a", "href").swap_remove(0);
    assert_eq!(results(&done)[5..], ["failed", "failed", "missed", "missed"], "{}", done.text("main"));
    let form = alice.get(&fix).await;
    let going = alice.submit(&form, "main form", []).await;
    server.consent(&going.attr("main a.btn", "href").unwrap()).await;
    assert_eq!(server.count("clients").await, 1);
}

#[tokio::test]
async fn a_server_that_names_another_provider_fails_the_issuer_check() {
    let (app, server) = (TestApp::new().await, GuardedServer::start().await);
    let (alice, page) = signed_in(&app, &server).await;
    let statement = r#"UPDATE connectors SET oauth_config = jsonb_set(oauth_config::jsonb, '{issuer}', '"https://was.example"') WHERE oauth_config IS NOT NULL"#;
    sqlx::query(statement).execute(app.app.system.pool()).await.unwrap();
    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done)[3..6], ["passed", "failed", "missed"]);
    assert!(failed(&done).0.contains("You signed in at https://was.example, but the server names"));
}

#[tokio::test]
async fn a_network_failure_is_named_and_later_checks_are_skipped() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let web_page = serve(Router::new().route("/mcp", any(|| async { Html("<h1>Hello</h1>") }))).await;
    let garbage = serve_raw(|stream| async move {
        stream.try_write(b"this is no TLS\n").unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    for (url, at, words) in [
        ("https://no-such-host.invalid/mcp".to_owned(), 0, "There is no host called no-such-host.invalid"),
        ("https://10.1.2.3/mcp".to_owned(), 0, "An administrator can allow it by adding 10.1.2.3:443"),
        (format!("http://{}/mcp", closed_port().await), 1, "could not be reached"),
        (format!("https://{garbage}/mcp"), 1, "does not speak TLS at this port"),
        (format!("http://{web_page}/mcp"), 2, "answered with a web page instead of MCP"),
        (format!("http://{web_page}/elsewhere"), 2, "has nothing at this address"),
    ] {
        move_server(&app, &url).await;
        let done = check(&app, &alice, &page).await;
        let mut expected = vec!["passed"; at];
        expected.push("failed");
        expected.resize(5, "missed");
        assert_eq!(results(&done), expected, "{url}: {}", done.text("main"));
        assert!(
            done.text("[data-result=failed]").contains(words) && !done.text("main").contains("os error"),
            "{}",
            done.text("main")
        );
        let folded = done.texts("[data-result=failed] details p");
        assert!(words != "could not be reached" || folded == ["Connection refused"], "{folded:?}");
    }
    // a network failure does not change the connection
    assert_eq!(count(&app, "user_connections WHERE status = 'active' AND secret_ref_access IS NOT NULL").await, 1);
}

#[tokio::test]
async fn a_rejected_bearer_token_asks_for_another_one() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    assert_eq!(results(&check(&app, &alice, &page).await), ["passed"; 5]);
    let strict = ScriptedServer::guarded(tools(1), "done", Some("another")).await;
    move_server(&app, strict.url().as_str()).await;
    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done)[3..], ["failed", "missed"]);
    assert_eq!(failed(&done).1, Some(format!("{}/token", page.path())));
    assert!(!done.body.contains(TOKEN));
    assert!(strict.requests("tools/call").is_empty(), "a check-up calls no tool");
}

#[tokio::test]
async fn a_server_without_credential_has_four_checks() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(tools(2), "done").await;
    alice.add_server("Open", &server.url()).await;
    let page = page_of(&alice, "Open Account 1").await;
    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done), ["passed"; 4]);
    assert!(done.text(".checks").contains("It lists 2 tools."));
    let closed = ScriptedServer::guarded(tools(2), "done", Some("a token")).await;
    move_server(&app, closed.url().as_str()).await;
    let done = check(&app, &alice, &page).await;
    assert_eq!(failed(&done).1.as_deref(), Some("/connectors/new/mcp"), "{}", done.text(".checks"));
}

#[tokio::test]
async fn the_workbench_has_one_check() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    let page = page_of(&alice, "Workbench Account 1").await;
    let done = check(&app, &alice, &page).await;
    assert_eq!(results(&done), ["passed"]);
    assert!(done.text(".sentence").starts_with("The check passed."), "{}", done.text(".sentence"));
    assert!(connectors::shipped().is_ok());
}

#[tokio::test]
async fn a_forbidden_address_names_the_rule_that_would_allow_it() {
    let app = TestApp::with(|handles| handles.egress = egress_allowing(&["127.0.0.1:1"])).await;
    let alice = app.alice().await;
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    // as if the server had been added while its address was allowed
    let statement =
        "UPDATE connectors SET transport = 'mcp', mcp_server_url = 'http://127.0.0.1:2/mcp' WHERE slug = 'workbench'";
    sqlx::query(statement).execute(app.app.system.pool()).await.unwrap();
    let done = check(&app, &alice, &page_of(&alice, "Workbench Account 1").await).await;
    assert_eq!(results(&done), ["failed", "missed", "missed", "missed"]);
    assert!(failed(&done).0.contains("An administrator can allow it by adding 127.0.0.1:2 to CRAFT_EGRESS_ALLOW."));
}

#[tokio::test]
async fn only_the_owner_checks_a_connection_that_is_not_disconnected() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let path = format!("{}/checkup", page.path());
    let bob = app.bob().await;
    assert_eq!(bob.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.post(&path, &[("", "")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(count(&app, "job").await, 0);

    let done = check(&app, &alice, &page).await;
    change(&app, "status = 'revoked', secret_ref_access = NULL").await;
    let told = alice.get(&path).await;
    assert_eq!(
        (told.path(), told.text(".flash.warn p").as_str()),
        (page.path(), "This connection was disconnected, so there is nothing to check. Connect the service again.")
    );
    let late = alice.post(&path, &[("", "")]).await;
    assert_eq!((late.status, late.text("h1").as_str()), (StatusCode::CONFLICT, "This page is out of date"));
    let former = alice.get(done.path()).await;
    assert!(results(&former).len() == 5 && !former.has("form[action$='/checkup']"), "what was found can be read");
}

#[tokio::test]
async fn one_checkup_runs_at_a_time() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let path = format!("{}/checkup", page.path());
    // the server never answers, so the check-up keeps running
    let silent = serve_raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    move_server(&app, &format!("http://{silent}/mcp")).await;
    let (first, second) = (alice.post(&path, &[("", "")]).await, alice.post(&path, &[("", "")]).await);
    assert_eq!(first.header("location"), second.header("location"));
    let first = alice.get(first.header("location").unwrap()).await;
    let meanwhile = alice.get(&path).await;
    assert!(meanwhile.text("main").contains("A check-up is running") && !meanwhile.has("main form"));
    let question = alice.get(&first.attr("a[href$='/cancellation']", "href").unwrap()).await;
    alice.submit(&question, "main form", []).await;
    let over = app.wait_until_finished(&alice, first.path().rsplit('/').next().unwrap().parse().unwrap()).await;
    assert_eq!(over.text("#job-head .state"), "Cancelled");
    assert!(alice.get(&path).await.text("main").contains("It did not finish"));
}

#[tokio::test]
async fn pressing_the_button_twice_starts_one_checkup() {
    let (app, alice, _server) = guarded().await;
    let page = page_of(&alice, "Guarded Account 1").await;
    let path = format!("{}/checkup", page.path());
    let press = || alice.post(&path, &[("", ""); 0]);
    // nothing is claimed meanwhile, so the first check-up cannot finish before the second press
    let mut claims = app.app.system.begin().await.unwrap();
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('claim calls', 0))::text";
    sqlx::query(lock).execute(&mut *claims).await.unwrap();
    let pressed = tokio::join!(press(), press());
    claims.commit().await.unwrap();
    app.app.live.notify_queue();
    let job = pressed.0.header("location").unwrap().to_owned();
    assert_eq!(pressed.1.header("location"), Some(job.as_str()));
    app.wait_until_finished(&alice, job.rsplit('/').next().unwrap().parse().unwrap()).await;
    assert_ne!(press().await.header("location"), Some(job.as_str()), "another one, later, is another");
}

#[tokio::test]
async fn several_connections_are_checked_from_the_list() {
    let (app, alice, _server) = guarded().await;
    account(&alice, "Work").await;
    let list = alice.get("/connections").await;
    assert!(list.has("main form button[formaction='/connections/checkup'][formmethod=post]"));
    let ids = list.attrs("main form [name=c]", "value");
    let chosen: Vec<_> = ids.iter().map(|id| ("c", id.as_str())).collect();
    let none = alice.follow(alice.post("/connections/checkup", &[("", ""); 0]).await).await;
    assert_eq!(none.text(".flash.warn p"), "Select the connections to check up first.");
    let bob = app.bob().await;
    assert_eq!(bob.post("/connections/checkup", &chosen).await.status, StatusCode::NOT_FOUND);

    let begun = alice.follow(alice.post("/connections/checkup", &chosen).await).await;
    assert_eq!(begun.text(".flash.ok p"), "2 check-ups have begun.");
    assert_eq!(begun.texts("tbody th a bdi"), ["Check-up", "Check-up"]);
    for place in begun.attrs("tbody th a", "href") {
        app.wait_until_finished(&alice, place.rsplit('/').next().unwrap().parse().unwrap()).await;
    }
    let one = alice.post("/connections/checkup", &chosen[..1]).await;
    assert!(one.header("location").unwrap().starts_with("/jobs/"));
}
