//! The history that `make seed` writes, into tables as the newest migration leaves them.

use sqlx::ConnectOptions as _;

use crate::support::test_app::TestApp;

#[path = "../../examples/seed/past.rs"]
mod past;

#[tokio::test]
async fn a_seeded_history_fills_the_pages_of_its_owner() {
    let app = TestApp::new().await;
    let (_, alice) = app.persona_with_account("alice").await;
    let options = app.app.system.pool().connect_options().as_ref().clone().disable_statement_logging();
    let mut past = past::Past::begin(options, "alice@example.com", app.app.clock.now()).await.unwrap();
    let mut written = 0;
    past.write(200, |count| written = count).await.unwrap();
    assert_eq!(written, 200);

    let jobs = alice.get("/jobs").await;
    assert!(jobs.text("main").contains("search"), "{}", jobs.text("main"));
    let job = jobs.attr("main a[href^='/jobs/0']", "href").unwrap();
    assert!(alice.get(&job).await.text("#job-result").contains("found it"), "{job}");
    let dashboard = alice.get("/dashboard").await.text("main");
    assert!(dashboard.contains("Service 0"), "{dashboard}");
    assert_eq!(alice.get("/connectors?q=Service+007").await.texts(".card h3"), ["Service 007"]);
    assert!(alice.get("/audit").await.text("main").contains("search"));
    let bob = app.bob().await;
    assert!(!bob.get("/jobs").await.text("main").contains("search"), "the history is alice's and her neighbours'");
}
