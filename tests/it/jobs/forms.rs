//! The form of a tool: sent twice, invalid, and filled again from an earlier job.

use http::StatusCode;
use serde_json::json;

use super::{FORM, HASH, QUERY, json};
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const SECRET: &str = "hunter2-in-a-field";

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_makes_one_job_and_a_changed_form_another() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(HASH).await;
    let send = |text: &'static str| alice.submit(&form, FORM, [("v/text", text)]);
    let (one, other) = tokio::join!(send("abc"), send("abc"));
    assert_eq!((one.status, one.path()), (StatusCode::OK, other.path()));
    assert_eq!(send("abc").await.path(), one.path());
    assert_ne!(send("abd").await.path(), one.path(), "what was typed after going back is lost");
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 2);
}

#[tokio::test]
async fn an_invalid_form_is_shown_again_with_all_errors_and_all_input() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get("/connectors/workbench/tools/text_diff").await;
    let typed = [("v/before", "<kept>\nas it was"), ("v/after", ""), ("v/context", "many")];
    let page = alice.submit(&form, FORM, typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = page.texts(".summary li a");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "Enter text after");
    assert_eq!(page.texts(".err"), told.iter().map(|message| format!("Error: {message}")).collect::<Vec<_>>());
    assert_eq!(page.text("[name='v/before']"), "<kept> as it was");
    assert_eq!(page.attr("[name='v/context']", "value").as_deref(), Some("many"));
    let focus = page.attr(".summary li a", "href").unwrap();
    assert_eq!(page.attr(&focus, "name").as_deref(), Some("v/after"), "the summary leads to {focus}");
    assert!(alice.get("/jobs").await.texts("tbody tr").is_empty(), "it was run all the same");
}

#[tokio::test]
async fn invalid_json_stays_in_the_form_and_its_position_is_named() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(&format!("{HASH}?as=json")).await;
    let page = alice.submit(&form, FORM, [("j", "{\n  \"text\": \"a\",\n  oops\n}")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fault = page.text(".summary li a");
    assert!(fault.starts_with("Line 3, column 3: write the name in double quotes"), "{fault}");
    assert_eq!(page.text("#f"), "{ \"text\": \"a\", oops }");
    let unfit = alice.submit(&page, FORM, [("j", "{\"text\": 7}")]).await;
    assert_eq!(unfit.status, StatusCode::UNPROCESSABLE_ENTITY, "the schema was not asked: {}", unfit.path());
}

#[tokio::test]
async fn run_again_fills_the_form_with_the_input_of_the_job() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let typed = [("v/json", "{\"a\": 1.50}"), ("v/filter", ".a")];
    let first = app.run(&alice, QUERY, typed).await;
    let again = first.attr("#job-head .actions a", "href").unwrap();
    assert!(again.starts_with(&format!("{QUERY}?from=")), "{again}");

    let form = alice.get(&again).await;
    assert_eq!(form.text("[name='v/json']"), "{\"a\": 1.50}");
    let second = alice.submit(&form, FORM, []).await;
    assert_ne!(second.path(), first.path(), "it is the same job");
    assert_eq!(json(&alice, &second).await["input"], json(&alice, &first).await["input"]);
    assert_eq!(bob.get(&again).await.status, StatusCode::NOT_FOUND, "alice's input fills bob's form");
}

#[tokio::test]
async fn a_secret_argument_is_sent_and_never_shown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"user": text, "api_key": text}, "required": ["api_key"]});
    let server = ScriptedServer::start(json!([{"name": "login", "inputSchema": schema}]), "in").await;
    let login = format!("{}/tools/login", app.add_server(&alice, "Vaults", &server.url()).await);

    let typed = [("v/user", "al"), ("v/api_key", SECRET)];
    let page = app.run(&alice, &login, typed).await;
    assert!(server.requests("tools/call")[0].body.contains(SECRET), "it was not sent");
    let preview = alice.submit(&alice.get(&login).await, FORM, [typed[0], typed[1], ("op", "preview")]).await;
    assert!(preview.text("section.sheet pre").contains("\"api_key\": \"••••\""), "{}", preview.text("section.sheet"));
    let entry = page.attr("dd a[href^='/audit/']", "href").unwrap();
    let again = page.attr("#job-head .actions a", "href").unwrap();
    let program = format!("{}.json", page.path());
    for path in [page.path(), &program, &entry, &format!("{again}&as=json")] {
        let shown = alice.get(path).await;
        assert!(!shown.body.contains(SECRET), "{path} shows the secret");
        assert!(shown.body.contains("••••"), "{path} does not say that there was one");
    }
    let form = alice.get(&again).await;
    assert_eq!(form.attr("[name='v/user']", "value").as_deref(), Some("al"));
    assert_eq!(form.attr("[name='v/api_key']", "value").as_deref(), Some(""));
}
